#!/bin/sh
# SPDX-License-Identifier: MIT
# The machine of the engine reboots: it lives in namespaces of its own, which are killed
# as a whole, and begins again there with another boot id and an uptime that starts anew.
# host1 reboots with it, host2 while there is no engine, host3 not at all. When the engine
# is started again, as at boot, the workflow goes on without a person: what was cut off
# runs again, what had ended does not, and a wait is over when it would have been.
. "${0%/*}/lib.sh"
fleet 3

boots=0
# A boot of the controller: its boot id, its processes, its clock since boot.
power_on() {
    boots=$((boots + 1))
    cat /proc/sys/kernel/random/uuid >"$work/boot_id.$boots"
    l_clock=''
    read -r l_up _ </proc/uptime
    unshare --time --boottime -1 --fork true 2>/dev/null && l_clock="--time --boottime -${l_up%.*}"
    # shellcheck disable=SC2086 # two words, or none
    unshare --mount --pid --fork --kill-child --mount-proc $l_clock sh -c '
        mount --bind "$1" /proc/sys/kernel/random/boot_id && exec "$2" daemon --foreground
    ' controller "$work/boot_id.$boots" "$PAWL" 2>>"$work/controller.log" &
    controller=$!
    try pawl status >/dev/null 2>&1 || fail "the controller does not come up"
}
power_off() {
    kill -9 "$controller"
    wait "$controller" 2>/dev/null
    try engine_is_gone || fail "the engine outlives its machine"
}
end_controller() { kill -9 "$controller" 2>/dev/null; }
end_more() {
    end_controller
    [ ! -d "$PAWL_HOSTS_DIR" ] || hosts down
}

cat >"$work/through.lua" <<LUA
workflow { about = "steps on three hosts and here, and a wait" }
hosts:each(function(h)
  h:run "echo first >>/root/oracle"
  h:run "echo long >>/root/oracle; until [ -e /root/go ]; do sleep 0.1; done"
  localhost:run("echo " .. h.name .. " >>$work/here; until [ -e $work/go ]; do sleep 0.1; done")
  sleep "2s"
  h:run "echo last >>/root/oracle"
end)
LUA
power_on
pawl run -d "$work/through.lua" --hosts 'host[1-3]' --name through >/dev/null
for h in host1 host2 host3; do try has_counted $h long || fail "$h does not begin"; done
power_off
hosts reboot host1,host2 0
on host1 touch /root/go
on host3 touch /root/go
power_on
try has_counted host1 long 2 || fail "host1's step does not run again"
try has_counted host2 long 2 || fail "host2's step does not run again"
same "host3's step goes on" "$(counted host3 long)" 1
here() { grep -c -x "$1" "$work/here" 2>/dev/null; }
is_here() { [ "$(here "$1")" = "$2" ]; }
try is_here host1 1 && try is_here host3 1 || fail "the steps here do not begin"

# Now in the middle of steps here, and a reboot of host2 at the same time.
power_off
hosts reboot host2 0 --power
power_on
try is_here host1 2 && try is_here host3 2 || fail "the steps here do not run again"
try has_counted host2 long 3 || fail "host2's step does not run a third time"
on host2 touch /root/go
touch "$work/go"
try is_here host2 1 || fail "host2's step here does not begin"

# And between steps: all of them sleep.
sleeps() { pawl history through --json | jq -s 'map(select(.kind == "sleep")) | length == 3' | grep -q true; }
try sleeps || fail "they do not sleep"
power_off
hosts reboot host3 0
power_on
expect_code 0 pawl wait through --force --check --timeout 120
same "steps of host1" "$(oracle host1 | tr '\n' ' ')" "first long long last "
same "steps of host2" "$(oracle host2 | tr '\n' ' ')" "first long long long last "
same "steps of host3" "$(oracle host3 | tr '\n' ' ')" "first long last "
same "steps here" "$(sort "$work/here" | tr '\n' ' ')" "host1 host1 host2 host3 host3 "
power_off

finish
