#!/bin/sh
# SPDX-License-Identifier: MIT
# wait_port, wait_until, wait_up, facts and `reach` on real hosts, each with another
# /bin/sh: a port that opens later, one that never does, a host that reboots, one that is
# not there, one that refuses us, and an engine that is killed while it waits.
. "${0%/*}/lib.sh"
fleet 4
hosts sh host2 /usr/bin/bash
hosts sh host3 /usr/bin/mksh
hosts sh host4 /usr/bin/busybox

# What opens opens when it is told to, not after a time: nothing here is judged by a clock.
cat >"$work/listen.py" <<'PY'
import socket, sys, time, os
while not os.path.exists(sys.argv[3]): time.sleep(0.05)
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(5)
time.sleep(600)
PY
for h in host1 host2 host3 host4; do
    on $h tee /root/listen.py <"$work/listen.py" >/dev/null
    on $h sh -c 'for a in "127.0.0.1 7001 /root/one" "::1 7002 /root/two" ":: 7003 /root/two"; do
        setsid python3 /root/listen.py $a </dev/null >/dev/null 2>&1 & done'
done

cat >"$work/waits.lua" <<'LUA'
workflow { about = "waits for ports, commands and functions" }
hosts:each(function(h)
  h:run "echo waits >>/root/oracle"
  h:wait_port(7001, { every = "200ms" })
  h:run "echo 7001 >>/root/oracle"
  h:wait_port { 7001, address = "127.0.0.1" }
  h:wait_port(7002, { address = "::1", every = "200ms" })
  h:wait_port(7003, { address = "127.0.0.1" }) -- of any address
  h:wait_port(22, { address = h:facts().addresses.ipv4[1] })
  local r = h:wait_port(7002, { address = "127.0.0.1", timeout = "1s", on_error = "continue" })
  assert(r.kind == "timeout" and r.err == "nothing accepts connections on TCP port 7002 of 127.0.0.1\n", r.err)
  assert(r.message:find("on " .. h.name .. " failed: timed out after 1 s: nothing accepts", 1, true), r.message)
  h:run "echo ports >>/root/oracle"
  r = h:wait_until { "echo \"try $A\"; test -e /root/three", every = "200ms", env = { A = "it" } }
  assert(r.out == "try it\n", r.out)
  r = h:wait_until { "echo first; echo last words >&2; cd /; exit 3", timeout = "1s", every = "100ms", on_error = "continue" }
  assert(r.kind == "timeout" and r.err == "first\nlast words\n", r.err)
  assert(h:wait_until { "echo ${BASH_VERSION:+yes}", shell = "bash" }.out == "yes\n")
  local seen = 0
  assert(h:wait_until(function(it)
    seen = seen + 1
    return it:run("echo asked >>/root/oracle; test -e /root/four; echo $?").out == "0\n" and seen
  end, { every = "200ms" }) >= 1)
end)
LUA
pawl run -d "$work/waits.lua" --hosts 'host[1-4]' --name w >/dev/null
for h in host1 host2 host3 host4; do
    try has_counted $h waits || fail "nothing begins on $h"
    on $h touch /root/one
    try has_counted $h 7001 || fail "the port of $h is not seen"
    engine_kill # what waits on the host goes on
    pawl get -q >/dev/null
    on $h touch /root/two /root/three
    try has_counted $h ports || fail "not all ports of $h are seen"
    try has_counted $h asked || fail "the function is not asked for $h"
    on $h touch /root/four
done
expect_code 0 pawl wait w --force --check --timeout 100

