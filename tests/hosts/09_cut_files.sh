#!/bin/sh
# SPDX-License-Identifier: MIT
# host:put and host:get in the middle of a file: neither the engine's death, nor a cut
# cable, nor a host's reboot, nor a stop leaves half a file, or a part of one, behind.
here=$(cd "${0%/*}" && pwd)
. "$here/lib.sh"

# An ssh that is as slow as a bad line, both ways, as long as the file `slow` is there.
cat >"$work/ssh" <<'PERL'
#!/usr/bin/perl
sub filter { # FROM TO: a child that passes bytes on
    return if fork;
    open STDERR, '>', '/dev/null';
    my ($from, $to) = @_;
    close $_ for grep { fileno($_) != fileno($from) && fileno($_) != fileno($to) } *STDIN, *STDOUT, *R, *W, *O, *P;
    while (my $n = sysread($from, my $bytes, 65536)) {
        syswrite($to, $bytes) or last;
        select(undef, undef, undef, 0.02);
    }
    exit;
}
if (-e "$ENV{SLOW_SSH}/slow") {
    pipe(R, W); pipe(O, P);
    filter(*STDIN, *W); filter(*O, *STDOUT);
    close W; close O;
    open STDIN, '<&', R; open STDOUT, '>&', P;
    close R; close P;
}
exec 'ssh', @ARGV;
PERL
chmod +x "$work/ssh"
PAWL_SSH=$work/ssh SLOW_SSH=$work
export PAWL_SSH SLOW_SSH

fleet 4
cd "$work" || exit 1
. "$here/files.sh"
make_files

: >slow
has_part() { [ -n "$(parts_on "$1")" ]; }
has_no_part() { [ -z "$(parts_on "$1")" ]; }
has_part_here() { [ -n "$(find "$work/there" -name '.pawl-*' -size +100k 2>/dev/null)" ]; }
# under_way NAME HOSTS TEXT: runs a workflow until its file is on the way to the first host.
under_way() {
    printf 'workflow {}\n%s\n' "$3" >"$1.lua"
    pawl run -d "$1.lua" --hosts "$2" --name "$1" >/dev/null
    try has_part "${2%,*}" || fail "$1: nothing is on its way"
}
is_whole() {
    expect_code 0 pawl wait "$1" --force --check --timeout 200
    same "$1: all of it" "$(sum_on "$2" "$3")" "$(sum_here big)"
    same "$1: what it says" "$(pawl receive "$1" --all --stream output)" "true	10485760"
    same "$1: no part is left" "$(parts_on "$2")" ""
}

# The engine is killed: the transfer goes on, and is not begun again.
under_way killed host1 'local r = hosts[1]:put("big", "/srv/killed") print(r.changed, r.bytes)'
for i in 1 2 3; do
    engine_kill
    pawl status >/dev/null
done
is_whole killed host1 /srv/killed
same "killed: attempts" "$(pawl history killed --json | jq -s length)" 1
printf 'workflow {}\nlocal r = hosts[1]:get("/srv/killed", "there/killed") print(r.changed, r.bytes)\n' >back.lua
pawl run -d back.lua --hosts host1 --name back >/dev/null
try has_part_here || fail "nothing is on its way here"
engine_kill
expect_code 0 pawl wait back --force --check --timeout 100
same "back: what it says" "$(pawl receive back --all --stream output)" "true	10485760"
cmp big there/killed && [ "$(ls -A there)" = killed ] && ok "exact, and nothing beside it" || fail "there: $(ls -lA there)"

# The cable is pulled for longer than ssh waits; a host loses its power.
under_way cut host2,host3 'parallel {
  function() local r = hosts[1]:put("big", "/srv/cut") print(r.changed, r.bytes) end,
  function() hosts[2]:put("big", "/srv/rebooted") hosts[2]:get("/srv/rebooted", "rebooted") end }'
hosts cut host2
try has_part host3 || fail "nothing is on its way to host3"
hosts reboot host3 1
tells() { pawl receive "$1" --all --host "$2" --stream error 2>&1 | grep -q 'trying again'; }
try tells cut host2 && ok "it tells what it waits for" || fail "nobody tells what cut waits for"
expect_code 0 pawl wait "$(child cut host2 id)" --for Disconnected --timeout 60
hosts heal host2
is_whole cut host2 /srv/cut
cmp big rebooted && ok "rebooted: all of it" || fail "rebooted: it differs"
same "rebooted: no part is left" "$(parts_on host3)" ""

# Stopped, or out of time: nothing of it stays.
under_way stopped host1 'hosts[1]:put("big", "/srv/stopped")'
expect_code 0 pawl stop stopped
become stopped Stopped
try has_no_part host1 && ok "stopped: no part is left" || fail "stopped: $(parts_on host1)"
under_way late host1 'hosts[1]:put("big", "/srv/late", { timeout = 1 })'
become late Failed
pawl get late >"$out" && printed "timed out after 1 s"
try has_no_part host1 && ok "late: no part is left" || fail "late: $(parts_on host1)"
on host1 ls /srv | grep -qx -e stopped -e late && fail "half a file" || ok "and no file"
rm slow

# A host key that is not the one we know is for a person to look at, at once.
printf 'workflow {}\nhosts[1]:run "true" wait_signal "go" hosts[1]:put("big", "/srv/rekeyed")\n' >rekeyed.lua
pawl run -d rekeyed.lua --hosts host4 --name rekeyed >/dev/null
waits_for_go() { pawl history rekeyed | grep -q signal; }
try waits_for_go || fail "rekeyed does not begin"
hosts rekey host4
expect_code 0 pawl signal rekeyed go
become rekeyed Failed
pawl get rekeyed >"$out" && printed "Host key verification failed"

finish
