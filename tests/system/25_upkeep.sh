#!/bin/sh
# SPDX-License-Identifier: MIT
# Looking after a store: doctor and backup, with an engine and without one, on a sound
# store and on a damaged one; and a backup that is put back must be what it was.
. "${0%/*}/lib.sh"

data=$PAWL_HOME/store/data.mdb
PAWL_SSH_CONFIG=/dev/null # doctor reads it
export PAWL_SSH_CONFIG
expect_code 5 pawl doctor
said "$PAWL_HOME"
start one 'echo MARK-one; seq 1 2000'
start two 'echo two'
expect_code 0 pawl wait one two
start runs 'sleep 301'

# With an engine.
pid=$(engine_pid)
expect_code 4 pawl doctor
printed "home     $PAWL_HOME, of $(id -un) alone"
printed "ssh      "
printed "linger   "
printed "boot     "
said "in use by process $pid"
expect_code 4 pawl doctor --json
same "what was not read" "$(jq -c '[.damaged, .rows, .store, (.unread | test("in use"))]' "$out")" \
    '[null,null,null,true]'
said "pawl daemon --stop"
(cd "$work" && expect_code 0 pawl backup relative && printed "$work/relative")
[ -s "$work/relative/data.mdb" ] || fail "there is no backup"
expect_code 4 pawl backup "$work/relative"
said "it exists already"
expect_code 5 pawl backup "$work/none/here"
said "$work/none/here"
expect_code 2 pawl backup
expect_code 0 pawl get runs
same "the engine went on" "$(engine_pid)" "$pid"

# Without one.
stop_engines
expect_code 0 pawl doctor
printed "format 1"
printed "3 jobs"
printed "damaged  0"
printed "orphans  0"
expect_code 0 pawl doctor --json
same "rows are counted" "$(jq '.rows > 10 and .damaged == 0 and .format == 1' "$out")" true
same "what is around" "$(jq -c '[.unread, (.around | keys), .around.home.fault]' "$out")" \
    '[null,["boot","home","linger","ssh"],false]'
chmod 750 "$PAWL_HOME"
expect_code 1 pawl doctor
said "home: $PAWL_HOME has mode 0750: others can look at jobs"
chmod 700 "$PAWL_HOME"
expect_code 0 pawl backup "$work/direct"
expect_code 4 pawl backup "$work/direct"
[ ! -e "$PAWL_HOME/engine.sock" ] || fail "a check starts an engine"

# Damage is counted, named, and not carried into a backup without a word.
damage "$data" 'MARK-one$'
expect_code 1 pawl doctor
printed "damaged  2" # the record, and the step's result
said "the store is damaged"
expect_code 5 pawl backup "$work/bad"
said "are damaged"
[ ! -e "$work/bad" ] || fail "a damaged backup took its place"

# Put back.
cp "$work/direct/data.mdb" "$data"
expect_code 0 pawl doctor
expect_code 0 pawl receive one --all
same "the first line" "$(head -n 1 "$out")" MARK-one
expect_code 0 pawl doctor --take-over
expect_code 0 pawl stop runs --grace 1 --wait
finish
