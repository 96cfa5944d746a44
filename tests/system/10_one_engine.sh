#!/bin/sh
# SPDX-License-Identifier: MIT
# Eight clients at once find no engine, and each starts one. Exactly one may come of
# it, and every client must get its job.
. "${0%/*}/lib.sh"

for i in 1 2 3 4 5 6 7 8; do
    pawl start -c "echo $i" --name "n$i" >"$work/row$i" 2>"$work/err$i" || touch "$work/failed$i" &
done
wait
same "clients that failed" "$(find "$work" -name 'failed*' | wc -l)" 0
cat "$work"/err* >&2
expect_code 0 pawl wait 'n*' --check --timeout 60
same "jobs" "$(pawl get -q | wc -l)" 8
same "ids, each given once" "$(pawl get -q | tr '\n' ' ')" "1 3 5 7 9 11 13 15 "
for i in 1 2 3 4 5 6 7 8; do received "n$i" "$i"; done
pid=$(engine_pid)
engines=0
for process in $(ours); do
    tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null | grep -q '^pawl daemon ' &&
        engines=$((engines + 1))
done
same "engines" $engines 1
same "asked again, the same one" "$(engine_pid)" "$pid"
finish
