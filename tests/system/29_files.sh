#!/bin/sh
# SPDX-License-Identifier: MIT
# The limit of open files: an engine raises its own as far as links need it, and nobody
# whom it starts begins with the raised one (programs that use select() cannot bear it).
# Under a hard limit with room for few links, hosts wait for each other and nothing fails.
# Hosts are this machine, by a program in ssh's place. The umask is given back likewise.
. "${0%/*}/lib.sh"

cat >"$work/ssh" <<'EOF2'
#!/bin/sh
while [ "$1" != -- ]; do shift; done
mkdir -p "$HOSTS/$2"
cd "$HOSTS/$2" || exit 255
echo "$(ulimit -S -n) $(ulimit -H -n)" >"$HOSTS/$2/limits"
HOME=$PWD exec /bin/sh
EOF2
chmod +x "$work/ssh"
PAWL_SSH=$work/ssh HOSTS=$work/hosts
export PAWL_SSH HOSTS

# under SOFT HARD COMMAND...: where these limits hold.
under() { sh -c 'ulimit -S -n "$1" && ulimit -H -n "$2" || exit 99; shift 2; exec "$@"' under "$@"; }

limits() { awk '/^Max open files/ { print $4, $5 }' "/proc/$1/limits"; }

hard=$(ulimit -H -n)
case $hard in unlimited) hard=1048576 ;; esac
[ "$hard" -ge 8192 ] || skip "the hard limit of open files, $hard, is too low to be tried"

expect_code 0 under 700 8192 "$PAWL" daemon
same "the engine's own" "$(limits "$(engine_pid)")" "8192 8192"
start mine 'ulimit -S -n; ulimit -H -n'
become mine Completed
received mine "700
8192"
expect_code 0 pawl invoke --hosts web1 -c 'ulimit -S -n; ulimit -H -n'
printed "700"
same "ssh has the old one" "$(cat "$work/hosts/web1/limits")" "700 8192"
grep -q 'open files' "$PAWL_HOME/engine.log" && fail "it warns without a reason"
expect_code 0 pawl daemon --stop
expect_code 0 under 700 8192 env -u PAWL_SSH PAWL_SSH_CONFIG=/dev/null "$PAWL" doctor
[ ! -s "$err" ] || fail "doctor warns without a reason: $(cat "$err")"

# 300 files: eleven links at a time, and all the hosts have their turn.
expect_code 0 under 300 300 env -u PAWL_SSH PAWL_SSH_CONFIG=/dev/null "$PAWL" doctor
said "300 open files are allowed here, which is enough for 11 hosts at a time; others wait"
said "raise the hard limit to 4352"
expect_code 0 under 300 300 env -u PAWL_SSH PAWL_SSH_CONFIG=/dev/null "$PAWL" doctor --json
same "the same for programs" "$(jq -r .limits "$out" | cut -c1-14)" "300 open files"
expect_code 0 under 300 300 "$PAWL" daemon
grep -q '300 open files are allowed here' "$PAWL_HOME/engine.log" || fail "the log does not warn"
expect_code 0 pawl invoke --hosts 'h[01-30]' --name many -c 'ulimit -S -n'
same "all had their turn" "$(grep -c '^h[0-9]*: 300$' "$out")" 30
grep -i 'too many open files' "$PAWL_HOME/engine.log" && fail "there were not enough files"
expect_code 0 pawl daemon --stop

expect_code 0 sh -c 'umask 027 && exec "$1" daemon' sh "$PAWL"
start mask umask
become mask Completed
received mask 0027
same "nobody reads the engine's own" "$(stat -c %a "$PAWL_HOME/store/data.mdb")" 600

finish
