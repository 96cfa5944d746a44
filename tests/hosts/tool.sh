#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hosts.sh itself: what it makes goes away again, by whatever end, and nobody else's with it.
set -eu
tool=$1
[ "$(id -u)" = 0 ] && [ -x /usr/sbin/sshd ] && command -v nft nsenter >/dev/null &&
    unshare --net --pid --mount --uts --ipc --fork true 2>/dev/null || exit 77
dir=$(mktemp -d)
net=10.$((240 + $$ % 15)) # lib.sh takes none of these

clear() {
    for name in a b; do fleet "$name" down 2>/dev/null || :; done
    rm -rf "$dir"
}
trap clear EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
fleet() { PAWL_HOSTS_DIR=$dir/$1 PAWL_HOSTS_NET=$net PAWL_HOSTS_DISK=${DISK:-} "$tool" "${@:2}"; }
answers() { ssh -F "$dir/$1/ssh_config" "$2" true; }
wait_gone() {
    for ((i = 0; i < 600; i++)); do [ -e "$1" ] || return 0; sleep 0.1; done
    fail "$1 is still there"
}

DISK=8 fleet a up 2
answers a host2 || fail "no answer from host2"

# A network that is taken is refused, and left alone.
fleet b up 1 2>/dev/null && fail "two fleets on one network"
fleet b down
answers a host2 || fail "the other fleet's end cut host2 off"

fleet a fill-disk host1
ssh -F "$dir/a/ssh_config" host1 'echo x >/root/x' 2>/dev/null && fail "the disk is not full"
ssh -F "$dir/a/ssh_config" host2 'echo x >/root/x' || fail "host2's disk is full, too"
fleet a free-disk host1
ssh -F "$dir/a/ssh_config" host1 'echo x >/root/x' || fail "the disk is still full"

fleet a loss host1 100
ssh -F "$dir/a/ssh_config" -o ConnectTimeout=1 host1 true 2>/dev/null && fail "nothing is lost"
fleet a loss host1 0
answers a host1 || fail "host1 is not back"
grep -q "$dir/a" /proc/mounts || fail "no disks are mounted"
fleet a down
[ ! -e "$dir/a" ] || fail "the state is still there"
[ ! -e "/sys/class/net/pawl${net#*.}" ] || fail "the bridge is still there"
grep "$dir/a" /proc/mounts && fail "something is still mounted"
nft list tables | grep "pawl${net#*.}" && fail "a table is still there"

# Whoever it was made for has ended without a word.
sleep 1000 &
fleet b up 1 $!
kill -9 $! && wait $! 2>/dev/null || :
wait_gone "$dir/b"
[ ! -e "/sys/class/net/pawl${net#*.}" ] || fail "the bridge of a dead test is still there"