# Facts, under each shell; and by what busybox and a system without os-release have.
cat >"$work/facts.lua" <<'LUA'
workflow { about = "what the hosts are" }
hosts:each(function(h)
  local f = h:facts()
  local id = h:run { "cat /proc/sys/kernel/random/boot_id /etc/machine-id", quiet = true }:lines()
  assert(f.name == h.name and f.os == "Linux" and f.kernel and f.arch, json.encode(f))
  assert(f.boot_id == id[1] and f.machine_id == id[2], json.encode(f))
  assert(f.user == "root" and f.uid == 0 and f.home == "/root", json.encode(f))
  assert(f.cpus >= 1 and f.memory_bytes > 1000000 and f.uptime_s >= 0 and f.disk_free_bytes > 0, json.encode(f))
  assert(#f.addresses.ipv4 == 1 and f.addresses.ipv4[1]:find "^10%.", json.encode(f))
  assert(f.package_manager == "apt" and f.reboot_required == (h.name == "host4"), json.encode(f))
  assert(f.init == "sshd", json.encode(f)) -- process 1 of such a host
  if h.name == "host3" then
    assert(f.distro == nil and f.fqdn == "host3.example.org", json.encode(f))
  else
    assert(f.distro.id == "debian" and f.fqdn == nil, json.encode(f))
  end
  assert(h:facts { as = "nobody" }.user == "nobody")
end)
LUA
on host3 sh -c 'rm /etc/os-release; mount --bind /dev/null /usr/lib/os-release; echo "10.1.1.1 other host3.example.org host3" >>/etc/hosts'
on host4 touch /run/reboot-required
expect_code 0 pawl run "$work/facts.lua" --hosts 'host[1-4]'
# Nothing but busybox, and nothing else in PATH.
on host4 sh -c 'mkdir /opt/bin && busybox --install -s /opt/bin'
cat >"$work/bare.lua" <<'LUA'
local h = host("host4"):with { env = { PATH = "/opt/bin" } }
local f = assert(h:facts { name = "bare" })
assert(f.name == "host4" and f.cpus and f.memory_bytes and f.disk_free_bytes and f.uid == 0, json.encode(f))
assert(f.distro.id == "debian" and not f.package_manager and #f.addresses.ipv4 == 1, json.encode(f))
h:wait_port(7001)
h:wait_until("true")
LUA
expect_code 0 pawl run "$work/bare.lua"

# A host that reboots is waited for, one that is not there only so long.
cat >"$work/up.lua" <<'LUA'
workflow { about = "waits for a host to be up" }
local h = host "host1"
h:run "echo before >>/root/oracle"
wait_signal "down"
h:wait_up { timeout = "5m" }
h:run "echo after >>/root/oracle"
LUA
pawl run -d "$work/up.lua" --name up >/dev/null
try has_counted host1 before || fail "it does not begin"
hosts kill host1
pawl signal up down
engine_kill
pawl get -q >/dev/null
hosts start host1
expect_code 0 pawl wait up --force --check --timeout 120
same "it went on" "$(counted host1 after)" 1

# One that goes while its link still looks ready, for half a minute: its time is kept.
cat >"$work/goes.lua" <<'LUA'
local h = host "host4"
h:run "true"
wait_signal "cut"
print(pcall(h.wait_up, h, { timeout = "4s" }))
LUA
pawl run -d "$work/goes.lua" --name goes >/dev/null
waits_for_cut() { pawl history goes | grep -q signal; }
try waits_for_cut || fail "it does not begin"
hosts cut host4
pawl signal goes cut
expect_code 0 pawl wait goes --check --timeout 15
same "a host that goes" "$(pawl receive goes --all --stream output)" \
    "false	step \"wait_up\" (goes.lua:4) on host4 failed: unreachable: not reached within 4 s"

hosts kill host2
cat >"$work/gone.lua" <<'LUA'
local h = host "host2"
local r = h:run { "true", reach = "2s", on_error = "continue" }
print(r.kind, r.reason:match "^not reached within 2 s" ~= nil)
print(pcall(h.wait_up, h, { timeout = 1 }))
LUA
expect_code 0 pawl run "$work/gone.lua"
same "a host that is not there" "$(sed 's/1 s: .*/1 s/' "$out")" "unreachable	true
false	step \"wait_up\" (gone.lua:4) on host2 failed: unreachable: not reached within 1 s"

# One that refuses us is asked again, when a step has time for it; else it is a failure.
hosts rekey host3
expect_code 0 pawl daemon --stop
expect_code 1 pawl invoke --hosts host3 --name at-once true
echo 'host("host3"):run { "echo let in >>/root/oracle", reach = "5m" }' >"$work/refused.lua"
pawl run -d --name refused "$work/refused.lua" >/dev/null
try sh -c "'$PAWL' get refused 2>&1 | grep -q 'host3 cannot be used'" || fail "nobody tells that host3 refuses"
hosts trust host3
expect_code 0 pawl wait refused --force --check --timeout 120
same "it was let in" "$(counted host3 'let in')" 1

finish
