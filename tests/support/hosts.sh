#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hosts.sh - simulated SSH hosts on one Linux machine, for tests and measurements.
#
# Each host is a set of namespaces (net, pid, mount, uts, ipc and, where the
# kernel has them, time) with its own OpenSSH server as PID 1, its own host key,
# hostname, machine-id, boot id, uptime, and private writable directories.  The
# hosts hang off one bridge of this machine; there is no route from a host to
# anything but the bridge's subnet, and forwarding is not touched.
#
#   hosts.sh up N [PID]       make sure host1..hostN run (idempotent); with PID all
#                             goes down as soon as that process has ended, however
#   hosts.sh down             stop every host, remove bridge, keys and state
#   hosts.sh reboot WHO [S] [--power]
#                             kill everything in the host, new boot id, start it
#                             again after S seconds (default 1); waits until it
#                             listens.  --power: cut the link first, so that no
#                             FIN/RST leaves the host, as when power is lost
#   hosts.sh kill WHO         power loss without return;  start WHO: boot again
#   hosts.sh cut WHO          take the host's link down;  heal WHO: up again
#   hosts.sh freeze WHO       SIGSTOP all its processes;  thaw WHO: SIGCONT
#   hosts.sh rate WHO MBIT    limit what the host sends (0 = no limit)
#   hosts.sh loss WHO PERCENT drop packets at random, both ways, until the next boot
#                             of the host (0 = none)
#   hosts.sh fill-disk WHO    leave no room under /root (see PAWL_HOSTS_DISK)
#   hosts.sh free-disk WHO    give it back
#   hosts.sh rekey WHO        a new host key, which known_hosts does not have ...
#   hosts.sh trust WHO        ... until now
#   hosts.sh shell WHO PATH   root's login shell
#   hosts.sh sh WHO PATH      what /bin/sh is; WHO must not be logged in
#   hosts.sh sshd WHO LINE    put a line on top of the host's sshd_config ('' = none)
#   hosts.sh ssh-config       print an ssh_config: ssh -F FILE host1 hostname
#   hosts.sh list             one line a host: name address pid state boot-id
#   hosts.sh names            the names, one a line
#   hosts.sh cpu              CPU seconds all hosts together have used so far
#   hosts.sh mem              processes and memory of all hosts together
# WHO is a name, several with commas, or "all".
#
# Inside a host, `reboot [-f]` and `poweroff` work (reboot(2) in a PID namespace
# ends the namespace; the supervisor outside starts it again with a new boot id).
#
# What a host sees: / read-only; private and kept over a reboot: /root /home /srv
# /opt /mnt /var/tmp /var/log; a private overlay: /etc /usr/local /var/lib
# (where overlayfs works); private and emptied at boot, as Debian does: /tmp /run
# /dev/shm.  /proc/sys is read-only and /proc/sysrq-trigger is masked; the
# capabilities to set the clock, load modules, mount and so on are dropped.
# /dev itself is shared: do not write to block devices in a test.
#
# Settings (environment):
#   PAWL_HOSTS_DIR    state directory       (/tmp/pawl-hosts)
#   PAWL_HOSTS_NET    first two octets      (10.77) - another value and another
#                     state directory give a second, independent fleet
#   PAWL_HOSTS_SSHD   lines added to the top of sshd_config (first value wins)
#   PAWL_HOSTS_KEY    "own" host key per host (default) or one "shared" key
#   PAWL_HOSTS_DISK   size of each host's /root in MiB, as a file system of its own
#                     (a tmpfs that outlives reboots); default: this machine's disk
# Needs: root, bash, util-linux, iproute2, openssh-server, perl-base; nftables for loss.

