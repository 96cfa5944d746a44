#!/bin/sh
# SPDX-License-Identifier: MIT
# The limits in a workflow's header: its time is over while a command runs, also when
# the engine was killed in between; a cleanup that does not end is cut off. The
# command is ended (it may say goodbye), cleanup runs, the reason names the limit.
. "${0%/*}/lib.sh"

cat >"$work/late.lua" <<'EOF2'
workflow { timeout = "4s" }
undo(function() localhost:run "echo undone" end)
localhost:run "trap 'echo bye; exit 3' TERM; echo go; while :; do sleep 0.05; done"
EOF2
expect_code 1 pawl run "$work/late.lua" --name late
said "timed out: it did not end within its timeout of 4s"
same "it has failed" "$(state late)" Failed
same "its reason" "$(field late reason)" "timed out: it did not end within its timeout of 4s"
same "in good order" "$(pawl receive late --all 2>/dev/null | tr '\n' ' ')" "go bye undone "

sed 's/timeout/elapsed_timeout/' "$work/late.lua" >"$work/killed.lua"
expect_code 0 pawl run -d "$work/killed.lua" --name killed
try has_output killed || fail "it does not begin"
engine_kill
sleep 4
expect_code 0 pawl wait killed --timeout 60
same "overdue after a kill" "$(field killed reason)" \
    "timed out: it did not end within its elapsed_timeout of 4s"
same "its cleanup ran, too" "$(pawl receive killed --all 2>/dev/null | tail -n 1)" undone

cat >"$work/stuck.lua" <<'EOF2'
workflow { cleanup_timeout = "4s" }
undo(function() localhost:run "echo not reached" end)
undo(function() localhost:run "echo cleaning; exec sleep 307" end)
fail "on purpose"
EOF2
expect_code 1 pawl run "$work/stuck.lua" --name stuck
same "a cleanup is cut off" "$(field stuck reason)" \
    "on purpose; its cleanup was cut off after its cleanup_timeout of 4s"
same "the rest did not run" "$(pawl receive stuck --all 2>/dev/null)" cleaning
try runs_no "sleep 307" || fail "its command goes on"

echo 'workflow { timeout = 0 }' >"$work/zero.lua"
expect_code 2 pawl run "$work/zero.lua"
said "'timeout' must be longer than 0"
finish
