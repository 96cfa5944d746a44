#!/bin/sh
# SPDX-License-Identifier: MIT
# hosts.sh: Pawl on many hosts, beside ansible, mitogen, clush, pdsh, pssh and plain ssh.
#
#   tests/bench/hosts.sh [N [PART...]]
#
# Makes N hosts (128; tests/support/hosts.sh, so it needs root) on this machine and prints,
# for each PART (hostname steps output warm_step idle; crowd is all N at once, for N of
# 500), medians of interleaved runs, the same hosts for all. What is not installed is
# said, and left out (tests/support/packages.sh bench installs it). Nothing is asserted. The
# hosts share this machine's processors: ratios say more than seconds.
#
#   PAWL          a binary to measure (default: a release built below build/bench)
#   PAWL_WITHOUT  packages whose programs to leave out: ansible-core,ansible-mitogen are the slow ones
#   PAWL_RUNS     runs of each (5)
#   PAWL_WORK     a directory on the disk that is meant (default: below build/bench)
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
hosts=${1:-128}
[ $# -eq 0 ] || shift

if [ -z "${PAWL:-}" ]; then
    cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
    cmake --build build/bench --target pawl >/dev/null
    PAWL=$root/build/bench/engine/pawl
fi
work=${PAWL_WORK:-$root/build/bench}/hosts.$$
export PAWL_HOSTS_DIR="$work/disk/fleet" PAWL_HOSTS_NET="10.$((120 + $$ % 120))"
mkdir -p "$work/disk"
clean() {
    "$root/tests/support/hosts.sh" down || :
    ! mountpoint -q "$work/disk" || umount "$work/disk"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

# The hosts' disks are ext4 as Debian makes it. Without a journal, as this machine's own may be,
# ext4 leaves the inodes of deleted files alone for a minute or more, and looks at each of
# them whenever it makes a file: the more that was run before, the slower.
truncate -s 16G "$work/image"
mkfs.ext4 -q -F "$work/image"
mount -o loop "$work/image" "$work/disk"

"$root/tests/support/hosts.sh" up "$hosts" $$
"$root/tests/support/hosts.sh" ssh-config >"$work/ssh_config"
python3 -B "$root/tests/bench/hosts/bench.py" --pawl "$PAWL" --work "$work" --fleet "$PAWL_HOSTS_DIR" \
    --cable "pw${PAWL_HOSTS_NET#*.}h" --hosts "$hosts" --runs "${PAWL_RUNS:-5}" "$@"
