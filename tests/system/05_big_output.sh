#!/bin/sh
# SPDX-License-Identifier: MIT
# A command that writes 100 MB, and one that writes a single line of 20 MB. Every byte
# must come back, and the engine must not hold them: what it allocates stays small.
# (Its VmHWM is no measure: it counts the store's pages that the kernel holds anyway.)
. "${0%/*}/lib.sh"

bytes=104857600
text="yes '0123456789abcdef 0123456789abcdef' | head -c $bytes"
largest=0

note_memory() {
    anonymous=$(awk '/^RssAnon:/ { print $2 }' "/proc/$pid/status")
    [ "$anonymous" -le "$largest" ] || largest=$anonymous
}

bystander_start
pid=$(engine_pid)
start big "$text"
until pawl wait big --timeout 0.2 >/dev/null 2>&1; do note_memory; done
same "big's state" "$(state big)" Completed
same "Bytes, before it is received" "$(field big bytes)" $bytes
pawl receive big >"$out" &
reader=$!
while kill -0 $reader 2>/dev/null; do
    note_memory
    sleep 0.1
done
wait $reader || fail "receive ended with $?"
same "its size" "$(wc -c <"$out")" $bytes
same "its checksum" "$(cksum <"$out")" "$(sh -c "$text" | cksum)"
same "unread" "$(field big unread)" 0

start line 'head -c 20971520 /dev/zero | tr "\0" z'
pawl receive line --wait >"$out" || fail "receive --wait ended with $?"
same "the line's size" "$(wc -c <"$out")" 20971520
same "the line's checksum" "$(cksum <"$out")" "$(head -c 20971520 /dev/zero | tr '\0' z | cksum)"
note_memory

if [ "$largest" -lt 65536 ]; then
    ok "the engine allocated at most $largest kB"
else
    fail "the engine allocated $largest kB"
fi
same "the engine is the same one" "$(engine_pid)" "$pid"
bystander_end
finish
