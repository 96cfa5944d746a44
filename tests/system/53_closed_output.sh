#!/bin/sh
# SPDX-License-Identifier: MIT
# Standard descriptors that are closed, or take nothing: what could not be written was not
# received, no file or socket of ours gets their numbers, and nothing is removed unread.
. "${0%/*}/lib.sh"

start both 'echo out; echo err >&2; exit 3'
expect_code 0 pawl wait both

# Each of these must fail, and leave the marks where they were.
lost() {
    l_code=0
    sh -c "$1" sh "$PAWL" >"$out" 2>"$err" || l_code=$?
    same "exit code of $1" "$l_code" 5
    same "all is there after $1" "$("$PAWL" receive both --keep 2>&1)" "out
err
exit code 3"
}
for options in '' --json --fold '--wait --auto-remove'; do
    lost "\"\$1\" receive both $options >&-"
    lost "\"\$1\" receive both $options >/dev/full"
done
for options in '' '--wait --auto-remove'; do
    lost "\"\$1\" receive both $options 2>/dev/full"
    lost "\"\$1\" receive both $options 2>&-"
done
expect_code 5 sh -c '"$1" get >&-' sh "$PAWL"
expect_code 5 sh -c '"$1" get --watch >/dev/full' sh "$PAWL"

# An engine that such a shell starts has a log, and runs jobs.
stop_engines
sh -c '"$1" start -c "echo fine" --name fine <&- >&- 2>&-' sh "$PAWL"
become fine Completed
received fine fine
pid=$(engine_pid)
same "its log" "$(readlink "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" "$PAWL_HOME/engine.log"
stop_engines
sh -c 'exec "$1" daemon --foreground <&- >&- 2>&-' sh "$PAWL" &
try test -S "$PAWL_HOME/engine.sock" || fail "no socket"
expect_code 0 pawl start -c 'echo well' --follow
printed well
same "what it has in their place" "$(readlink "/proc/$(engine_pid)/fd/1")" /dev/null
expect_code 0 pawl daemon --stop
wait
finish
