#!/bin/sh
# SPDX-License-Identifier: MIT
# Ctrl-C, and a client that is killed, while following a job. The job must go on; the
# client that could say so says how to come back, and coming back gives everything.
. "${0%/*}/lib.sh"

cat >"$work/slow.lua" <<'EOF'
workflow {}
print "begin"
localhost:run "sleep 1; echo slow"
print "end"
EOF

# sh starts what runs in the background with SIGINT ignored: this undoes it.
follow() {
    env --default-signal=INT "$PAWL" run "$work/slow.lua" --name "$1" >"$out" 2>"$err" &
    client=$!
    try 5 grep -q begin "$out" || fail "the client shows nothing"
}

follow int
kill -INT $client
wait $client
same "its exit code" $? 130
said "job 1 goes on; follow it again with: pawl receive 1 --wait"
same "the job's state" "$(state int)" Running
pawl receive int --wait >>"$out"
same "both together" "$(tr '\n' ' ' <"$out")" "begin slow end "

follow kill
kill -9 $client
wait $client 2>/dev/null
expect_code 0 pawl wait kill --check --timeout 10
received kill "begin
slow
end"
finish
