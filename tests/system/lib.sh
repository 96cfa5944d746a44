# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lib.sh: what every system test needs; each begins with `. "${0%/*}/lib.sh"` and
# ends with `finish`. $PAWL is the binary. The home is $work/home, and everything
# that the test starts carries it in its environment: so the end can tell what was
# left behind, and end it, each process by its number. A check that fails is said,
# the test goes on and exits 1; 77 says that it cannot run here. Functions keep their
# own variables in l_*: sh has no local ones.
set -u

: "${PAWL:?PAWL must name the pawl binary}"
command -v jq >/dev/null || {
    echo "skipped: jq is not installed"
    exit 77
}

work=$(mktemp -d "${TMPDIR:-/tmp}/pawl-system-XXXXXX") || exit 1
out=$work/out err=$work/err
failures=0 mounts='' finished=no
PAWL_HOME=$work/home
export PAWL_HOME
unset XDG_STATE_HOME PAWL_SPOOL PAWL_CRASH_POINT PAWL_BOOT_ID PAWL_FORCE_FILESYSTEM

pawl() { "$PAWL" "$@"; }

# ---- checks

ok() { echo "ok: $*"; }

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# same WHAT GOT WANTED
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: got '$2', wanted '$3'"; fi
}

# expect_code CODE COMMAND...: its output is in $out and $err afterwards. Whoever is
# refused is told why, in one of our own sentences.
expect_code() {
    l_want=$1
    shift
    "$@" >"$out" 2>"$err"
    l_got=$?
    if [ "$l_got" -ne "$l_want" ]; then
        fail "exit code $l_got, wanted $l_want: $*"
        head -c 500 "$err"
        return 0
    fi
    case $l_want in
    2 | 3 | 4 | 5 | 124)
        grep -q '^pawl: ' "$err" || fail "exit code $l_want without a word: $*" ;;
    esac
    ok "exit code $l_want: $*"
}

# said TEXT: the last expect_code's standard error has it. printed: its output.
said() { has "$err" "$1"; }
printed() { has "$out" "$1"; }

has() {
    if grep -qF -e "$2" "$1"; then
        ok "it says: $2"
    else
        fail "'$2' is missing in: $(head -c 500 "$1")"
    fi
}

