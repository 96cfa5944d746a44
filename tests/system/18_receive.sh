#!/bin/sh
# SPDX-License-Identifier: MIT
# Receiving: a plain one moves the mark, every other leaves it alone; many of them one
# after the other, while the job runs, give every line exactly once.
. "${0%/*}/lib.sh"

start counts 'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); echo $i; sleep 0.005; done'
until pawl wait counts --timeout 0 >/dev/null 2>&1; do pawl receive counts; done >"$work/joined"
pawl receive counts >>"$work/joined"
seq 1 200 | cmp - "$work/joined" || fail "receives joined are not each line once"
same "nothing is left" "$(pawl receive counts)" ""
same "unread" "$(pawl get counts --json | jq -c '[.unread, .bytes, .has_more]')" '[0,0,false]'

# Each word is written when the one before it has arrived: so the streams have an order.
wrote() { pawl receive words --all 2>&1 | grep -q "$1"; }
start words "echo one; $(gate two); echo two >&2; $(gate three); echo three"
try wrote one || fail "it does not begin"
open two
try wrote two || fail "it does not go on"
open three
expect_code 0 pawl wait words
for option in --keep --all '--since 0' '--stream output'; do
    # shellcheck disable=SC2086 # some are two words
    expect_code 0 pawl receive words $option
    printed three
done
same "one stream alone" "$(pawl receive words --stream error 2>&1)" two
seq=$(pawl receive words --all --json | jq -s '.[0].seq')
same "what is behind a record" "$(pawl receive words --since "$seq" --json | jq -r .data |
    tr '\n' ' ')" "two  three  "
same "the mark has not moved" "$(pawl receive words 2>/dev/null | tr '\n' ' ')" "one three "
same "now it has" "$(pawl receive words 2>&1)" ""
same "both into one pipe" "$(pawl receive words --all 2>&1 | tr '\n' ' ')" "one two three "
same "the streams, each in order" "$(pawl receive words --all --json |
    jq -r '.stream + ":" + .data' | tr '\n' ' ')" "output:one  error:two  output:three  "

# What one part has received is received, and no more: the marks of parts add up.
cat >"$work/parts.lua" <<'END'
print("own 1")
localhost:run("echo part 1; echo part 2")
print("own 2")
END
expect_code 0 pawl run -d "$work/parts.lua" --name parts
expect_code 0 pawl wait parts
same "the part on its host" "$(pawl receive parts --host localhost | tr '\n' ' ')" "part 1 part 2 "
same "unread of the parts" "$(pawl get parts --children --json | jq -c '[.unread, .has_more]' |
    tr '\n' ' ')" '[2,true] [0,false] '
same "what it wrote itself" "$(pawl receive parts --no-recurse --keep | tr '\n' ' ')" "own 1 own 2 "
same "the rest" "$(pawl receive parts | tr '\n' ' ')" "own 1 own 2 "
same "nothing is left of it" "$(pawl get parts --json | jq -c '[.unread, .bytes]')" '[0,0]'
expect_code 3 pawl receive parts --host web01
said "has no part on web01"
same "a job that wrote nothing itself" "$(pawl receive words --all --no-recurse)" ""

# Structured records, as a table and as JSON.
cat >"$work/disks.lua" <<'END'
emit({ name = "sda", size = 10, used = { root = 3 } })
print("between")
emit({ name = "nvme0n1", size = 2000 })
emit("no object")
END
expect_code 0 pawl run -d "$work/disks.lua" --name disks
expect_code 0 pawl wait disks
same "a table" "$(pawl receive disks --keep --fields name,used.root,size)" \
    "$(printf 'name  used.root  size\nsda   3          10\nbetween\nnvme0n1             2000\n"no object"')"
same "as JSON" "$(pawl receive disks --keep --fields size --json | jq -c 'select(.value|objects) | .value' |
    tr '\n' ' ')" '{"size":10} {"size":2000} '
same "the job in front" "$(pawl receive disks --keep --with-job --json | head -1 | jq -r .name)" disks
expect_code 0 pawl receive disks --keep --with-job
printed "HasMoreData"

# Events: what it wrote, and one for the part and the job each time.
start eventful 'echo x'
expect_code 0 pawl receive eventful --wait --events --json
same "how it went" "$(jq -r 'select(.state) | "\(.parent != null) \(.state)"' "$out" | tail -2 | sort |
    tr '\n' ' ')" "false Completed true Completed "

# --auto-remove takes the jobs that were named, when they have finished.
start gone1 'echo 1'
start gone2 'echo 2; exit 3'
start stays 'echo 3'
same "both" "$(pawl receive gone1 gone2 --wait --auto-remove)" "$(printf '1\n2')"
expect_code 3 pawl get gone1 gone2
expect_code 0 pawl get stays
expect_code 2 pawl receive stays --auto-remove
said "--wait"

# Two at once: each line comes to one of them, and none is lost.
start shared 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo $i; sleep 0.01; done'
for reader in 1 2 3; do
    pawl receive shared --wait >"$work/reader.$reader" 2>"$work/reader.$reader.err" &
    eval "reader_$reader=\$!"
done
# shellcheck disable=SC2154 # by eval
wait "$reader_1" "$reader_2" "$reader_3"
sort -n "$work/reader.1" "$work/reader.2" "$work/reader.3" >"$work/shared"
seq 1 300 | cmp - "$work/shared" || fail "three readers have not shared each line out once"

start waits 'sleep 300'
expect_code 124 pawl receive waits --wait --timeout 0.3
expect_code 0 pawl stop waits --force
finish