set -u
export LC_ALL=C
SELF=$(readlink -f -- "$0")
S=${PAWL_HOSTS_DIR:-/tmp/pawl-hosts}
MARK=$S/.pawl-hosts             # only a directory with this file is ever removed
NET=${PAWL_HOSTS_NET:-10.77}
[ -r "$S/net" ] && read -r NET <"$S/net"
BR=pawl${NET#*.}                # the bridge, e.g. pawl77
VE=pw${NET#*.}h                 # the bridge's ends of the cables, e.g. pw77h12
GRP=$((7700 + ${NET#*.}))        # the cables' link group: all deleted in one call
GW=$NET.255.254                 # this machine's address on the bridge
GWMAC=02:70:61:77:ff:fe
KEEP="root home srv opt mnt var/tmp var/log"    # private, kept over reboots
OVER="etc usr/local var/lib"                    # private overlays
CG=                             # CPU accounting group, where there is one
for c in /sys/fs/cgroup/cpuacct /sys/fs/cgroup; do
  [ -w "$c/cgroup.procs" ] && { CG=$c/pawl-hosts-${NET#*.}; break; }
done

die() { echo "hosts.sh: $*" >&2; exit 1; }

# A pause without a fork: reading a pipe nobody writes to.
exec {NAP}<> <(:)
nap() { read -rt "$1" -u "$NAP" _ || :; }

num() { N=${1#host}; [[ $N =~ ^[1-9][0-9]*$ && -d $S/h/$1 ]] || die "no such host: $1"; }
addr() { ADDR=$NET.$((($1 - 1) / 250)).$((($1 - 1) % 250 + 1)); }
mac() { printf -v MAC '02:70:61:77:%02x:%02x' $(($1 / 256)) $(($1 % 256)); }

# expand WHO into the array WHO
who() {
  local n; WHO=()
  if [ "$1" = all ]; then names; else IFS=, read -ra WHO <<<"$1"; fi
  for n in "${WHO[@]}"; do num "$n"; done
}
names() {                       # sets WHO to every host, in order of number
  local i=1; WHO=()
  while [ -d "$S/h/host$i" ]; do WHO+=("host$i"); i=$((i + 1)); done
}

# The start time of a process, in STARTED: with it a pid names one process for good.
started() {
  local line; STARTED=
  { read -r line </proc/"$1"/stat; } 2>/dev/null || return 1
  set -- ${line##*) }; STARTED=${20}
}
# Is the host running?  Sets PID (of its PID 1, as seen from this machine).
alive() {
  local s; PID=
  { read -r PID s <"$S/h/$1/pid1"; } 2>/dev/null || return 1
  started "$PID" && [ "$STARTED" = "$s" ] || { PID=; return 1; }
}

lock() { exec 9>"$S/.lock"; flock 9; }
unlock() { exec 9>&-; }

# ---- files shared by all hosts ------------------------------------------------

shared() {
  mkdir -p "$S"/{h,shared/sbin} || die "cannot make $S"
  chmod 755 "$S" "$S/shared"
  : >>"$MARK"; : >>"$S/known_hosts"
  echo "$NET" >"$S/net"
  [ -s "$S/shared/id_ed25519" ] ||
    ssh-keygen -q -t ed25519 -N '' -C pawl-test -f "$S/shared/id_ed25519"
  [ -s "$S/shared/host_key" ] ||
    ssh-keygen -q -t ed25519 -N '' -C pawl-host -f "$S/shared/host_key"
  cp "$S/shared/id_ed25519.pub" "$S/shared/authorized_keys"
  # /run/pawl is "shared" and /run/host_key the host's own key, inside a host.
  printf '%s\n' 'Include /etc/pawl-sshd.conf' "${PAWL_HOSTS_SSHD:-# nothing added}" \
    'ListenAddress 0.0.0.0' 'Port 22' 'HostKey /run/host_key' \
    'PidFile /run/sshd.pid' 'AuthorizedKeysFile /run/pawl/authorized_keys .ssh/authorized_keys' \
    'StrictModes no' 'PermitRootLogin prohibit-password' \
    'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'UsePAM no' \
    'UseDNS no' 'PrintMotd no' 'PrintLastLog no' 'X11Forwarding no' \
    'MaxStartups 2000' 'MaxSessions 10' 'LoginGraceTime 60' \
    'AcceptEnv LANG LC_*' 'Subsystem sftp /usr/lib/openssh/sftp-server' \
    >"$S/shared/sshd_config"
  # Does this kernel have time namespaces?  Then uptime and btime are the host's.
  TIMENS=
  unshare --time --boottime -1 --fork true 2>/dev/null && TIMENS=yes
  # Does it have overlayfs here?
  OVERLAY=
  mkdir -p "$S/shared/o"/{l,u,w}
  unshare --mount mount -t overlay probe \
    -o "lowerdir=$S/shared/o/l,upperdir=$S/shared/o/u,workdir=$S/shared/o/w" /mnt 2>/dev/null && OVERLAY=yes
  rm -rf "$S/shared/o"

  # reboot and poweroff for the inside (first in PATH): reboot(2) through perl.
  local c m
  for c in reboot:0x1234567 poweroff:0x4321fedc halt:0x4321fedc; do
    m=${c#*:}
    printf '%s\n' '#!/usr/bin/perl' \
      '# reboot(2) ends this PID namespace, not the machine' \
      'use POSIX (); my $nr = (POSIX::uname())[4] eq "x86_64" ? 169 : 142;' \
      "syscall(\$nr, 0xfee1dead, 672274793, $m, 0); die \"reboot: \$!\\n\";" >"$S/shared/sbin/${c%:*}"
    chmod 755 "$S/shared/sbin/${c%:*}"
  done

  # The supervisor, one per host: a small shell that waits for the host's end.
  cat >"$S/shared/supervise" <<'EOF'
d=$1; name=$2; cg=$3; timens=$4; self=$5
[ -n "$cg" ] && echo $$ >"$cg/cgroup.procs"
set --
[ -n "$timens" ] && { read -r up rest </proc/uptime; set -- --time --boottime "-${up%.*}"; }
unshare --net --pid --mount --uts --ipc "$@" --fork --kill-child sh "$d/../../shared/init" "$d" "$name" 2>>"$d/log"
case $? in
  129) exec "$self" _again "$name" ;;   # reboot(2) inside: SIGHUP to PID 1
esac
EOF

  # PID 1 of a host, until it becomes sshd.
  cat >"$S/shared/init" <<'EOF'
d=$1; name=$2
exec 3<>"$d/go" 4<"$d/ip"
read -r pid rest </proc/self/stat       # /proc is still the machine's: the outer pid
echo "$pid" >"$d/pid"
: >"$d/ready"                           # the cable can be plugged in now
hostname "$name"
mount -t proc pawl /proc
mount -a -T "$d/fstab" || echo "init: some mounts failed" >&2
mount -o remount,bind,ro /
mkdir -p /run/sshd /run/lock
read -r x <&3; exec 3<&-                # wait for the cable
ip -batch - <&4; exec 4<&-
cd /
drop=-sys_time,-sys_module,-sys_rawio,-sys_admin,-mknod,-syslog
exec setpriv --bounding-set "$drop" --inh-caps=-all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /usr/sbin/sshd -D -e -f /run/pawl/sshd_config
EOF
}

# The host's own files (kept over reboots), for all names given.
furnish() {
  local n d k i dirs=() new=()
  for n; do
    d=$S/h/$n
    [ -e "$d/host_key" ] && continue
    new+=("$n")
    for k in run tmp $KEEP; do dirs+=("$d/fs/$k"); done
    for k in $OVER; do dirs+=("$d/up/$k" "$d/wk/$k"); done
  done
  [ ${#new[@]} = 0 ] && return
  printf '%s\0' "${dirs[@]}" | xargs -0 mkdir -p
  for n in "${new[@]}"; do
    [ -n "${PAWL_HOSTS_DISK:-}" ] && mount -t tmpfs -o "size=${PAWL_HOSTS_DISK}m" pawldisk "$S/h/$n/fs/root"
    : >"$S/h/$n/up/etc/pawl-sshd.conf"
    chmod 700 "$S/h/$n/fs/root"; chmod 1777 "$S/h/$n/fs/tmp" "$S/h/$n/fs/var/tmp"
  done
  if [ "${PAWL_HOSTS_KEY:-own}" = shared ]; then
    for n in "${new[@]}"; do cp "$S/shared/host_key" "$S/shared/host_key.pub" "$S/h/$n/"; done
  else
    printf '%s\n' "${new[@]}" | xargs -P 4 -I{} \
      ssh-keygen -q -t ed25519 -N '' -C {} -f "$S/h/{}/host_key"
  fi
  local type key rest id
  for n in "${new[@]}"; do
    d=$S/h/$n; i=${n#host}; addr "$i"; mac "$i"
    mkfifo "$d/go"; : >"$d/fs/var/log/lastlog"; : >"$d/fs/var/log/wtmp"
    read -r type key rest <"$d/host_key.pub"
    echo "$n,$ADDR $type $key" >>"$S/known_hosts"
    echo "$n" >"$d/up/etc/hostname"
    printf '127.0.0.1 localhost\n%s %s\n' "$ADDR" "$n" >"$d/up/etc/hosts"
    read -r id </proc/sys/kernel/random/uuid
    echo "${id//-/}" >"$d/up/etc/machine-id"
    # the network inside: a fixed neighbour entry saves ARP and its limits
    printf '%s\n' 'link set lo up' "addr add $ADDR/16 brd + dev eth0" 'link set eth0 addrgenmode none up' \
      "neigh replace $GW lladdr $GWMAC dev eth0 nud permanent" >"$d/ip"
    { # the mounts inside; /tmp last, since this directory may be under it
      for k in $OVER; do
        if [ -n "$OVERLAY" ]; then
          echo "pawl /$k overlay lowerdir=/$k,upperdir=$d/up/$k,workdir=$d/wk/$k 0 0"
        fi
      done
      [ -n "$OVERLAY" ] || echo "$d/up/etc/hosts /etc/hosts none bind 0 0"
      echo "pawlsys /sys sysfs ro 0 0"
      echo "/proc/sys /proc/sys none bind,ro 0 0"
      [ -e /proc/sysrq-trigger ] && echo "/dev/null /proc/sysrq-trigger none bind 0 0"
      echo "$d/boot_id /proc/sys/kernel/random/boot_id none bind 0 0"
      echo "pawlpts /dev/pts devpts newinstance,ptmxmode=0666,mode=620,gid=5 0 0"
      echo "pawlshm /dev/shm tmpfs mode=1777 0 0"
      echo "$S/shared/sbin /usr/local/sbin none bind,ro 0 0"
      for k in $KEEP; do echo "$d/fs/$k /$k none bind 0 0"; done
      echo "$d/fs/run /run none bind 0 0"
      echo "$S/shared /run/pawl none bind,ro 0 0"
      echo "$d/host_key /run/host_key none bind,ro 0 0"
      echo "$d/fs/tmp /tmp none bind 0 0"
    } >"$d/fstab"
  done
}

# ---- booting and stopping -----------------------------------------------------

ours() {                        # is the bridge?
  local alias=
  { read -r alias <"/sys/class/net/$BR/ifalias"; } 2>/dev/null
  [ "$alias" = "pawl-hosts $S" ]
}
bridge() {
  ours && return
  [ -e "/sys/class/net/$BR" ] && die "interface $BR exists and is not ours"
  [ -z "$(ip -4 route show root "$NET.0.0/16"; ip -4 route show match "$NET.0.0/16" | grep -v ^default)" ] ||
    die "$NET.0.0/16 is in use on this machine: set PAWL_HOSTS_NET"
  ip -batch - <<EOF || die "cannot make the bridge"
link add $BR address $GWMAC type bridge stp_state 0 forward_delay 0 mcast_snooping 0
link set $BR addrgenmode none
link set $BR alias "pawl-hosts $S"
addr add $GW/16 brd + dev $BR
link set $BR up
EOF
}

# Boot the hosts named: start them all, plug all cables in one go, let them run.
boot() {
  local n d t=0 todo=() links='' fdb='' id who=$*
  for n; do alive "$n" || todo+=("$n"); done
  [ ${#todo[@]} = 0 ] && return
  [ -n "$CG" ] && { mkdir -p "$CG" 2>/dev/null || CG=; }
  # as Debian does at boot: /tmp and /run start empty
  local old=()
  for n in "${todo[@]}"; do
    d=$S/h/$n
    [ -e "$d/booted" ] && old+=("$n"); : >"$d/booted"
  done
  for n in "${old[@]}"; do find "$S/h/$n/fs/run" "$S/h/$n/fs/tmp" -mindepth 1 -xdev -delete 2>/dev/null; done
  for n in "${todo[@]}"; do
    d=$S/h/$n
    mkdir_run "$d"
    read -r id </proc/sys/kernel/random/uuid; echo "$id" >"$d/boot_id"
    { [ -e "$d/ready" ] || [ -e "$d/pid1" ]; } && rm -f "$d/ready" "$d/pid1"
    PAWL_HOSTS_DIR=$S setsid sh "$S/shared/supervise" "$d" "$n" "$CG" "$TIMENS" "$SELF" \
      </dev/null >>"$d/log" 2>&1 9>&- {NAP}<&- &
  done
  for n in "${todo[@]}"; do
    d=$S/h/$n; mac "${n#host}"
    until [ -e "$d/ready" ]; do nap 0.005; t=$((t + 1)); [ $t -gt 12000 ] && die "$n does not start: $(tail -3 "$d/log")"; done
    read -r PID <"$d/pid"; started "$PID" || die "$n ended at once: $(tail -3 "$d/log")"
    echo "$PID $STARTED" >"$d/pid1"
    [ -e "/sys/class/net/$VE${n#host}" ] && links+="link del $VE${n#host}"$'\n'
    links+="link add $VE${n#host} type veth peer name eth0 address $MAC netns $PID"$'\n'
    links+="link set $VE${n#host} addrgenmode none group $GRP master $BR"$'\n'
    [ -e "$d/cut" ] || links+="link set $VE${n#host} up"$'\n'
    addr "${n#host}"
    links+="neigh replace $ADDR lladdr $MAC dev $BR nud permanent"$'\n'
    fdb+="fdb replace $MAC dev $VE${n#host} master static"$'\n'
    fdb+="link set dev $VE${n#host} flood off mcast_flood off"$'\n'
  done
  # Fixed forwarding entries: no learning, no flooding of 500 ports, no ageing.
  ip -batch - <<<"${links%$'\n'}" && bridge -batch - <<<"${fdb%$'\n'}" || die "cannot plug the cables"
  for n in "${todo[@]}"; do echo go 1<>"$S/h/$n/go"; done
  t=0
  for n in "${todo[@]}"; do
    until [ -s "$S/h/$n/fs/run/sshd.pid" ]; do
      nap 0.005; t=$((t + 1))
      [ $t -gt 12000 ] && die "$n: no sshd: $(tail -3 "$S/h/$n/log")"
      alive "$n" || die "$n ended: $(tail -3 "$S/h/$n/log")"
    done
  done
}
# The mount points that the fstab wants inside the emptied /run.
mkdir_run() { [ -d "$1/fs/run/pawl" ] || { mkdir "$1/fs/run/pawl"; : >"$1/fs/run/host_key"; }; }

# Kill every process of the hosts named (killing PID 1 of a PID namespace ends
# all of it) and wait until they are gone.
halt() {
  local n pids=()
  for n; do alive "$n" && { kill -CONT "$PID"; kill -KILL "$PID"; pids+=("$PID"); }; done 2>/dev/null
  for n in "${pids[@]}"; do while [ -e "/proc/$n" ]; do nap 0.005; done; done
}
unplug() {
  local n cmd=''
  for n; do [ -e "/sys/class/net/$VE${n#host}" ] && cmd+="link del $VE${n#host}"$'\n'; done
  [ -n "$cmd" ] && ip -force -batch - <<<"${cmd%$'\n'}" 2>/dev/null
}
probe() {                       # what "shared" found out, for a later boot
  TIMENS=; OVERLAY=
  [ -r "$S/probe" ] && read -r TIMENS OVERLAY <"$S/probe"
  TIMENS=${TIMENS#-}; OVERLAY=${OVERLAY#-}
}
need_up() { [ -e "$MARK" ] || die "no hosts (run: hosts.sh up N)"; }

links() {                       # links up|down NAME...
  local what=$1 n cmd=''; shift
  for n; do cmd+="link set $VE${n#host} $what"$'\n'; done
  ip -batch - <<<"${cmd%$'\n'}"
}

# Run a command with the host's files.
within() {
  alive "$1" || die "$1 is not running"
  nsenter -t "$PID" -m -- "${@:2}"
}

# Its sshd reads its files again; those who are logged in stay.
again() {
  local t=0 file=$S/h/$1/fs/run/sshd.pid
  alive "$1" || return
  rm -f "$file"; kill -HUP "$PID"
  until [ -s "$file" ]; do nap 0.01; t=$((t + 1)); [ $t -gt 3000 ] && die "$1: sshd does not come back"; done
  return 0
}

trust() {
  local type key rest
  read -r type key rest <"$S/h/$1/host_key.pub"
  addr "${1#host}"
  sed -i "/^$1,/d" "$S/known_hosts"
  echo "$1,$ADDR $type $key" >>"$S/known_hosts"
}

# Packets are dropped where they arrive, as on a bad cable: whoever sent them knows nothing.
lossy() {                       # NAME PERCENT; both ends of its cable
  local end=$VE${1#host} rule="numgen random mod 100 < $2 drop" chain='type filter hook ingress device'
  alive "$1" || die "$1 is not running"
  nft delete chain netdev "$BR" "$1" 2>/dev/null
  nsenter -t "$PID" -n nft delete table netdev pawl 2>/dev/null
  [ "$2" = 0 ] && return
  [ "$2" = 100 ] && rule=drop
  nft -f - <<<"table netdev $BR { chain $1 { $chain \"$end\" priority 0; $rule; }; }" &&
    nsenter -t "$PID" -n nft -f - <<<"table netdev pawl { chain in { $chain \"eth0\" priority 0; $rule; }; }" ||
    die "no nft (or no numgen in this kernel)"
}

# Ends the fleet when the process has ended that it was made for.
guard() {
  started "$1" && local birth=$STARTED || local birth=gone
  setsid bash "$SELF" _guard "$1" "$birth" </dev/null >/dev/null 2>&1 9>&- {NAP}<&- &
}

# Every process of a host, found by its PID namespace.
inside() {
  local p
  alive "$1" || return
  for p in /proc/[0-9]*; do [ "$p/ns/pid" -ef "/proc/$PID/ns/pid" ] && echo "${p#/proc/}"; done 2>/dev/null
}

config() {
  names
  echo "# written by hosts.sh; use: ssh -F THIS_FILE host1 hostname"
  local n
  for n in "${WHO[@]}"; do addr "${n#host}"; printf 'Host %s\n  HostName %s\n' "$n" "$ADDR"; done
  cat <<EOF
Host host*
  User root
  IdentityFile "$S/shared/id_ed25519"
  IdentitiesOnly yes
  UserKnownHostsFile "$S/known_hosts"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  CheckHostIP no
  UpdateHostKeys no
  BatchMode yes
  PreferredAuthentications publickey
  HostKeyAlgorithms ssh-ed25519
  KexAlgorithms curve25519-sha256
  ConnectTimeout 10
  LogLevel ERROR
EOF
}

# ---- commands -----------------------------------------------------------------

cmd=${1:-}; shift
case $cmd in
up | down | reboot | kill | start | cut | heal | freeze | thaw | rate | loss | fill-disk | \
  free-disk | rekey | shell | sh | sshd | _again)
  [ "$(id -u)" = 0 ] || die "needs root" ;;
esac
case $cmd in
up)
  [[ ${1:-} =~ ^[1-9][0-9]*$ ]] && [ "$1" -le 1000 ] || die "usage: hosts.sh up N (at most 1000, the ports of a bridge)"
  for c in unshare setpriv ip bridge ssh-keygen setsid; do command -v $c >/dev/null || die "needs $c"; done
  [ -x /usr/sbin/sshd ] || die "needs openssh-server"
  [[ $S =~ [[:space:],:] ]] && die "no blanks, commas or colons in PAWL_HOSTS_DIR, please"
  [ -d "$S" ] && [ ! -e "$MARK" ] && [ -n "$(ls -A "$S")" ] && die "$S is not empty and not ours"
  mkdir -p "$S"; : >>"$MARK"; lock
  if [ ! -e "$S/probe" ]; then
    shared; echo "${TIMENS:--} ${OVERLAY:--}" >"$S/probe"
    awk '/^MemAvailable/{print $2}' /proc/meminfo >"$S/memfree"
  fi
  probe; bridge
  want=(); for ((i = 1; i <= $1; i++)); do want+=("host$i"); done
  furnish "${want[@]}"
  boot "${want[@]}"
  config >"$S/ssh_config"
  [ -z "${2:-}" ] || guard "$2"
  ;;
down)
  need_up
  lock; names
  halt "${WHO[@]}"
  for n in "${WHO[@]}"; do mountpoint -q "$S/h/$n/fs/root" && umount "$S/h/$n/fs/root"; done
  if ours; then                 # else the network is another fleet's
    nft delete table netdev "$BR" 2>/dev/null
    ip link del group $GRP 2>/dev/null
    ip link del "$BR"
  fi
  [ -n "$CG" ] && [ -d "$CG" ] && for ((i = 0; i < 100; i++)); do rmdir "$CG" 2>/dev/null && break; nap 0.02; done
  rm -rf --one-file-system "$S"
  ;;
reboot)
  need_up; who "${1:?WHO}"; delay=1 power=
  for a in "${@:2}"; do case $a in --power) power=1 ;; *) delay=$a ;; esac; done
  [ -n "$power" ] && links down "${WHO[@]}"
  halt "${WHO[@]}"; unplug "${WHO[@]}"
  nap "$delay"; lock; probe; boot "${WHO[@]}"
  ;;
_again)                         # reboot(2) was called inside
  need_up; num "$1"; unplug "$1"
  nap "${PAWL_HOSTS_DELAY:-1}"
  [ -e "$MARK" ] || exit 0; lock; [ -e "$MARK" ] || exit 0; probe; boot "$1"
  ;;
kill) need_up; who "${1:?WHO}"; links down "${WHO[@]}"; halt "${WHO[@]}"; unplug "${WHO[@]}" ;;
start) need_up; who "${1:?WHO}"; lock; probe; boot "${WHO[@]}" ;;
cut) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do : >"$S/h/$n/cut"; done; links down "${WHO[@]}" ;;
heal) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do rm -f "$S/h/$n/cut"; done; links up "${WHO[@]}" ;;
freeze) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do kill -STOP $(inside "$n"); done ;;
thaw) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do kill -CONT $(inside "$n"); done ;;
rate)
  need_up; who "${1:?WHO}"
  for n in "${WHO[@]}"; do
    alive "$n" || die "$n is not running"
    nsenter -t "$PID" -n tc qdisc del dev eth0 root 2>/dev/null
    [ "${2:?MBIT}" = 0 ] || nsenter -t "$PID" -n tc qdisc add dev eth0 root tbf rate "$2mbit" burst 64k latency 50ms ||
      die "no tc (or no tbf in this kernel)"
  done
  ;;
loss)
  need_up; who "${1:?WHO}"
  [[ ${2:-} =~ ^[0-9]+$ ]] && [ "$2" -le 100 ] || die "usage: hosts.sh loss WHO PERCENT"
  for n in "${WHO[@]}"; do lossy "$n" "$2"; done
  ;;
fill-disk)
  need_up; who "${1:?WHO}"
  for n in "${WHO[@]}"; do
    mountpoint -q "$S/h/$n/fs/root" || die "set PAWL_HOSTS_DISK before up: $n shares this machine's disk"
    cat /dev/zero >"$S/h/$n/fs/root/.fill" 2>/dev/null || :
  done
  ;;
free-disk) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do rm -f "$S/h/$n/fs/root/.fill"; done ;;
rekey)
  need_up; who "${1:?WHO}"
  for n in "${WHO[@]}"; do
    d=$S/h/$n
    rm -f "$d/new_key" "$d/new_key.pub"
    ssh-keygen -q -t ed25519 -N '' -C "$n" -f "$d/new_key" || die "no new key for $n"
    cat "$d/new_key" >"$d/host_key"     # in place: it is mounted inside
    mv "$d/new_key.pub" "$d/host_key.pub"
    again "$n"
  done
  ;;
