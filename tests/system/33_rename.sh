#!/bin/sh
# SPDX-License-Identifier: MIT
# Names and metadata: other names in every state, over a kill; names that several have;
# what a name may be; jobs found by what was kept with them.
. "${0%/*}/lib.sh"

start one 'sleep 300' --meta ticket=42 --meta env=prod
start two 'echo 2' --meta ticket=43
expect_code 0 pawl wait two
id=$(field one id)
same "the default name" "$(pawl start -c true --json | jq -c '.name == "Job\(.id)"')" true
same "and of a child" "$(pawl get one --children --json | jq -r 'select(.parent).name')" "Job$((id + 1))"

expect_code 0 pawl rename one uno
printed uno
expect_code 0 pawl rename two due
expect_code 3 pawl get one
kill -9 "$(pawl status --json | jq .pid)"
same "after a kill" "$(pawl get "$id" --json | jq -r .name)" uno
same "a finished one" "$(field due state)" Completed
expect_code 0 pawl stop uno --force
expect_code 0 pawl wait uno
same "after its end" "$(field uno id)" "$id"

expect_code 3 pawl rename nobody x
expect_code 2 pawl rename uno
said "the new name is missing"
expect_code 2 pawl rename uno ''
said "not empty"
expect_code 2 pawl rename uno a b
expect_code 4 pawl rename "$((id + 1))" x
said "pawl rename $id"
start same 'echo 1'
start same 'echo 2'
expect_code 2 pawl rename same other
said "2 jobs"
same "both are there" "$(pawl get same -q | wc -l | tr -d ' ')" 2
expect_code 2 pawl rename uno "$(printf '%0300d' 0)"
said "255"
name=$(printf 'a\033[31m b\342\200\256\n"')
expect_code 0 pawl rename uno "$name"
same "any text is a name" "$(pawl get "$id" --json | jq -r .name)" "$name"

same "by meta" "$(pawl get --meta ticket=42 -q)" "$id"
same "by both" "$(pawl get --meta ticket=42 --meta env=prod -q)" "$id"
same "by none" "$(pawl get --meta ticket=42 --meta env=test -q)" ""
same "meta itself" "$(pawl get "$id" --json | jq -c .meta)" '{"env":"prod","ticket":"42"}'
finish
