#!/bin/sh
# SPDX-License-Identifier: MIT
# The spool's disk fills up (a small tmpfs; the store is elsewhere): a command loses
# what it cannot write, and most say no more of it than exit code 1. The job must say
# what happened, where. A spool that cannot be used at all is told to whoever waits.
. "${0%/*}/lib.sh"

mount_tmpfs "$work/disk" 3m
PAWL_SPOOL=$work/disk/spool
export PAWL_SPOOL

start big 'head -c 9000000 /dev/zero | tr "\0" z'
expect_code 1 pawl wait big --check
field big reason >"$out"
printed "exit code 1"
printed "the disk of the spool $PAWL_SPOOL on localhost was full"
start careless 'head -c 9000000 /dev/zero | tr "\0" z; true'
expect_code 0 pawl wait careless --check
expect_code 0 pawl receive careless
said "warning: the disk of the spool $PAWL_SPOOL on localhost was full"
start small 'echo small; exit 3'
expect_code 0 pawl wait small
same "a reason of its own" "$(field small reason)" "exit code 3"

# Full before the command begins: it is never begun.
head -c 10m /dev/zero >"$work/disk/ballast" 2>/dev/null
expect_code 1 pawl start -c "touch '$work/begun'" --name none --follow
said "$PAWL_SPOOL"
said "(0 KiB free)"
[ ! -e "$work/begun" ] || fail "the command began all the same"
rm "$work/disk/ballast"
expect_code 0 pawl start -c 'echo room' --follow
printed room
finish
