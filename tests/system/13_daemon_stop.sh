#!/bin/sh
# SPDX-License-Identifier: MIT
# The engine is ended in order, by `daemon --stop` and by SIGTERM, while commands run.
# They go on without it, and the next engine takes them over, with all they wrote.
. "${0%/*}/lib.sh"

start counts "for i in 1 2 3 4 5 6 7 8 9; do echo \$i; sleep 0.2; done; touch '$work/ended'"
try has_output counts || fail "no output yet"
expect_code 0 pawl daemon --stop
expect_code 0 pawl daemon --stop
expect_code 5 pawl status
try test -e "$work/ended" || fail "the command did not go on"
expect_code 0 pawl wait counts --check --timeout 60
received counts "$(seq 1 9)"
same "attempts" "$(pawl history counts --json | jq -s length)" 1

start second 'echo go; sleep 1; echo done'
try has_output second || fail "no output yet"
kill -TERM "$(engine_pid)"
try engine_is_gone || fail "SIGTERM does not end it"
expect_code 0 pawl wait second --check --timeout 60
received second "go
done"

expect_code 0 pawl daemon --stop
# One that comes up with a runner that cannot is found, and ended, all the same.
PAWL_SPOOL=/proc/nowhere pawl daemon --foreground 2>"$work/log" &
foreground=$!
try test -S "$PAWL_HOME/engine.sock" || fail "no socket"
expect_code 0 pawl daemon --stop
wait $foreground || fail "it did not end well: $(cat "$work/log")"

expect_code 0 pawl daemon
printed "the engine runs: pid"
finish