trust) need_up; who "${1:?WHO}"; for n in "${WHO[@]}"; do trust "$n"; done ;;
shell)
  need_up; who "${1:?WHO}"
  [ -x "${2:?PATH}" ] || die "no such program: $2"
  for n in "${WHO[@]}"; do within "$n" sed -i "s|^\(root:.*:\)[^:]*$|\1$2|" /etc/passwd; done
  ;;
sh)
  need_up; who "${1:?WHO}"
  [ -x "${2:?PATH}" ] || die "no such program: $2"
  own=$(readlink -f /bin/sh)
  for n in "${WHO[@]}"; do
    sed -i "\| $own none bind|d" "$S/h/$n/fstab"
    within "$n" umount "$own" 2>/dev/null
    [ "$(readlink -f "$2")" = "$own" ] && continue
    echo "$(readlink -f "$2") $own none bind 0 0" >>"$S/h/$n/fstab"
    within "$n" mount --bind "$(readlink -f "$2")" "$own" || die "$n: cannot change /bin/sh"
  done
  ;;
sshd)
  need_up; who "${1:?WHO}"
  for n in "${WHO[@]}"; do
    printf '%s\n' "${2-}" | within "$n" tee /etc/pawl-sshd.conf >/dev/null
    again "$n"
  done
  ;;
