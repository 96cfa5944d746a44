#!/bin/sh
# SPDX-License-Identifier: MIT
# Removing: refused for what has not finished and for a child, done with --force or by
# itself with --auto-remove. The results go with the job, ids are never given again.
. "${0%/*}/lib.sh"

start over 'echo kept'
expect_code 0 pawl wait over
start runs 'sleep 301'
expect_code 4 pawl remove runs
said "stop it first, or remove it with --force"
expect_code 4 pawl remove 2
said "job 2 is a child; remove its parent, job 1"
received over kept
expect_code 0 pawl remove over
expect_code 3 pawl get over
expect_code 3 pawl receive 1
expect_code 0 pawl remove runs --force
expect_code 3 pawl get runs
try runs_no "sleep 301" || fail "its command goes on"

# --auto-remove: when all of it has been received
start brief 'echo brief' --auto-remove
same "its output" "$(pawl receive brief --wait)" brief
gone() { [ -z "$(pawl get -q)" ]; }
try gone || fail "--auto-remove leaves $(pawl get)"
expect_code 0 pawl start -c true --auto-remove --follow
start silent 'sleep 0.3' --auto-remove
expect_code 0 pawl wait silent
try gone || fail "--auto-remove without output leaves $(pawl get)"
start quiet 'sleep 0.2' --auto-remove
expect_code 0 pawl wait quiet
stop_engines # it is not forgotten
try gone || fail "--auto-remove is forgotten over a restart: $(pawl get)"
stop_engines
start next true
same "the next id" "$(field next id)" 13
expect_code 0 pawl wait next

start bad1 'exit 1'
start bad2 'exit 2'
expect_code 1 pawl wait 'bad*' --check
pawl get --state Failed -q | pawl remove - || fail "remove - ended with $?"
same "what is left" "$(pawl get --json | jq -r .name)" next
pawl get --json | pawl remove - || fail "remove - does not take what --json prints"
same "nothing is left" "$(pawl get -q)" ""
echo 4711 | expect_code 3 pawl remove -
said "job 4711: no such job"
finish
