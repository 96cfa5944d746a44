#!/bin/sh
# SPDX-License-Identifier: MIT
# How long finished jobs are kept: what is over a bound goes by itself, the oldest first, across
# kills of the engine, too; running jobs, followed ones and the newest stay; ids do not
# come back, and nothing of the removed is left in the store.
. "${0%/*}/lib.sh"

count() { pawl get -q | wc -l; }
are() { [ "$(count)" -eq "$1" ]; }

bystander_start
expect_code 0 pawl retention
printed "No bound is set"
for i in 1 2 3 4 5 6; do
    start "job$i" "echo out$i"
    expect_code 0 pawl wait "job$i"
done
same "without a bound all stay" "$(count)" 7
expect_code 0 pawl retention --count 2 --dry-run
printed "would be removed: 4 finished jobs"
same "a dry run removes nothing" "$(count)" 7

# Refusals, each in words, and none of them sets anything.
expect_code 2 pawl retention --age soon
said "--age soon"
expect_code 2 pawl retention --age 101y
expect_code 2 pawl retention --age 40000d
expect_code 2 pawl retention --count -3
said "--count -3"
expect_code 2 pawl retention --bytes 5Q
said "--bytes 5Q"
expect_code 2 pawl retention --none --age 1d
expect_code 2 pawl retention everything
expect_code 0 pawl retention
printed "No bound is set"

# By count, received or not; killed in the middle.
received job1 out1
expect_code 0 pawl retention --count 2
printed "the newest 2 are kept"
engine_kill
try are 3 || fail "after a kill $(count) jobs are there, wanted 3"
same "who stays" "$(pawl get --json | jq -r .name | tr '\n' ' ')" "bystander job5 job6 "
expect_code 3 pawl receive job1
received job6 out6
same "the bound is kept over a restart" "$(pawl retention --json | jq .count)" 2

# By bytes.
start large 'seq 1 20000'
expect_code 0 pawl wait large
expect_code 0 pawl retention --count none --bytes 100K
try are 1 || fail "by bytes: $(pawl get)"
same "of finished jobs" "$(pawl retention --json | jq .finished)" 0

# By age.
expect_code 0 pawl retention --bytes none --age 3s
start brief 'echo brief'
expect_code 0 pawl wait brief
same "a young one stays" "$(pawl receive brief)" brief
try are 1 || fail "by age: $(pawl get)"

# A failed one with unread output goes as the others do, and one of none is removed.
expect_code 0 pawl retention --none
start bad 'echo unread; exit 3'
expect_code 0 pawl wait bad
sleep 4
same "unbounded again" "$(state bad)" Failed
expect_code 0 pawl retention --count 0
try are 1 || fail "with count 0: $(pawl get)"
start next true
id=$(pawl get next --json | jq .id)
[ "$id" -gt 18 ] || fail "id $id came back"
expect_code 0 pawl wait next --timeout 30 # its end is seen before it goes
bystander_end
try are 0 || fail "at the end: $(pawl get)"
stop_engines
pawl status >/dev/null 2>&1 && fail "the engine still runs"
expect_code 0 pawl doctor
printed " 0 jobs"
printed "orphans  0"
finish
