#!/bin/sh
# SPDX-License-Identifier: MIT
# Many followers of one job at once: each gets every record once and in order, though some
# hang up in the middle and come back, and others ask and never read. These do not hold up
# the engine, and neither do they make it grow.
. "${0%/*}/lib.sh"

followers=700 records=120 silent=50

cat >"$work/talk.lua" <<'END'
for i = 1, 120 do
    print(i .. " " .. string.rep("x", i * 37 % 3000))
    wait_signal("next")
end
END
expect_code 0 pawl run -d "$work/talk.lua" --name talk
job=$(field talk id)
own_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$(engine_pid)/status"; }
before=$(own_kib)
"${0%/*}/followers.py" "$PAWL_HOME/engine.sock" "$job" $followers $records $silent \
    >"$work/told" 2>&1 &
tool=$!
try grep -q "all follow" "$work/told" || fail "not all follow: $(cat "$work/told")"
pawl receive talk --wait >"$work/received" & # one more, by the command line
receiver=$!
i=1
while [ $i -le $records ]; do
    echo '{"name":"next"}'
    i=$((i + 1))
done >"$work/signals"
start_s=$(date +%s)
while read -r body; do
    curl -sf --unix-socket "$PAWL_HOME/engine.sock" -d "$body" -o /dev/null \
        "http://pawl/v1/jobs/$job/signal" || fail "a signal was not taken"
done <"$work/signals"
[ $(($(date +%s) - start_s)) -lt 100 ] || fail "the signals took more than 100 seconds"
if wait $tool; then ok "$(tail -n 1 "$work/told")"; else fail "$(cat "$work/told")"; fi
wait $receiver || fail "receive ended with $?"
same "what receive printed" "$(cut -d' ' -f1 "$work/received" | tr '\n' ' ')" "$(seq -s ' ' 1 $records) "
grown=$(($(own_kib) - before))
# What they held is given back; a bound for what they could hold at a time, 128 KiB each, is far.
if grep -q __asan_init "$PAWL"; then
    ok "memory is not looked at in a build with a sanitizer, which keeps what was freed"
else
    [ $grown -lt $((128 * (followers + silent))) ] || fail "the engine has grown by $grown KiB"
fi
expect_code 0 pawl wait talk --force --timeout 10
finish
