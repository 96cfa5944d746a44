#!/bin/sh
# SPDX-License-Identifier: MIT
# Signals: sent before the workflow waits, while it waits, and while no engine runs in
# between. Each is taken once, in order; a time limit ends the waiting.
. "${0%/*}/lib.sh"

cat >"$work/waits.lua" <<'EOF'
workflow {}
print "ready"
emit(wait_signal "go")
emit(wait_signal "go")
local value, why = wait_signal("never", { within = "300ms" })
emit { value = value, why = why }
EOF
expect_code 0 pawl run -d "$work/waits.lua" --name waits
try has_output waits || fail "the workflow does not begin"
expect_code 0 pawl signal waits other '"kept"'
expect_code 0 pawl signal waits go '{"n":1}'
engine_kill
expect_code 0 pawl signal waits go '[2,"two",null]'
expect_code 0 pawl wait waits --check --timeout 60
same "values" "$(pawl receive waits --all --json | jq -c 'select(.value).value' | head -n 1)" \
    '{"n":1}'
same "in order" "$(pawl receive waits --all --json | jq -c 'select(.value).value[0]?' |
    grep -c 2)" 1
same "the limit" "$(pawl receive waits --all --json | jq -r '.value.why? // empty')" timeout
expect_code 4 pawl signal waits go
said "is Completed: it cannot be signalled any more"
finish
