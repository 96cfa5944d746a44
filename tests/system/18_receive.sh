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
for option in --keep --all '--since 0' '--stream output' '--host localhost'; do
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

start waits 'sleep 300'
expect_code 124 pawl receive waits --wait --timeout 0.3
expect_code 0 pawl stop waits --force
finish