# try COMMAND...: until it succeeds. Gives up after a minute, which no machine needs
# that is only busy.
try() {
    l_tries=1200
    until "$@"; do
        l_tries=$((l_tries - 1))
        [ $l_tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# ---- jobs

# start NAME TEXT [OPTION]...: a shell command, in the background.
start() {
    l_name=$1 l_text=$2
    shift 2
    pawl start -c "$l_text" --name "$l_name" "$@" >/dev/null || fail "cannot start $l_name"
}

# field JOB KEY
field() { pawl get "$1" --json | jq -r ".$2"; }
state() { field "$1" state; }
is_state() { [ "$(state "$1")" = "$2" ]; }
has_output() { [ -n "$(pawl receive "$1" --all 2>/dev/null)" ]; }

# become JOB STATE
become() {
    if try is_state "$1" "$2"; then
        ok "$1 is $2"
    else
        fail "$1 is $(state "$1"), wanted $2"
    fi
}

# gate NAME: shell text, for a command, that waits until the test says `open NAME`.
gate() { echo "until [ -e '$work/gate.$1' ]; do sleep 0.05; done"; }
open() { touch "$work/gate.$1"; }

# received JOB TEXT: everything it wrote, on both streams, from the start.
received() { same "the output of $1" "$(pawl receive "$1" --all 2>&1)" "$2"; }

# A job that must not notice what happens to others: it counts until it is told to
# end, and then everything it counted must be there, once, by one attempt.
bystander_start() {
    start bystander "i=0
        while [ ! -e '$work/gate.bystander' ]; do i=\$((i + 1)); echo \$i; sleep 0.05; done"
    try has_output bystander || fail "the bystander does not begin"
}

bystander_end() {
    open bystander
    expect_code 0 pawl wait bystander --force --check --timeout 60
    pawl receive bystander --all >"$work/counted"
    seq 1 "$(wc -l <"$work/counted")" | cmp -s - "$work/counted" ||
        fail "the bystander's numbers are not complete"
    same "attempts of the bystander" "$(pawl history bystander --json | jq -s length)" 1
}

engine_pid() { pawl status --json 2>/dev/null | jq .pid; }
engine_is_gone() { ! pawl status >/dev/null 2>&1; }

# Kills the engine as a power cut would, and waits until it is gone.
engine_kill() {
    kill -9 "$(engine_pid)"
    try engine_is_gone || fail "the engine survives SIGKILL"
}

# ---- disks

# mount_tmpfs DIRECTORY SIZE, or the test is skipped.
mount_tmpfs() {
    mkdir -p "$1"
    mount -t tmpfs -o "size=$2" pawl-system "$1" 2>/dev/null ||
        skip "mounting needs root, and a kernel that lets it"
    mounts="$1 $mounts"
}

# store_disk SIZE: from here on the store is on a small disk of its own, and the spool
# elsewhere. fill_disk takes all that is left of it, free_disk gives it back.
store_disk() {
    mount_tmpfs "$work/disk" "$1"
    PAWL_HOME=$work/disk/home
    PAWL_SPOOL=$work/spool
    export PAWL_SPOOL
    mkdir "$PAWL_SPOOL"
}

fill_disk() { head -c 100m /dev/zero >>"$work/disk/ballast" 2>/dev/null; }
free_disk() { rm "$work/disk/ballast"; }
disk_is_full() { pawl status --json | jq -e .disk_full >/dev/null; }
disk_has_space() { pawl status --json | jq -e '.disk_full | not' >/dev/null; }

# damage FILE PATTERN: changes the first byte of every match.
damage() {
    grep -abo "$2" "$1" | cut -d: -f1 | while read -r l_at; do
        printf 'X' | dd of="$1" bs=1 seek="$l_at" conv=notrunc status=none
    done
}

skip() {
    echo "skipped: $*"
    finished=yes
    exit 77
}

# ---- the end

# The numbers of processes whose environment or directory is below $work. Those that
# look are started with an empty environment, so as not to find each other.
ours() {
    # shellcheck disable=SC2016 # the inner shell expands its own
    env -i PATH="$PATH" sh -c '
        { grep -lsF "$1/" /proc/[0-9]*/environ
          ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F -e "-> $1/" | grep -o "/proc/[0-9]*"
        } | cut -d/ -f3 | sort -u' ours "$work"
}

nobody_left() { [ -z "$(ours)" ]; }

# runs_no ARGUMENTS: no process of the test's was started as that.
runs_no() { ! for l_pid in $(ours); do ps -o args= -p "$l_pid"; done | grep -q "^$1"; }

# What else a test has started, for libraries above this one to end.
end_more() { :; }

stop_engines() {
    find "$work" -name engine.sock 2>/dev/null | while read -r l_socket; do
        PAWL_HOME=${l_socket%/engine.sock} pawl daemon --stop >/dev/null 2>&1
    done
}

kill_left() {
    for l_pid in $(ours); do
        echo "left behind: $(ps -o pid=,args= -p "$l_pid" | head -c 200)"
        kill -9 "$l_pid" 2>/dev/null
    done
}

# A build with a sanitizer says what it found in the engine's log.
sanitizers_are_quiet() {
    find "$work" -name engine.log -exec cat {} + 2>/dev/null | grep -A 20 Sanitizer && return 1
    return 0
}

clean() {
    l_code=$?
    trap - EXIT
    cd /
    stop_engines
    end_more
    if ! try nobody_left; then
        kill_left
        [ $l_code -eq 77 ] || l_code=1
    fi
    sanitizers_are_quiet || l_code=1
    for l_dir in $mounts; do
        umount "$l_dir" || umount -l "$l_dir" || l_code=1
    done
    chmod -R u+rwX "$work" 2>/dev/null
    rm -rf "$work" || l_code=1
    [ $finished = yes ] || l_code=1
    exit $l_code
}

# The last line of every test: one that ends before it has failed.
finish() {
    finished=yes
    [ $failures -eq 0 ] || echo "$failures checks failed"
    [ $failures -eq 0 ]
    exit
}

trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
