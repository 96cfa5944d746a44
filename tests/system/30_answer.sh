#!/bin/sh
# SPDX-License-Identifier: MIT
# Questions: a Blocked job says what it asks and how to answer, waits for it across engines,
# takes one right answer, and none that is wrong.
. "${0%/*}/lib.sh"

cat >"$work/asks.lua" <<'EOF'
workflow {}
if not approve { "Announce v7?", within = "1h" } then fail "rejected" end
print("colour", ask { "Which colour?", choices = { "red", "green" } })
print("late", approve { "quick?", within = "200ms" })
EOF
expect_code 0 pawl run -d "$work/asks.lua" --name asks
become asks Blocked
same "what it asks" "$(field asks question)" "Announce v7?"
expect_code 4 pawl wait asks --timeout 5
said "is Blocked on an answer to: Announce v7?"
expect_code 0 pawl answer
printed "Announce v7?"
engine_kill
expect_code 2 pawl answer asks perhaps
said "the answer must be yes or no, not 'perhaps'"
expect_code 0 pawl answer asks yes
try sh -c "'$PAWL' answer asks | grep -q 'red green'" || fail "the second question is not listed"
same "its choices" "$(pawl answer asks --json | jq -c .choices)" '["red","green"]'
expect_code 0 pawl suspend asks --wait
try sh -c "'$PAWL' answer | grep -q 'red green'" || fail "a suspended job's question is not listed"
same "as JSON it is the job's" "$(pawl answer --json | pawl get - -q)" "$(field asks id)"
expect_code 0 pawl answer asks green
expect_code 0 pawl resume asks
become asks Completed
same "what it got" "$(pawl receive asks --all --stream output)" "colour	green
late	false	timeout"
same "how to answer is in its streams" "$(pawl receive asks --all --json |
    jq -r 'select(.stream == "information").data' | grep -c 'pawl answer [0-9]* yes|no')" 2
expect_code 4 pawl answer asks yes
said "is Completed"
expect_code 0 pawl answer
same "nothing is asked any more" "$(wc -l <"$out")" 1
expect_code 2 pawl answer asks yes no
expect_code 3 pawl answer nobody yes
finish
