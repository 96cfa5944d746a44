#!/bin/sh
# SPDX-License-Identifier: MIT
# A store that was damaged while no engine ran: cut short, overwritten at its begin-
# ning, and with single bytes flipped. Either the engine refuses with a sentence, or
# what is damaged is named and all the rest is as it was; it never dies by a signal,
# never shows other bytes than were stored, and never tries for ever.
. "${0%/*}/lib.sh"

data=$PAWL_HOME/store/data.mdb

restore() {
    stop_engines
    cp "$work/good" "$data"
    # A spool that has seen a later engine of this store obeys no earlier one.
    rm -rf "$PAWL_HOME/exits" "$PAWL_HOME/engine.log" "$PAWL_HOME/spool"
}

start one 'echo MARK-one; seq 1 2000'
start two 'echo MARK-two; seq 1 3000'
expect_code 0 pawl wait one two
start waits 'echo go; sleep 1; echo done'
pawl suspend waits
become waits Suspended
stop_engines
cp "$data" "$work/good"
used=$(wc -c <"$data")

for size in 0 100 4096 8192 40000; do
    truncate -s $size "$data"
    expect_code 5 pawl get
    said "data.mdb is damaged"
    said "restore a backup"
    same "no signal" "$(grep -ciE 'signal|sigbus|core' "$err")" 0
    restore
done

# It is not tried again and again: after three failures within a minute it is left.
printf %064d 0 | dd of="$data" conv=notrunc status=none
for _ in 1 2 3; do expect_code 5 pawl get; done
expect_code 5 pawl get
said "the engine failed 3 times within a minute and is not started again"
said "a meta page is not one"
same "it is said once" "$(grep -o "a meta page is not one" "$err" | wc -l)" 1
expect_code 5 pawl daemon --foreground
said "a meta page is not one"
restore

# One byte of a stored record, found by its text and its line's end: the record is left out, and named.
damage "$data" 'MARK-one$'
expect_code 0 pawl receive one --all
said "is damaged on disk and left out"
same "no byte of it is shown" "$(grep -c ARK-one "$out")" 0
same "in JSON it is a gap" "$(pawl receive one --all --json | jq -s 'map(select(.gap)) | length')" 1
expect_code 0 pawl receive two --all
same "the other job is whole" "$(wc -l <"$out")" 3001
expect_code 0 pawl resume waits --wait
received waits "go
done"
restore

# What a job is made of, wherever it is stored: no other job is touched by it.
damage "$data" 'echo go; sleep 1'
expect_code 0 pawl get one two
expect_code 0 pawl receive one --all
same "the first job is whole" "$(wc -l <"$out")" 2001
expect_code 0 pawl start -c 'echo new' --follow
printed new
restore

# The head of a job: it is shown as what it is, and can be removed.
start doomed 'exit 0' --name HEAD-mark
expect_code 0 pawl wait HEAD-mark
doomed=$(field HEAD-mark id)
stop_engines
damage "$data" HEAD-mark
expect_code 0 pawl get "$doomed"
printed "Failed"
printed "its row in the store is damaged"
same "it is in the list" "$(pawl get -q | grep -cx "$doomed")" 1
expect_code 4 pawl remove "$doomed"
said "remove it with --force"
expect_code 0 pawl remove --force "$doomed"
expect_code 3 pawl get "$doomed"
expect_code 0 pawl get one two
restore

# Anywhere: whatever is answered is either an error in words, or right.
i=0
while [ $i -lt 12 ]; do
    i=$((i + 1))
    at=$((8192 + used * i / 13 + i * 97))
    printf 'damage' | dd of="$data" bs=1 seek=$at conv=notrunc status=none
    pawl get >"$out" 2>"$err"
    case $? in
    0) ;;
    5) grep -q '^pawl: .*damaged' "$err" || fail "damage at $at: $(head -c 300 "$err")" ;;
    *) fail "damage at $at: exit code $?" ;;
    esac
    pawl receive two --all 2>/dev/null | grep -vE '^(MARK-two|[0-9]+)$' >"$out" &&
        fail "damage at $at: other bytes than were stored: $(head -c 100 "$out")"
    restore
done
finish
