#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: workflows on a real virtual machine that reboots: Debian with systemd, a kernel and
# a disk of its own, in QEMU. Not part of ctest: without KVM it takes some ten minutes.
#
#   PAWL=build/release/engine/pawl tests/vm/run.sh
#
#   PAWL_VM_DIR     where the image is kept, and made when it is not there (/var/tmp/pawl-vm)
#   PAWL_VM_ACCEL   of QEMU (tcg); kvm where there is one
#
# The machine's disk is a layer over the image, new in every run; its network is QEMU's own,
# with ssh forwarded from a port of 127.0.0.1. Every command that counts appends to an oracle
# on its disk, and flushes it: a machine that loses power loses what was not flushed.
#
# What breaks, in the middle of a step: the power (with the engine killed meanwhile), an
# orderly reboot by somebody else, the kernel's own. And host:reboot, which is a step itself.
. "${0%/*}/../system/lib.sh"
image=${PAWL_VM_DIR:-/var/tmp/pawl-vm}
for program in qemu-system-x86_64 qemu-img python3 ssh; do
    command -v $program >/dev/null || skip "$program is not installed (tests/support/packages.sh vm)"
done
[ -e "$image/disk.img" ] || echo "making the image in $image"
"${0%/*}/image.sh" "$image" || skip "there is no image"

began=$(date +%s)
say() { echo "[$(($(date +%s) - began)) s] $*"; }

# within SECONDS COMMAND...: until it succeeds.
within() {
    l_end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt $l_end ] || return 1
        sleep 1
    done
}

# ---- the machine
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/ssh_config" <<EOF2
Host vm
  HostName 127.0.0.1
  Port $port
  User root
  IdentityFile $image/id
  IdentitiesOnly yes
  HostKeyAlias vm
  UserKnownHostsFile $work/known_hosts
EOF2
echo "vm $(cut -d' ' -f1,2 "$image/host_key.pub")" >"$work/known_hosts"
PAWL_SSH_CONFIG=$work/ssh_config
export PAWL_SSH_CONFIG

qemu=
machine_up() {
    qemu-img create -q -f qcow2 -b "$image/disk.img" -F raw "$work/disk.qcow2" || return
    qemu-system-x86_64 -accel "${PAWL_VM_ACCEL:-tcg}" -m 512 -smp 1 -display none -no-user-config \
        -kernel "$image/vmlinuz" -initrd "$image/initrd" \
        -append "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet" \
        -drive "file=$work/disk.qcow2,if=virtio,cache=writeback" \
        -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$port-:22" \
        -serial "file:$work/console" -monitor "unix:$work/monitor,server=on,wait=off" &
    qemu=$!
}

end_more() {
    [ -z "$qemu" ] && return
    kill "$qemu" 2>/dev/null
    wait "$qemu" 2>/dev/null
}

# monitor COMMAND: tells QEMU.
monitor() {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def prompt():
    text = b""
    while not text.endswith(b"(qemu) "):
        more = s.recv(4096)
        if not more:
            sys.exit("the monitor ends")
        text += more
prompt()
s.sendall(sys.argv[2].encode() + b"\n")
prompt() # who hangs up sooner may not have been heard' "$work/monitor" "$1"
}

# vm COMMAND: by a login that Pawl has no part in. QEMU keeps a connection whose other end has
# rebooted.
vm() { ssh -F "$work/ssh_config" -o ConnectTimeout=20 -o ServerAliveInterval=10 vm "$@" 2>/dev/null </dev/null; }
answers() { vm true; }
boot_id() { vm cat /proc/sys/kernel/random/boot_id; }
is_another_boot() { l_boot=$(boot_id) && [ -n "$l_boot" ] && [ "$l_boot" != "$1" ]; }
oracle() { vm cat /root/oracle; }
has_line() { oracle | grep -qx "$1"; }

machine_up || fail "qemu does not start"
within 600 answers || { fail "the machine does not answer: $(tail -c 300 "$work/console")"; finish; }
say "the machine is up: $(vm uname -r), $(vm systemctl --version | head -n 1)"

# ---- in the middle of a step
cat >"$work/middle.lua" <<'EOF2'
workflow { about = "is in the middle of a long step when its host reboots" }
hosts:each(function(h)
  h:run "echo first >>/root/oracle; sync"
  local r = h:run { "echo long >>/root/oracle; sync; until [ -e /root/go ]; do sleep 1; done; echo by $(cat /proc/sys/kernel/random/boot_id)",
                    on_interrupt = "rerun" }
  h:run "echo last >>/root/oracle; sync"
end)
EOF2

# middle NAME WHAT BREAK...
middle() {
    l_name=$1
    say "$2, in the middle of a step"
    shift 2
    vm 'rm -f /root/go /root/oracle; sync'
    boot=$(boot_id)
    expect_code 0 pawl run -d "$work/middle.lua" --hosts vm --name "$l_name"
    within 120 has_line long || fail "$l_name: the step does not begin"
    "$@"
    within 600 is_another_boot "$boot" || fail "$l_name: the machine does not reboot"
    say "it is back"
    vm 'touch /root/go; sync'
    expect_code 0 pawl wait "$l_name" --force --check --timeout 600
    same "$l_name: what was done, and how often" "$(oracle | tr '\n' ' ')" "first long long last "
    same "$l_name: the boot that the step ended under" "$(pawl receive "$l_name" --all | tail -n 1)" "by $(boot_id)"
    say "done"
}

power() {
    monitor system_reset
    engine_kill
}

middle power "the power fails, and the engine is killed" power
middle orderly "somebody reboots it (systemctl reboot)" vm systemctl reboot
middle kernel "the kernel reboots at once" vm 'echo b >/proc/sysrq-trigger'

# ---- a step that reboots
cat >"$work/reboot.lua" <<'EOF2'
workflow { about = "reboots its hosts" }
hosts:each(function(h)
  h:run "echo before >>/root/oracle; sync; cat /proc/sys/kernel/random/boot_id"
  h:reboot { timeout = "10m" }
  h:run "echo after >>/root/oracle; sync; cat /proc/sys/kernel/random/boot_id"
end)
EOF2
say "host:reboot"
vm 'rm -f /root/oracle; sync'
expect_code 0 pawl run "$work/reboot.lua" --hosts vm --name reboot
same "what was done, and how often" "$(oracle | tr '\n' ' ')" "before after "
same "two boots" "$(pawl receive reboot --all | sort -u | wc -l)" 2
say "done"

left() { [ -z "$(vm find /root/.local/state/pawl/spool -name cmd)" ]; }
within 30 left || fail "something is left in the spool"
finish
