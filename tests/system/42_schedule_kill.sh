#!/bin/sh
# SPDX-License-Identifier: MIT
# The engine is killed again and again, by a signal and at the places where a crash matters
# most, while a schedule starts a job every second. However it ends: no nominal time has
# two jobs, what is counted as a run is there, and the commands ran once each.
. "${0%/*}/lib.sh"

sched() { pawl schedule show tick --json | jq -r ".$1"; }
more_ran() { [ "$(sched runs)" -gt "$1" ]; }

expect_code 0 pawl schedule add tick --every 1s --overlap parallel -- start -c "echo x >>'$work/ran'"
for i in 1 2 3 4 5 6 7 8 9 10; do
    before=$(sched runs)
    case $((i % 3)) in
    0) engine_kill ;;
    1) pawl daemon --stop
       PAWL_CRASH_POINT=commit.before:$((i + 2)) pawl status >/dev/null 2>&1
       PAWL_CRASH_POINT=commit.before:$((i + 2)) pawl get >/dev/null 2>&1
       try engine_is_gone || fail "the crash point is not reached" ;;
    2) pawl daemon --stop
       PAWL_CRASH_POINT=commit.after:$((i + 2)) pawl get >/dev/null 2>&1
       try engine_is_gone || fail "the crash point is not reached" ;;
    esac
    try more_ran "$before" || fail "after kill $i nothing runs any more"
done
expect_code 0 pawl schedule disable tick
pawl wait --schedule tick --timeout 60 >"$out" || fail "not all of them end"
pawl get --schedule tick --json >"$work/jobs"
same "no nominal time has two jobs" "$(jq -r .nominal "$work/jobs" | sort | uniq -d)" ""
same "each run is a job" "$(wc -l <"$work/jobs")" "$(sched runs)"
same "all of them completed" "$(jq -r .state "$work/jobs" | sort -u)" Completed
same "each command ran once" "$(wc -l <"$work/ran")" "$(sched runs)"
stop_engines
expect_code 0 pawl doctor
printed "damaged  0"
printed "orphans  0"
finish
