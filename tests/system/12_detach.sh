#!/bin/sh
# SPDX-License-Identifier: MIT
# Ctrl-C, and a client that is killed, while following a job. The job must go on; the
# client that could say so says how to come back, and coming back gives everything.
. "${0%/*}/lib.sh"

cat >"$work/slow.lua" <<EOF
workflow {}
print "begin"
localhost:run [[$(gate slow); echo slow]]
print "end"
EOF

# sh starts what runs in the background with SIGINT ignored: this undoes it.
follow() {
    : >"$out"
    env --default-signal=INT "$PAWL" run "$work/slow.lua" --name "$1" >"$out" 2>"$err" &
    client=$!
    try grep -q begin "$out" || fail "the client shows nothing"
}

follow int
kill -INT $client
wait $client
same "its exit code" $? 130
said "job 1 goes on; follow it again with: pawl receive 1 --wait"
same "the job's state" "$(state int)" Running
open slow
pawl receive int --wait >>"$out"
same "both together" "$(tr '\n' ' ' <"$out")" "begin slow end "

rm "$work/gate.slow"
follow kill
kill -9 $client
wait $client 2>/dev/null
open slow
expect_code 0 pawl wait kill --check --timeout 60
received kill "begin
slow
end"
finish
