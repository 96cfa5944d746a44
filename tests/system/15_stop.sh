#!/bin/sh
# SPDX-License-Identifier: MIT
# Stopping: a command that cleans up on TERM, one that ignores it, a tree of processes,
# and by force. Nothing of it may run afterwards, and the bystander must.
. "${0%/*}/lib.sh"

bystander_start
start polite "trap 'echo bye; exit 3' TERM; echo go; while :; do sleep 0.05; done"
try has_output polite || fail "no output"
expect_code 0 pawl stop polite --wait
same "it is stopped" "$(state polite)" Stopped
same "it could say so" "$(pawl receive polite --all 2>/dev/null | tr '\n' ' ')" "go bye "

start stubborn "trap '' TERM; sleep 301 & (sleep 302 & sleep 303) & echo go; sleep 304; sleep 305"
try has_output stubborn || fail "no output"
expect_code 124 pawl wait stubborn --timeout 0
expect_code 0 pawl stop stubborn --grace 0.5s --wait
same "it is stopped, too" "$(state stubborn)" Stopped
same "nobody of its tree is left" "$(for pid in $(ours); do ps -o args= -p "$pid"; done |
    grep -c '^sleep 30[1-5]')" 0

start forced 'echo go; sleep 306'
try has_output forced || fail "no output"
expect_code 0 pawl stop forced --force
same "it has ended now" "$(state forced)" Stopped
expect_code 1 pawl wait forced --check
try runs_no "sleep 306" || fail "its command goes on"

expect_code 4 pawl stop polite
said "is Stopped: it cannot be stopped any more"
bystander_end
finish
