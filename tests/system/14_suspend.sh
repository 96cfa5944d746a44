#!/bin/sh
# SPDX-License-Identifier: MIT
# Suspending and resuming: at the next step, and by force in the middle of one; across
# the end of the engine; and refused where it has no meaning. What finished must not
# run again; what was interrupted runs again as a new attempt.
. "${0%/*}/lib.sh"

cat >"$work/steps.lua" <<EOF
workflow {}
localhost:run { [[echo one >>$work/ran; $(gate first); echo first]] }
localhost:run { "echo two >>$work/ran; echo second" }
EOF
expect_code 0 pawl run -d "$work/steps.lua" --name plain
try test -e "$work/ran" || fail "the first step does not begin"
expect_code 0 pawl suspend plain
same "until the step has ended" "$(state plain)" Suspending
open first
become plain Suspended
received plain first
engine_kill
same "another engine finds it so" "$(state plain)" Suspended
expect_code 0 pawl resume plain --wait
received plain "first
second"
same "each step ran once" "$(tr '\n' ' ' <"$work/ran")" "one two "
expect_code 4 pawl resume plain
said "is Completed"

start forced 'echo go; [ -e '"'$work/again'"' ] && exit; sleep 60'
try has_output forced || fail "no output"
expect_code 0 pawl suspend forced --force --wait
same "by force, at once" "$(state forced)" Suspended
touch "$work/again"
expect_code 0 pawl resume forced --wait
same "attempts" "$(pawl history forced --json | jq -r .outcome | tr '\n' ' ')" "interrupted exit "
received forced "go
go"
finish
