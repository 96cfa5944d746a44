#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples that are about hosts, on hosts: a rolling reboot that stops at a host which is
# not well, a dump that a cut and a reboot do not spoil, an approval between two batches.
. "${0%/*}/lib.sh"
examples=$(cd "${0%/*}/../../examples" && pwd)
fleet 3

boots() { "$hosts_sh" list | awk '{ print $5 }'; }

# ---- 06: all of them, a canary first; then a canary that is not well again
boots >"$work/before"
expect_code 0 pawl run "$examples/06_rolling_reboot.lua" --hosts 'host[1-3]' \
    drain='echo drained >>/root/oracle' check='echo checked >>/root/oracle' --name r6
printed "rebooted 3 of 3 hosts"
boots >"$work/after"
same "hosts with their old boot" "$(grep -c -x -F -f "$work/before" "$work/after")" 0
for h in host1 host2 host3; do
    same "what was done on $h" "$(oracle $h | tr '\n' ' ')" "drained checked "
done
expect_code 1 pawl run "$examples/06_rolling_reboot.lua" --hosts 'host[1-3]' \
    drain='echo again >>/root/oracle' check=false within=2s
same "behind a canary that is not well nobody is touched" "$(counted host1 again) $(counted host2 again)" "1 0"

# ---- 07: one host is cut off in the middle, the other reboots there
pawl run -d "$examples/07_long_backup.lua" --hosts host1,host2 into="$work/bk" \
    dump='echo dump >>/root/oracle; seq 1 20000; until [ -e /root/go ]; do sleep 0.2; done' --name r7 >/dev/null
try has_counted host1 dump && try has_counted host2 dump || fail "the dumps do not begin"
hosts cut host1
hosts reboot host2 1
on host2 touch /root/go
on host1 touch /root/go
hosts heal host1
expect_code 0 pawl wait r7 --force --check --timeout 120
for h in host1 host2; do
    seq 1 20000 | cmp -s - "$work/bk/$h.dump" || fail "the dump of $h is not whole"
done
same "dumps made" "$(counted host1 dump) $(counted host2 dump)" "1 2"
same "nothing stays there" "$(on host1 ls /root | grep -c dump-)$(on host2 ls /root | grep -c dump-)" 00

# ---- 08: no, then yes
echo v2 >"$work/app.conf"
on host1 sh -c 'echo v1 >/srv/app.conf'
pawl run -d "$examples/08_approval.lua" --hosts 'host[1-3]' file="$work/app.conf" to=/srv/app.conf --name no >/dev/null
become no Blocked
same "the canary has it" "$(on host1 cat /srv/app.conf)" v2
expect_code 0 pawl answer no no
become no Failed
same "the canary has the old one back" "$(on host1 cat /srv/app.conf)" v1
[ -z "$(on host2 ls /srv)" ] && ok "the others were not touched" || fail "host2 has something"
pawl run -d "$examples/08_approval.lua" --hosts 'host[1-3]' file="$work/app.conf" to=/srv/app.conf --name yes >/dev/null
become yes Blocked
engine_kill
expect_code 0 pawl answer yes yes
expect_code 0 pawl wait yes --check --timeout 60
for h in host1 host2 host3; do
    same "$h" "$(on $h cat /srv/app.conf)" v2
done

finish