_guard)                         # PID BIRTH
  while started "$1" && [ "$STARTED" = "$2" ] && [ -e "$MARK" ]; do nap 1; done
  [ -e "$MARK" ] && exec "$SELF" down
  ;;
ssh-config) need_up; config ;;
names) need_up; names; printf '%s\n' "${WHO[@]}" ;;
list)
  need_up; names
  for n in "${WHO[@]}"; do
    addr "${n#host}"; st=down; id=-
    if alive "$n"; then st=up; [ -e "$S/h/$n/cut" ] && st=cut; read -r id <"$S/h/$n/boot_id"; fi
    printf '%-8s %-14s %-7s %-5s %s\n' "$n" "$ADDR" "${PID:--}" $st "$id"
  done
  ;;
cpu)
  need_up
  if [ -r "$CG/cpuacct.usage" ]; then awk '{printf "%.6f\n", $1 / 1e9}' "$CG/cpuacct.usage"
  elif [ -r "$CG/cpu.stat" ]; then awk '/^usage_usec/{printf "%.6f\n", $2 / 1e6}' "$CG/cpu.stat"
  else # what PID 1 of each host used, with its finished children
    names
    for n in "${WHO[@]}"; do alive "$n" && cat "/proc/$PID/stat"; done |
      awk -v hz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); t += $12 + $13 + $14 + $15} END {printf "%.2f\n", t / hz}'
  fi
  ;;
mem)
  need_up; names
  pids=$(if [ -n "$CG" ] && [ -r "$CG/cgroup.procs" ]; then cat "$CG/cgroup.procs"; else for n in "${WHO[@]}"; do inside "$n"; done; fi)
  for p in $pids; do cat "/proc/$p/smaps_rollup" 2>/dev/null; done |
    awk -v hosts=${#WHO[@]} -v before="$(cat "$S/memfree")" \
      -v now="$(awk '/^MemAvailable/{print $2}' /proc/meminfo)" \
      '/^Rss/{n++; r += $2} /^Pss:/{p += $2} END {
        printf "hosts %d, processes %d, RSS %.1f MiB, PSS %.1f MiB (%.2f MiB a host); MemAvailable fell by %.1f MiB (%.2f a host)\n",
          hosts, n, r / 1024, p / 1024, p / 1024 / hosts, (before - now) / 1024, (before - now) / 1024 / hosts}'
  ;;
*)
  awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$SELF"
  [ -z "$cmd" ] || [ "$cmd" = help ] || exit 2
  ;;
esac
