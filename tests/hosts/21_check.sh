#!/bin/sh
# SPDX-License-Identifier: MIT
# pawl hosts --check: hosts are connected to through the engine, each is told as it
# answers, and those that cannot be used tell why in ssh's words; a host that says nothing
# holds up nobody else.
. "${0%/*}/lib.sh"
fleet 5

row() { jq -c "select(.host == \"$1\") | $2" "$out"; }

# Warm and cold, this machine too.
expect_code 0 pawl hosts --check 'host1,localhost' --json
same "all have answered" "$(jq -r 'select(.reached) | .host' "$out" | sort | tr '\n' ' ')" "host1 localhost "
same "who is logged in" "$(row host1 '"\(.user) \(.uid) \(.shell)"')" '"root 0 sh"'
same "the kernel" "$(row host1 .kernel)" "\"$(uname -sr)\""
same "the boot" "$(row host1 .boot_id | cut -c2-37)" "$(on host1 cat /proc/sys/kernel/random/boot_id)"
same "nothing is in the spool" "$(row host1 '"\(.attempts) \(.running) \(.orders)"')" '"0 0 0"'
spool=$(row host1 .spool | tr -d '"')
on host1 sh -c "test -p '$spool'/fifo.*" && ok "its spool" || fail "there is no spool $spool"
free=$(on host1 df -Pk "$spool" | awk 'END { print $4 }')
told=$(($(row host1 .free_bytes) / 1024))
[ $told -gt $((free / 2)) ] && [ $told -lt $((free * 2)) ] && ok "its free space" || fail "$told KiB free, not $free"

# Attempts and orders.
pawl invoke -d --hosts host1 --name long -- sh -c 'echo long >>/root/oracle; sleep 1000' >/dev/null
try has_counted host1 long || fail "the command does not begin"
expect_code 0 pawl hosts --check host1 --json
same "an attempt that runs" "$(row host1 '"\(.attempts) \(.running)"')" '"1 1"'

# What is wrong with each, and who is well is told at once.
hosts rekey host2
hosts kill host3
hosts freeze host4
on host5 sh -c 'mkdir -p /root/.local/state && rm -rf /root/.local/state/pawl && touch /root/.local/state/pawl'
(pawl hosts --check 'host[1-5]' --timeout 4s --json >"$work/rows" 2>"$work/said"; echo $? >"$work/code") &
try grep -q '"host1".*"reached":true' "$work/rows" || fail "host1 is not told"
[ ! -e "$work/code" ] && ok "host1 is told before the others" || fail "all were told together"
wait
same "not all are well" "$(cat "$work/code")" 1
cp "$work/rows" "$out"
same "a line for each" "$(jq -r .host "$out" | sort | tr '\n' ' ')" "host1 host2 host3 host4 host5 "
has "$work/said" "pawl: 4 of 5 hosts cannot be used"
printed "Host key verification failed."
row host3 .reason | grep -q 'No route to host\|within 4.0s' && ok "nobody is there" || fail "host3: $(row host3 .reason)"
row host4 .reason | grep -q 'the login did not end within 4.0s' && ok "a host that says nothing" || fail "host4: $(row host4 .reason)"
row host5 .reason | grep -q 'cannot make the spool' && ok "an unfit spool" || fail "host5: $(row host5 .reason)"
same "nothing is known of them" "$(row host2 '"\(.user) \(.attempts) \(.free_bytes)"')" '"null null null"'
hosts thaw host4
hosts start host3
hosts trust host2
on host5 rm /root/.local/state/pawl

# The table, and names alone.
expect_code 0 pawl hosts --check 'host[1-5]'
same "a head line and a row each" "$(wc -l <"$out")" 6
head -1 "$out" | grep -q '^Name *User *Kernel *Shell *Free *Attempts *Orders *Boot *Spool$' || fail "the head line: $(head -1 "$out")"
grep '^host1' "$out" | grep -q '1, 1 run' || fail "host1: $(grep host1 "$out")"
expect_code 0 pawl hosts --check 'host[1-2]' -q
same "names" "$(sort "$out" | tr '\n' ' ')" "host1 host2 "

# A link that was up and is cut: what it says now counts.
hosts cut host1
expect_code 0 pawl stop long --force
expect_code 1 pawl hosts --check host1 --timeout 3s
printed "connected, but it did not answer within 3.0s"
hosts heal host1
gone() { ! on host1 pgrep -f 'sleep 1000' >/dev/null; }
try gone || fail "the order to kill was not carried out"
try sh -c "'$PAWL' hosts --check host1 --json | jq -e '.orders == 0 and .attempts == 0'" >/dev/null ||
    fail "an order is left: $("$PAWL" hosts --check host1 --json)"

expect_code 2 pawl hosts --check host1 --groups
said "--check is for hosts"
expect_code 2 pawl hosts --check host1 --timeout never
expect_code 2 pawl hosts --check -- -oProxyCommand=x
expect_code 0 pawl daemon --stop
expect_code 0 pawl hosts host1
expect_code 5 pawl status

finish
