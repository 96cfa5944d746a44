#!/bin/sh
# SPDX-License-Identifier: MIT
# Once for each boot of the machine: an engine is told another boot id than the kernel's.
# And what an engine missed while it was down, under each of the two policies.
. "${0%/*}/lib.sh"

sched() { pawl schedule show "$1" --json | jq -r ".$2"; }
ran() { [ "$(sched "$1" runs)" -ge "$2" ]; }
boot() {
    stop_engines
    PAWL_BOOT_ID=6ba7b810-9dad-11d1-80b4-00c04fd430c$1
    export PAWL_BOOT_ID
}

boot 1
expect_code 0 pawl schedule add boot --at-boot -- start -c 'echo up'
printed "at boot"
expect_code 0 pawl schedule add off --at-boot --disabled -- start true
stop_engines
pawl get >/dev/null
sleep 1
same "not for the boot that it was added in" "$(sched boot runs)" 0
boot 2
try ran boot 1 || fail "it does not run at boot"
expect_code 0 pawl wait boot --check
received boot up
stop_engines
pawl get >/dev/null
sleep 1
same "once for a boot" "$(sched boot runs)" 1
boot 3
try ran boot 2 || fail "it does not run at the next boot"
same "not the one that is disabled" "$(sched off runs)" 0
expect_code 0 pawl schedule remove boot off

# Down for some seconds: one instance for all that was missed, however long it was.
expect_code 0 pawl schedule add once --every 1s -- start true
try ran once 1 || fail "it does not run"
stop_engines
sleep 4
runs=$(sched once runs) # starts an engine
try ran once $((runs + 1)) || fail "it does not go on"
expect_code 0 pawl schedule disable once
pawl get --schedule once --json | jq -rs 'map(.nominal[0:19] + "Z" | fromdate) | . as $t |
    [range(1; length) | $t[.] - $t[. - 1]] | max' >"$out"
[ "$(cat "$out")" -ge 3 ] || fail "all that was missed is made up for"
finish
