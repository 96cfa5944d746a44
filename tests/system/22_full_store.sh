#!/bin/sh
# SPDX-License-Identifier: MIT
# The store's disk is full to the last block (a small tmpfs; the spool is elsewhere).
# What makes room must still get through: results, stop, receive, remove. New work is
# refused in plain words, at once, also by an engine that was started on the full
# disk; and when there is space again everything goes on by itself.
. "${0%/*}/lib.sh"

store_disk 24m

# promptly CODE COMMAND...: it does not wait for space, of which there will be none.
promptly() {
    l_code=$1
    shift
    expect_code "$l_code" timeout 60 "$PAWL" "$@"
}

cat >"$work/loop.lua" <<'LUA'
--- Beats until it is told to end.
while not wait_signal("end", { within = "100ms" }) do once("tick", function() return 1 end) end
print("beaten")
LUA

start over 'echo kept'
start heavy 'head -c 3000000 /dev/zero | tr "\0" y'
expect_code 0 pawl wait over heavy
start runs 'sleep 301'
start quick "$(gate full); echo result; exit 3"
start flood "$(gate full)
    head -c 12000000 /dev/zero | tr '\0' z; echo; echo end"
expect_code 0 pawl run -d "$work/loop.lua" --name beats

fill_disk
open full
try disk_is_full || fail "status does not tell that the disk is full"
promptly 4 start -c 'echo new'
said "the disk of the store is full: no new job is taken"
said "$PAWL_HOME"
said "free some space"
promptly 0 status
printed "The disk is full"
printed "$PAWL_HOME"
become quick Failed
same "its exit code" "$(field quick exit_code)" 3
promptly 0 receive quick
printed result
promptly 0 stop runs --grace 1
become runs Stopped
promptly 0 stop flood --force
promptly 0 remove over runs
promptly 3 get over
promptly 4 start -c 'echo new'

# An engine that starts on the full disk.
pawl daemon --stop
try engine_is_gone || fail "the engine does not stop on a full disk"
fill_disk
promptly 0 get quick
try disk_is_full || fail "a new engine does not tell that the disk is full"
promptly 4 start -c 'echo new'
said "no new job is taken"
promptly 0 remove quick
same "nothing was lost" "$(pawl receive heavy --all | wc -c)" 3000000

# Not even the floor is left: what was allocated ahead is lost with a copy of the file.
pawl daemon --stop
try engine_is_gone || fail "the engine does not stop on a full disk"
free_disk
cp "$PAWL_HOME/store/data.mdb" "$work/copy"
rm "$PAWL_HOME/store/data.mdb"
cp --sparse=always "$work/copy" "$PAWL_HOME/store/data.mdb"
fill_disk
promptly 0 get heavy
try disk_is_full || fail "an engine without a floor does not tell that the disk is full"
promptly 4 signal beats tick
said "free some space"
promptly 4 stop beats
same "nothing was lost" "$(pawl receive heavy --all | wc -c)" 3000000

free_disk
try disk_has_space || fail "status does not tell that there is space again"
expect_code 0 pawl start -c 'echo new' --follow
printed new
expect_code 0 pawl signal beats end 1
expect_code 0 pawl wait beats --check --timeout 60
received beats beaten
finish
