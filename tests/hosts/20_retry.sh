#!/bin/sh
# SPDX-License-Identifier: MIT
# pawl retry: hosts that failed, that let nobody in and that nothing was begun on are told
# apart, and run again of what the job was made of then; an unfinished job is refused.
. "${0%/*}/lib.sh"
fleet 4

# host1 fails, host2 shows another host key, host3 and host4 are never begun.
cat >"$work/patch.lua" <<'LUA'
workflow { params = { tag = "string" } }
hosts:each({ throttle = 1, max_failures = 1 }, function(h)
  h:run("echo " .. params.tag .. h.vars.site .. " >>/root/oracle; [ ! -e /root/bad ]")
end)
LUA
cat >"$work/hosts.ini" <<'INI'
[all]
host1
host2
host3
host4
[all:vars]
site=ber
INI
on host1 touch /root/bad
hosts rekey host2
expect_code 1 pawl run "$work/patch.lua" --hosts @all -i "$work/hosts.ini" --name patch --meta t=1 tag=first
said "2 of 4 hosts failed, the first: host1: "
same "told apart" "$(pawl get patch --children --json | jq -r 'select(.host) | "\(.host) \(.failure)"')" "host1 failed
host2 unreachable
host3 unreached
host4 unreached"
pawl get patch --children >"$out"
printed "Failed, unreachable"
printed "Stopped, never reached"
id=$(field patch id)

# What the files say now is of no interest.
echo 'fail "another text"' >"$work/patch.lua"
rm "$work/hosts.ini"
expect_code 1 pawl retry "$id" --unreachable
said "retrying 1 host: 1 unreachable"
on host1 rm /root/bad
hosts trust host2
expect_code 0 pawl retry "$id" --name again
said "retrying 4 hosts: 1 failed, 1 unreachable, 2 unreached"
same "in the old order" "$(field again location)" "host1,host2,host3,host4"
same "its meta" "$(field again meta.t)" 1
same "its command" "$(field again command)" "$(field "$id" command)"
for h in host1 host2 host3 host4; do
    same "the parameters and variables of $h" "$(oracle $h | tail -1)" firstber
done
expect_code 4 pawl retry again
said "there is nothing to retry"
expect_code 4 pawl retry again --unfinished

# Stopped hosts are asked for.
pawl invoke -d --hosts host1,host2 --name long -- sh -c 'echo long >>/root/oracle; sleep 1000' >/dev/null
try has_counted host1 long && try has_counted host2 long || fail "the commands do not begin"
expect_code 4 pawl retry long
said "is Running: only a finished job can be retried"
expect_code 0 pawl stop long --wait
expect_code 4 pawl retry long
said "no host of it is failed, unreachable, unreached"
expect_code 0 pawl retry -d long --unfinished
said "retrying 2 hosts: 2 stopped"
try has_counted host1 long 2 && try has_counted host2 long 2 || fail "they do not begin again"
pawl stop "*" --wait >/dev/null

finish
