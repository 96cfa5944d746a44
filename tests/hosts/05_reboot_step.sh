#!/bin/sh
# SPDX-License-Identifier: MIT
# host:reboot() on real hosts: proved by the boot id and a login, also when the engine is
# killed meanwhile, when the power goes without a word, and when there is no reboot.
. "${0%/*}/lib.sh"
fleet 4

boot() { "$hosts_sh" list | awk -v h="$1" '$1 == h { print $5 }'; }

cat >"$work/reboot.lua" <<'LUA'
workflow { about = "steps around a reboot" }
hosts:each(function(h)
  h:run "echo before >>/root/oracle"
  local old = h:run { "cat /proc/sys/kernel/random/boot_id", quiet = true }:trim()
  local r = h:reboot { timeout = "2m", command = h.name == "host3" and "echo power >>/root/oracle; sleep 1000" or nil }
  local new = h:run { "cat /proc/sys/kernel/random/boot_id", quiet = true }:trim()
  h:run "echo after >>/root/oracle"
  print(h.name, r.ok, r.seconds > 0, old ~= new)
end)
LUA
for h in host1 host2 host3 host4; do boot $h; done | sort >"$work/old"
pawl run -d "$work/reboot.lua" --hosts 'host[1-4]' --name r >/dev/null
# host3's command would not do it: its power is cut, so that nothing of it says goodbye.
try has_counted host3 power || fail "the reboot of host3 does not begin"
engine_kill
hosts reboot host3 1 --power
pawl status >/dev/null
expect_code 0 pawl wait r --force --check --timeout 100
for h in host1 host2 host3 host4; do boot $h; done | sort >"$work/new"
same "hosts that have another boot" "$(comm -12 "$work/old" "$work/new" | wc -l)" 0
for h in host1 host2 host4; do
    same "steps of $h" "$(oracle $h | tr '\n' ' ')" "before after "
done
same "steps of host3" "$(oracle host3 | tr '\n' ' ')" "before power after "
same "what they saw" "$(pawl receive r --all --json | jq -r 'select(.stream == "output") | .data' | sort)" "$(
    for h in host1 host2 host3 host4; do printf '%s\ttrue\ttrue\ttrue\n\n' $h; done | sort)"

# No reboot, and no wait without end.
cat >"$work/none.lua" <<'LUA'
for _, h in ipairs(hosts) do
  local ok, e = pcall(function() h:reboot { command = "exit 3" } end)
  print(ok, e.kind, e.code)
  ok, e = pcall(function() h:reboot { command = "true", timeout = "1s" } end)
  print(ok, e.kind, e.message:match "has not rebooted")
end
LUA
expect_code 0 pawl run "$work/none.lua" --hosts host1
same "no reboot" "$(cat "$out")" "false	exit	3
false	timeout	has not rebooted"

# One that does not come back: its deadline is one, whether anybody answers or not.
cat >"$work/gone.lua" <<'LUA'
hosts:each(function(h) h:reboot { command = "echo gone >>/root/oracle; sleep 1000", timeout = "12s" } end)
LUA
pawl run -d "$work/gone.lua" --hosts host2 --name gone >/dev/null
try has_counted host2 gone || fail "the reboot of host2 does not begin"
hosts kill host2
expect_code 1 pawl wait gone --force --check --timeout 60
same "its reason" "$(child gone host2 reason | grep -c "has not rebooted\|did not come back")" 1

finish
