#!/bin/sh
# SPDX-License-Identifier: MIT
# Those who come too late. Two links are made half dead with a start on its way, one by
# freezing its ssh, one by dropping the packets of its connection alone; the engine dies,
# another brings new links up and the job is stopped; then what was on its way arrives.
# On two other hosts the runner is frozen between the claim and the start: one attempt is
# given up by the next link, one by suspend --force and its successor.
. "${0%/*}/lib.sh"
fleet 4

expect_code 0 pawl invoke --hosts host1,host2 true

# ---- links
ssh1=$(link_of host1) ssh2=$(link_of host2)
port=$(ss -tnpH | grep "pid=$ssh2," | awk '{ print $4 }')
port=${port##*:}
drop() {
    on host2 nft -f - <<EOF2
table netdev late { chain in { type filter hook ingress device "eth0" priority 0; tcp sport $port drop; }; }
EOF2
}
kill -STOP "$ssh1" || fail "no link to host1"
drop || fail "cannot drop the packets of port '$port'"
pawl invoke -d --hosts host1,host2 --name late -c 'echo late >>/root/oracle' >/dev/null
intended() { pawl history late --json | jq -s 'map(select(.host != null)) | length == 2' | grep -q true; }
try intended || fail "the steps are not sent"
sleep 0.3 # into the pipe
engine_kill
expect_code 0 pawl stop late
become late Stopped
kill -CONT "$ssh1"
on host2 nft delete table netdev late
gone() { ! kill -0 "$1" 2>/dev/null; }
try gone "$ssh1" && try gone "$ssh2" || fail "the old connections are still there"
expect_code 0 pawl invoke --hosts host1,host2 true
for h in host1 host2; do same "what came too late on $h" "$(counted $h late)" 0; done

# ---- starters
# The runner is frozen; its reader claims the attempts, and nobody begins them. Whoever takes
# over ends the frozen one, gives the claims up, and only the next attempts run.
expect_code 0 pawl invoke --hosts host3,host4 true
freeze() {
    on "$1" sh -c 'cd /root/.local/state/pawl/spool/*/* && IFS=. && set -- $(ls -t runner.*) && kill -STOP "$3"'
}
claimed() { [ -n "$(on "$1" find /root/.local/state/pawl/spool -name '*.spec')" ]; }
for h in host3 host4; do freeze $h || fail "no runner to freeze on $h"; done
cat >"$work/starters.lua" <<'LUA'
workflow { about = "steps whose starter is frozen" }
hosts:each(function(h) h:run 'echo "attempt $PAWL_ATTEMPT" >>/root/oracle' end)
LUA
pawl run -d "$work/starters.lua" --hosts host3 --name abandoned >/dev/null
pawl run -d "$work/starters.lua" --hosts host4 --name superseded >/dev/null
for h in host3 host4; do try claimed $h || fail "nothing is claimed on $h"; done
engine_kill
expect_code 0 pawl suspend superseded --force
expect_code 0 pawl wait abandoned --check --timeout 60
become superseded Suspended
expect_code 0 pawl resume superseded
expect_code 0 pawl wait superseded --check --timeout 60
for h in host3 host4; do same "who ran on $h" "$(oracle $h)" "attempt 2"; done
spool_is_empty() { [ -z "$(on "$1" find /root/.local/state/pawl/spool -name '*.spec')" ]; }
for h in host3 host4; do try spool_is_empty $h || fail "something is left in the spool of $h"; done

finish
