#!/bin/sh
# SPDX-License-Identifier: MIT
# What becomes of an occurrence while the one before is unfinished, under each policy, and
# what is kept. Each command waits at a gate that the test opens.
. "${0%/*}/lib.sh"

sched() { pawl schedule show "$1" --json | jq -r ".$2"; }
is_at_least() { [ "$(sched "$1" "$2")" -ge "$3" ]; }
instances() { pawl get --schedule "$1" --json; }
count() { instances "$1" | wc -l; }
add() {
    l_name=$1
    shift
    expect_code 0 pawl schedule add "$l_name" --every 1s "$@" -- start -c "$(gate "$l_name")"
}

add skip --overlap skip
try is_at_least skip skipped.count 2 || fail "nothing is left out"
same "skip: one job" "$(count skip)" 1
same "skip: because of it" "$(sched skip skipped.job)" "$(instances skip | jq .id)"
pawl schedule list >"$out"
has "$out" "skip: skipped"
has "$out" "because job $(instances skip | jq .id) was Running"
open skip
try is_at_least skip runs 2 || fail "it does not go on"
expect_code 0 pawl schedule remove skip

add queue --overlap queue
try is_at_least queue 'queue | length' 2 || fail "nothing waits"
same "queue: one job" "$(count queue)" 1
first=$(sched queue 'queue[0]')
expect_code 0 pawl schedule disable queue
same "disabled, nothing waits" "$(sched queue 'queue | length')" 0
expect_code 0 pawl schedule enable queue
try is_at_least queue 'queue | length' 2 || fail "nothing waits any more"
open queue
try is_at_least queue runs 3 || fail "those that wait are not started"
expect_code 0 pawl schedule remove queue
pawl wait --schedule queue --timeout 60 >/dev/null || fail "they do not end"
same "queue: one after the other, in order" \
    "$(instances queue | jq -r .nominal | sort -c 2>&1)" ""
instances queue | jq -rs 'range(1; length) as $i | select(.[$i].started < .[$i - 1].ended) | $i' >"$out"
same "none began before the one before had ended" "$(cat "$out")" ""
instances queue | jq -r .nominal | grep -qF "$first" && fail "what was dropped came back"

add parallel --overlap parallel
try is_at_least parallel unfinished 3 || fail "they do not run side by side"
expect_code 0 pawl schedule remove parallel
open parallel
pawl wait --schedule parallel --timeout 60 >/dev/null || fail "they do not end"

add replace --overlap replace
try is_at_least replace runs 2 || fail "it is not replaced"
expect_code 0 pawl schedule remove replace
same "replace: the old one is Stopped" "$(instances replace | jq -r .state | head -n 1)" Stopped
same "replace: one at a time" "$(instances replace | jq -r .state | grep -vc Stopped)" 1
open replace
pawl wait --schedule replace --timeout 60 >/dev/null || fail "they do not end"

expect_code 0 pawl schedule add keep --every 1s --keep 2 -- start true
try is_at_least keep runs 4 || fail "it does not run"
expect_code 0 pawl schedule disable keep
pawl wait --schedule keep --timeout 60 >/dev/null
two_left() { [ "$(count keep)" -eq 2 ]; }
try two_left || fail "$(count keep) are kept"
same "the newest are kept" "$(instances keep | jq .id | tail -n 1)" "$(sched keep last_job)"
finish
