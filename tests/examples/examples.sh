#!/bin/sh
# Runs every numbered example for real and checks what it left behind. A change
# of the API that breaks an example breaks this.
#   PAWL=.../pawl tests/examples/examples.sh
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
pawl=${PAWL:?PAWL names the program}
work=$(mktemp -d)
PAWL_HOME=$work/home
export PAWL_HOME
cleanup() {
    "$pawl" daemon --stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT
passed=0
ok() { passed=$((passed + 1)); echo "ok $passed - $1"; }
die() { echo "not ok - $1" >&2; exit 1; }

# 01: three backups, the oldest goes; what is kept can be restored exactly.
mkdir "$work/data"
printf 'one\n' >"$work/data/a file"
head -c 5000 /dev/urandom >"$work/data/b"
for n in 1 2 3; do
    "$pawl" run "$root/examples/01_backup.lua" source="$work/data" target="$work/bk" keep=2 >"$work/out$n"
done
[ "$(find "$work/bk" -name '*.tar.gz' | wc -l)" = 2 ] || die "01: two backups are kept"
grep -q '^removed ' "$work/out3" || die "01: the oldest is said to be removed"
mkdir "$work/back"
tar -C "$work/back" -xzf "$(find "$work/bk" -name '*.tar.gz' | sort | tail -n 1)"
diff -r "$work/data" "$work/back" >/dev/null || die "01: the backup restores exactly"
ok "01_backup"

# 01, with a source that is not there: it fails, and leaves nothing behind.
if "$pawl" run "$root/examples/01_backup.lua" source="$work/none" target="$work/bk2" 2>"$work/err"; then
    die "01: a missing source fails"
fi
[ -z "$(ls "$work/bk2")" ] || die "01: a failed backup is taken away"
ok "01_backup undoes a failure"

# 02: a program that runs; a broken source names the file.
"$pawl" run "$root/examples/02_build.lua" source="$root/examples/hello" prefix="$work/hello" >"$work/out"
[ "$("$work/hello/bin/hello" 20 22 | tail -n 1)" = 42 ] || die "02: the program adds"
cp -R "$root/examples/hello" "$work/broken"
echo 'int broken(' >>"$work/broken/sum.c"
if "$pawl" run "$root/examples/02_build.lua" source="$work/broken" prefix="$work/x" 2>"$work/err"; then
    die "02: a broken source fails"
fi
grep -q 'sum\.c' "$work/err" || die "02: the error names the file"
ok "02_build"

# 03: the sums of many logs.
mkdir "$work/logs"
for n in 1 2 3 4 5 6; do
    for path in /a /b /a; do
        echo "10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] \"GET $path HTTP/1.1\" 200 5"
    done >"$work/logs/$n.log"
done
"$pawl" run "$root/examples/03_logs.lua" dir="$work/logs" jobs=3 >"$work/out"
grep -q '^status 200: 18$' "$work/out" || die "03: eighteen requests"
grep -q '"busiest":{"n":12,"path":"/a"}' "$work/out" || die "03: /a is the busiest"
ok "03_logs"

# 04: waits for the word, switches; the second one is not let through and undone.
job=$("$pawl" run -d "$root/examples/04_release.lua" from="$root/examples/hello" into="$work/site" tag=v1 --json |
    jq .id)
[ "$("$pawl" get "$job" --json | jq -r .state)" = Running ] || die "04: waits"
"$pawl" daemon --stop >/dev/null # the wait needs no process
"$pawl" signal "$job" go '"ship it"' >/dev/null
"$pawl" wait "$job" --timeout 30 >/dev/null
[ "$(readlink "$work/site/current")" = "$work/site/releases/v1" ] || die "04: switched"
"$pawl" receive "$job" | grep -q '"word":"ship it"' || die "04: the word arrived"
if "$pawl" run "$root/examples/04_release.lua" from="$root/examples/hello" into="$work/site" tag=v2 \
    within=100ms 2>"$work/err"; then
    die "04: nobody said go"
fi
[ ! -e "$work/site/releases/v2" ] || die "04: unstaged"
[ "$(readlink "$work/site/current")" = "$work/site/releases/v1" ] || die "04: v1 stays"
ok "04_release"

# 05: two looks, both above the limit.
"$pawl" run "$root/examples/05_watch_disk.lua" path="$work" limit=0 every=100ms times=2 list="$work/logs" \
    >"$work/out" 2>"$work/err"
[ "$(grep -c '"look":' "$work/out")" = 2 ] || die "05: two looks"
[ "$(grep -c 'full' "$work/err")" = 2 ] || die "05: two warnings"
ok "05_watch_disk"

echo "$passed passed, 0 failed"
