#!/bin/sh
# SPDX-License-Identifier: MIT
# The cable is pulled for longer than ssh waits: the command goes on, nothing it wrote
# is lost or doubled, what was asked meanwhile is done when the host is back.
. "${0%/*}/lib.sh"
fleet 2

pawl invoke -d --hosts host1,host2 --name cut -c '
    echo cut >>/root/oracle
    i=0; while [ $i -lt 250 ]; do i=$((i + 1)); echo $i; sleep 0.2; done' >/dev/null
pawl invoke -d --hosts host2 --name killed -c 'echo killed >>/root/oracle; sleep 1000; echo never' >/dev/null
try has_counted host1 cut && try has_counted host2 cut && try has_counted host2 killed ||
    fail "the commands do not begin"
hosts cut host2
try sh -c "'$PAWL' get cut 2>&1 | grep -q 'host2 cannot be used'" || fail "nobody tells that host2 is gone"
expect_code 0 pawl wait "$(field cut id):host2" --for Disconnected --timeout 60
same "the part that is there" "$(child cut host1 state) $(state cut)" "Running Running"
# Stopped now; the command is killed when its host answers again.
expect_code 0 pawl stop killed --force
said "away: host2: what runs there is killed as soon as the host can be reached"
become killed Stopped
pid=$(on host2 pgrep -f 'sleep 1000')
[ -n "$pid" ] || fail "the command is not there any more"
hosts heal host2
expect_code 0 pawl wait cut --force --check --timeout 120
for h in host1 host2; do
    pawl receive cut --all --host $h >"$work/got"
    seq 1 250 | cmp -s - "$work/got" || fail "the output of $h is not exact: $(tail -c 200 "$work/got")"
    same "attempts on $h" "$(counted $h cut)" 1
done
gone() { ! on host2 pgrep -f 'sleep 1000' >/dev/null; }
try gone || fail "the order to kill was not carried out"
spool_is_empty() { [ -z "$(on host2 find /root/.local/state/pawl/spool -name cmd)" ]; }
try spool_is_empty || fail "something is left in the spool"

finish
