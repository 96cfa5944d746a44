#!/bin/sh
# SPDX-License-Identifier: MIT
# Hosts that are broken or mean: an sh that is none, utilities that fail, disks that
# are full, read-only or not there, a login that floods, output made to harm whoever reads
# it. Each is told in a plain sentence of its own, before a command began, or does no harm.
. "${0%/*}/lib.sh"
PAWL_HOSTS_DISK=128
export PAWL_HOSTS_DISK
fleet 6

# refuses HOST WORDS: a command is not begun there, and WORDS are the reason.
refuses() {
    expect_code 1 timeout 100 "$PAWL" invoke --hosts "$1" -c 'echo ran >>/srv/ran'
    said "$2"
    ! on "$1" test -e /srv/ran || fail "$1: the command was begun"
    # A link that is up knows nothing of what is broken next.
    l_link=$(link_of "$1") && kill -9 "$l_link"
    try has_no_link "$1" || fail "the link to $1 stays"
}
has_no_link() { ! link_of "$1" >/dev/null; }
# fake HOST NAME TEXT: a program of the host's own, before the real one in PATH.
fake() {
    on "$1" sh -c 'printf "%s\n" "#!/bin/sh" "$2" >"/usr/local/bin/$1" && chmod 755 "/usr/local/bin/$1"' fake "$2" "$3"
}
unfake() { on "$1" rm "/usr/local/bin/$2"; }

# ---- shells
# What is no shell at all is known at once. One of another kind reads and says nothing
# that we know: it is given up after a minute, and is looked at in the end.
hosts sh host1 /bin/true
refuses host1 "no POSIX shell answers there"
hosts sh host1 /bin/dash
for other in host5:/bin/csh host6:/usr/bin/fish; do
    [ -x "${other#*:}" ] || skip "there is no ${other#*:}"
    hosts sh "${other%:*}" "${other#*:}"
done
pawl invoke -d --hosts host5,host6 --name shells -c 'echo ran >>/srv/ran' >/dev/null

# ---- mkdir
if on host2 test -w /usr/local/bin; then
    fake host2 mkdir 'echo "mkdir: no" >&2; exit 1'
    refuses host2 "cannot make the spool: mkdir: no"
    fake host2 mkdir 'exit 0'
    refuses host2 "cannot enter the spool"
    unfake host2 mkdir
    # From here on the spool is there, and nobody asks for mkdir any more. rm is asked for what
    # is no more needed: a host where it fails keeps that, and does its work.
    expect_code 0 pawl invoke --hosts host2 true
    fake host2 mkdir 'exit 1'
    fake host2 rm 'echo "rm: no" >&2; exit 1'
    expect_code 0 pawl invoke --hosts host2 -c 'echo ran >>/srv/ran'
    expect_code 0 pawl invoke --hosts host2 -c 'echo ran >>/srv/ran'
    on host2 /bin/rm /usr/local/bin/mkdir /usr/local/bin/rm
    expect_code 0 pawl invoke --hosts host2 true
    same "what ran" "$(on host2 cat /srv/ran)" "ran
ran"
    # A setsid that cannot start anything has begun nothing, and says so.
    fake host2 setsid 'echo "setsid: no" >&2; exit 1'
    expect_code 1 pawl invoke --hosts host2 -c 'echo ran >>/srv/ran'
    said "setsid: no"
    unfake host2 setsid
    same "what ran" "$(on host2 cat /srv/ran)" "ran
ran"
else
    echo "no programs are faked: no overlayfs here"
fi

# ---- disks
hosts fill-disk host3
refuses host3 "(0 KiB free): "
hosts free-disk host3
on host3 mount -o remount,ro /root || fail "cannot make /root read-only"
refuses host3 "Read-only file system"
on host3 mount -o remount,rw /root
on host3 sed -i 's|:/root:|:/nowhere:|' /etc/passwd
refuses host3 "no home directory: '/nowhere' does not exist"
on host3 sed -i 's|:/nowhere:|:/root:|' /etc/passwd
on host3 mount -o remount,bind,noexec /tmp
expect_code 0 pawl invoke --hosts host3 -c 'echo fine'
printed fine

# ---- a flood at the login, on both streams, with what looks like our own words
on host4 sh -c 'cat >/root/.bashrc' <<'EOF2'
head -c 20000000 /dev/zero | tr '\0' 'y'
head -c 20000000 /dev/zero | tr '\0' 'z' >&2
printf '\nready 1 2 3 boot Linux sh\ndone x-1 0 0 0 0 0 0 0\n\033]0;title\007\n'
EOF2
expect_code 0 timeout 100 "$PAWL" invoke --hosts host4 -c 'echo fine'
same "after a flood" "$(cat "$out")" fine
on host4 rm /root/.bashrc

# ---- output: no answers of ours, no orders for a terminal or a shell
cat >"$work/nasty.sh" <<'EOF2'
printf 'title \033]0;gone\007 clear \033[2J\033[H nul \000 bad \377\376 half \303\n'
printf 'got x-1\ndone x-1 0 0 0 0 0 0 0\nkeys\nrefuse me\n'
printf '$(touch /srv/ran) `touch /srv/ran` ; touch /srv/ran\n'
EOF2
sh "$work/nasty.sh" >"$work/nasty"
expect_code 0 pawl invoke --hosts host4 --name nasty --file "$work/nasty.sh"
pawl receive nasty --all --host host4 >"$work/got"
cmp "$work/nasty" "$work/got" || fail "hostile output is not exact"
script -qec "'$PAWL' receive nasty --all" /dev/null >"$work/terminal" </dev/null
! grep -q "$(printf '\033\\]0')" "$work/terminal" || fail "a terminal is driven by a host"
on host4 test -e /srv/ran && fail "something was run that a host had printed"

# 100 MB on one line: all of it, and the engine does not keep it.
peak=0
rss() { awk '/^RssAnon/ { print $2 }' "/proc/$engine/status"; }
engine=$(engine_pid)
pawl invoke -d --hosts host2 --name line -c "head -c 100000000 /dev/zero | tr '\\0' x" >/dev/null
while ! is_state line Completed && ! is_state line Failed; do
    now=$(rss)
    [ "$now" -le $peak ] || peak=$now
done
expect_code 0 pawl wait line --check
same "100 MB on one line" "$(pawl receive line --all --host host2 | cksum)" \
    "$(head -c 100000000 /dev/zero | tr '\0' x | cksum)"
echo "the engine's own memory: $peak KiB at most"
[ $peak -gt 0 ] && [ $peak -lt 131072 ] || fail "the engine's memory: $peak KiB"

expect_code 1 pawl wait shells --force --check --timeout 200
for h in host5 host6; do
    echo "$h: $(child shells $h reason)"
    child shells $h reason | grep -q "unreachable: .*POSIX shell" || fail "no reason for $h"
    ! on $h test -e /srv/ran || fail "$h: the command was begun"
done

finish
