#!/bin/sh
# SPDX-License-Identifier: MIT
# image.sh DIR: makes, once, what run.sh boots: DIR/disk.img (Debian with systemd and sshd,
# ext4, no partitions), DIR/vmlinuz, DIR/initrd, and the keys of both sides. Needs root, debootstrap,
# e2fsprogs and a Debian mirror; no loop devices. About five minutes and 600 MB.
#
#   PAWL_VM_SUITE (bookworm)   PAWL_VM_MIRROR (http://deb.debian.org/debian)
set -eu
dir=$1
suite=${PAWL_VM_SUITE:-bookworm}
mirror=${PAWL_VM_MIRROR:-http://deb.debian.org/debian}
[ ! -e "$dir/disk.img" ] || exit 0
command -v debootstrap >/dev/null || { echo "image.sh: debootstrap is not installed" >&2; exit 1; }
mkdir -p "$dir"
root=$dir/root
rm -rf "$root"

PATH=$PATH:/usr/sbin:/sbin
debootstrap --variant=minbase \
    --include=systemd-sysv,linux-image-cloud-amd64,openssh-server,iproute2,procps,udev,zstd \
    "$suite" "$root" "$mirror" >"$dir/debootstrap.log" 2>&1 ||
    { tail -5 "$dir/debootstrap.log" >&2; exit 1; }

# Only what this machine's disk and network need: the emulated processor unpacks it at each boot.
sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u >>"$dir/debootstrap.log" 2>&1

# A machine that is only ever reached by one key, and has nothing to do but that.
echo pawl-vm >"$root/etc/hostname"
echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/10-all.network"
chroot "$root" systemctl enable systemd-networkd >>"$dir/debootstrap.log" 2>&1
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    fstrim.timer systemd-networkd-wait-online.service >>"$dir/debootstrap.log" 2>&1
echo 'UseDNS no' >"$root/etc/ssh/sshd_config.d/pawl.conf"
for key in id host_key; do
    rm -f "$dir/$key"
    ssh-keygen -q -t ed25519 -N '' -C pawl-vm -f "$dir/$key"
done
rm -f "$root"/etc/ssh/ssh_host_*
cp "$dir/host_key" "$root/etc/ssh/ssh_host_ed25519_key"
cp "$dir/host_key.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
mkdir -p -m 700 "$root/root/.ssh"
cp "$dir/id.pub" "$root/root/.ssh/authorized_keys"

cp "$root"/boot/vmlinuz-* "$dir/vmlinuz"
cp "$root"/boot/initrd.img-* "$dir/initrd"
rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc
rm -f "$dir/disk.part"
mke2fs -q -t ext4 -d "$root" "$dir/disk.part" 2G
rm -rf "$root"
mv "$dir/disk.part" "$dir/disk.img"
