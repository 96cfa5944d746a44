#!/bin/sh
# SPDX-License-Identifier: MIT
# The engine is killed in the middle of a command, of a workflow's step, and while a
# sleep becomes due. The next verb starts another one: the command was never touched,
# its output comes once and complete, a finished step does not run again, and what
# became due in between happens at once.
. "${0%/*}/lib.sh"

start counts 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.2; done'
try has_output counts || fail "no output yet"
pawl receive counts >"$work/first"
engine_kill
expect_code 5 pawl status
said "no engine is running"
expect_code 0 pawl receive counts --wait
same "two receives, joined" "$(cat "$work/first" "$out" | tr '\n' ' ')" "1 2 3 4 5 6 7 8 9 "
same "attempts" "$(pawl history counts --json | jq -s length)" 1
same "its exit code" "$(field counts exit_code)" 0

cat >"$work/steps.lua" <<EOF
workflow {}
localhost:run { "echo run >>$work/runs" }
local value = once("draw", function()
  local f = io.open("$work/draws", "a")
  f:write("draw\n")
  f:close()
  return os.time()
end)
print("slept from")
sleep("1s")
print("slept to")
emit { same = value }
localhost:run { "sleep 0.5; echo end" }
EOF
expect_code 0 pawl run -d "$work/steps.lua" --name steps
try has_output steps || fail "the workflow does not begin"
engine_kill
sleep 1.2
expect_code 0 pawl wait steps --check --timeout 60
same "the first step ran once" "$(wc -l <"$work/runs")" 1
same "once() ran once" "$(wc -l <"$work/draws")" 1
same "all of the output, once" \
    "$(pawl receive steps --all --json | jq -r '.data // "value"' | tr -d '\n')" \
    "slept fromslept tovalueend"
finish
