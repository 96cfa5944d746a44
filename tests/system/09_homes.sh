#!/bin/sh
# SPDX-License-Identifier: MIT
# Homes that are no good place: a file, read-only, too deep, none at all, another
# engine's; a spool that cannot be written. Each must be refused in plain words, and
# unusual names (spaces, other alphabets, relative ones) must simply work.
. "${0%/*}/lib.sh"

touch "$work/file"
PAWL_HOME=$work/file expect_code 5 pawl get
said "$work/file"
said "Not a directory"
PAWL_HOME=$work/file/below expect_code 5 pawl get
said "Not a directory"
PAWL_HOME=$work/$(printf %090d 0) expect_code 2 pawl get
said "too deep"
PAWL_HOME=$work/$(printf %05000d 0) expect_code 2 pawl get
said "the home's path is longer than"
expect_code 2 env -u PAWL_HOME -u HOME -u XDG_STATE_HOME "$PAWL" get
said "neither PAWL_HOME nor HOME is set"
mkdir "$work/user"
expect_code 0 env -u PAWL_HOME HOME="$work/user" "$PAWL" start -c 'echo at home' --follow
printed "at home"
[ -S "$work/user/.local/state/pawl/engine.sock" ] || fail "the home is not below HOME"
[ "$(stat -c %a "$work/user/.local/state/pawl")" = 700 ] || fail "others may enter the home"

for home in "$work/a b/c" "$work/$(printf 'gr\303\274n-\342\234\223')" "$work/q'\"\$x;"; do
    PAWL_HOME=$home expect_code 0 pawl start -c "echo it works" --follow
    printed "it works"
    [ -S "$home/engine.sock" ] || fail "no socket in $home"
done
(
    cd "$work" || exit
    PAWL_HOME=relative expect_code 0 pawl start -c 'pwd' --follow
    printed "$work"
    [ "$failures" -eq 0 ]
) || fail "a relative home"

# one home, two engines
expect_code 0 pawl start -c 'echo first' --follow
pid=$(engine_pid)
expect_code 4 pawl daemon --foreground
said "in use by process $pid"
same "the first one goes on" "$(engine_pid)" "$pid"

# The unprivileged user, and the file system, that may not write.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    mkdir -m 755 "$work/foreign"
    PAWL_HOME=$work/foreign expect_code 5 \
        setpriv --reuid 65534 --regid 65534 --clear-groups "$PAWL" get
    said "Permission denied"
    expect_code 5 setpriv --reuid 65534 --regid 65534 --clear-groups "$PAWL" status
    # Somebody else's jobs are not gone on with, least of all by root.
    mkdir "$work/theirs"
    chown 65534:65534 "$work/theirs"
    echo 'sleep "1s" once("look", function() local f = io.open("'"$work"'/theirs/seen", "w") f:close() end)' \
        >"$work/theirs/once.lua"
    theirs() { PAWL_HOME=$work/theirs/home setpriv --reuid 65534 --regid 65534 --clear-groups "$PAWL" "$@"; }
    expect_code 0 theirs run -d "$work/theirs/once.lua"
    expect_code 0 theirs daemon --stop
    before=$(cksum <"$work/theirs/home/store/data.mdb")
    sleep 1
    PAWL_HOME=$work/theirs/home expect_code 5 pawl get
    said "belongs to user 65534"
    [ ! -e "$work/theirs/seen" ] || fail "root ran another user's script"
    same "their store is as it was" "$(cksum <"$work/theirs/home/store/data.mdb")" "$before"
    expect_code 0 theirs wait 1 --check --timeout 30
    [ -e "$work/theirs/seen" ] || fail "their own engine goes on"
fi
stop_engines
mount_tmpfs "$work/disk" 24m
PAWL_HOME=$work/disk/home
expect_code 0 pawl start -c 'echo kept' --follow
pawl daemon --stop
try nobody_left || fail "somebody still uses the home"
mount -o remount,ro "$work/disk"
expect_code 5 pawl get
said "Read-only file system"
expect_code 5 pawl daemon --foreground
said "the file system is read-only"
mount -o remount,rw "$work/disk"
expect_code 0 pawl receive 1 --all
printed kept
finish
