#!/bin/sh
# SPDX-License-Identifier: MIT
# The workflows that come with Pawl, on real hosts whose service, dpkg and apt-get are stubs
# that count: restart stops at a canary that is not well, upgrade reboots who asks for it and
# nobody else, collect fetches once, and what changed.
. "${0%/*}/lib.sh"
fleet 3

# stub HOST NAME: standard input is the program, found before any other of that name.
stub() {
    on "$1" sh -c "cat >/usr/local/bin/$2 && chmod 755 /usr/local/bin/$2"
}
for h in host1 host2 host3; do
    stub $h service <<'EOF'
#!/bin/sh
echo "$1 $2" >>/root/oracle
[ "$2" = restart ] && { touch "/root/up.$1"; exit 0; }
[ -e "/root/up.$1" ] && [ ! -e /root/ill ]
EOF
    stub $h apt-get <<'EOF'
#!/bin/sh
for last; do :; done
echo "apt-get $last" >>/root/oracle
EOF
    stub $h dpkg <<'EOF'
#!/bin/sh
exit 0
EOF
    on $h touch /root/oracle
done

# ---- restart
expect_code 0 pawl run restart --hosts 'host[1-3]' "service=my app" batches=1,100%
printed "my app restarted on 3 of 3 hosts"
for h in host1 host2 host3; do
    same "restarts of $h" "$(counted $h 'my app restart')" 1
done
on host1 touch /root/ill
expect_code 1 pawl run restart --hosts 'host[1-3]' service=web within=2s
said "host1"
same "the canary was restarted" "$(counted host1 'web restart')" 1
same "nobody else was" "$(counted host2 'web restart') $(counted host3 'web restart')" "0 0"
expect_code 2 pawl run restart --hosts host1
said "service"

# ---- upgrade
boot() { "$hosts_sh" list | awk -v h="$1" '$1 == h { print $5 }'; }
old1=$(boot host1) old2=$(boot host2)
on host1 touch /run/reboot-required
expect_code 0 pawl run upgrade --hosts host1,host2 batches=2 --name up
for h in host1 host2; do
    same "upgrades of $h" "$(counted $h 'apt-get upgrade')" 1
done
[ "$(boot host1)" != "$old1" ] && ok "host1 asked for a reboot" || fail "host1 was not rebooted"
same "host2 did not" "$(boot host2)" "$old2"
same "what it tells" "$(pawl receive up --all --json | jq -c 'select(.value) | [.value.host, .value.rebooted]' | sort)" \
    '["host1",true]
["host2",false]'

# ---- collect
on host2 sh -c 'echo two >/srv/only-here'
expect_code 0 pawl run collect --hosts 'host[1-3]' into="$work/in" files=/etc/hostname,/srv/only-here missing=skip facts=true --name c1
same "the files" "$(cd "$work/in" && cat host1/etc/hostname host2/etc/hostname host3/etc/hostname host2/srv/only-here)" "host1
host2
host3
two"
[ ! -e "$work/in/host1/srv/only-here" ] && ok "no file of one that has none" || fail "host1/srv/only-here is there"
same "facts" "$(jq -r .name "$work/in/host3/facts.json")" host3
expect_code 0 pawl run collect --hosts 'host[1-3]' into="$work/in" files=/etc/hostname --name c2
same "nothing is fetched twice" "$(pawl receive c2 --all --json | jq -c 'select(.value) | [.value.fetched, .value.unchanged]' | sort -u)" "[0,1]"
expect_code 1 pawl run collect --hosts host1 into="$work/in" files=/srv/only-here
expect_code 1 pawl run collect --hosts host1 into="$work/in" files=/../etc/hostname
said "has no place below"

finish
