#!/bin/sh
# SPDX-License-Identifier: MIT
# A home that is not what it was: a store restored from an older backup beside a newer
# spool, a spool that cannot be used, a store that has disappeared. Whoever waits for a
# job must learn why nothing happens, and what to do, and that must then work.
. "${0%/*}/lib.sh"

# A spool that is a file.
start early 'echo early'
expect_code 0 pawl wait early
stop_engines
mv "$PAWL_HOME/spool" "$work/spool"
touch "$PAWL_HOME/spool"
"$PAWL" start -c 'echo late' --name late --follow >"$out" 2>"$err" &
client=$!
try grep -q "localhost cannot be used" "$err" || fail "a follower is not told"
kill $client
wait $client 2>/dev/null
said "cannot make the spool"
said "$PAWL_HOME/spool"
expect_code 0 pawl get late
printed "localhost cannot be used"
expect_code 0 pawl status
printed "localhost cannot be used"
expect_code 124 pawl wait late --timeout 0.2
said "localhost cannot be used"
rm "$PAWL_HOME/spool"
mv "$work/spool" "$PAWL_HOME/spool"
expect_code 0 pawl wait late --check --timeout 60
same "no notice is left" "$(field late notice)" null
received late late

# A store from an older backup: the spool follows a later engine.
stop_engines
cp "$PAWL_HOME/store/data.mdb" "$work/older"
for _ in 1 2; do
    expect_code 0 pawl get
    stop_engines
done
cp "$work/older" "$PAWL_HOME/store/data.mdb"
start again 'echo again'
refused() { field again notice | grep -q 'follows another engine of the same store'; }
try refused || fail "the job does not say that the host refuses: $(field again notice)"
expect_code 0 pawl get again
printed "pawl doctor --take-over"
expect_code 0 pawl doctor --take-over
printed "localhost"
expect_code 0 pawl wait again --check --timeout 60
received again again

# A store that has disappeared: its commands, and what they wrote, are in the spool.
stop_engines
rm "$PAWL_HOME/store/data.mdb"
expect_code 0 pawl get
expect_code 0 pawl status
printed "this home had a store"
printed "restore a backup"
grep -q "this home had a store" "$PAWL_HOME/engine.log" || fail "the log does not say it"
stop_engines
expect_code 0 pawl get
expect_code 0 pawl status
printed "this home had a store"
mkdir "$work/fresh"
PAWL_HOME=$work/fresh expect_code 0 pawl get
PAWL_HOME=$work/fresh pawl status >"$out"
grep -q "had a store" "$out" && fail "a new home is said to have had a store"
finish
