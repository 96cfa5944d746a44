#!/bin/sh
# SPDX-License-Identifier: MIT
# A host reboots in the middle of a step: what on_interrupt says is done, the step is
# counted as often as that means, and a step that had ended does not run again.
. "${0%/*}/lib.sh"
fleet 4

cat >"$work/policies.lua" <<'LUA'
workflow { about = "a long step under each policy" }
local policy = { host1 = "rerun", host2 = "fail", host3 = "suspend" }
hosts:each(function(h)
  h:run "echo first >>/root/oracle"
  local r = h:run { "echo long >>/root/oracle; echo begin; until [ -e /root/go ]; do sleep 0.1; done; echo end",
                    on_interrupt = policy[h.name] or function() return h:run("cat /root/mark").ok end }
  h:run "echo last >>/root/oracle"
end)
LUA
pawl run -d "$work/policies.lua" --hosts 'host[1-4]' --name p >/dev/null
for h in host1 host2 host3 host4; do
    try has_counted $h long || fail "the step on $h does not begin"
    on $h touch /root/mark
done
hosts reboot all 1
# Whatever runs again may end at once. host3's policy suspends the job: what has not begun
# by then begins when somebody resumes it.
for h in host1 host3; do on $h touch /root/go; done
become p Suspended
expect_code 0 pawl resume p
expect_code 1 pawl wait p --force --check --timeout 120
same "rerun" "$(oracle host1)" "first
long
long
last"
same "fail" "$(oracle host2)" "first
long"
same "suspend, then resume" "$(oracle host3)" "first
long
long
last"
same "a function that finds out" "$(oracle host4)" "first
long
last"
same "who failed" "$(pawl get p --children --json | jq -r 'select(.parent and .state == "Failed") | .host')" host2

finish
