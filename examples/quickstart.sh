#!/bin/sh
# quickstart.sh: from a fresh clone to a workflow that is killed half-way and goes on.
#
# Installs the packages a build needs (with apt, as root or through sudo), builds,
# runs examples/01_backup.lua on a directory made for it, kills the engine with
# SIGKILL while the archive is being written, starts it again, and shows that the
# job finished and that every command ran exactly once: by a log that Pawl knows
# nothing of. Everything happens in a home of its own, which is removed at the end.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

say "Packages and build"
tests/support/packages.sh build
cmake --preset release >/dev/null
cmake --build --preset release
pawl=$PWD/build/release/engine/pawl

demo=$(mktemp -d)
PAWL_HOME=$demo/home
export PAWL_HOME
cleanup() {
    "$pawl" daemon --stop >/dev/null 2>&1 || true
    rm -rf "$demo"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Something to back up, and tools that tell an outside log when they are started.
# tar takes its time, so that there is something to interrupt.
mkdir -p "$demo/data" "$demo/tools"
for n in 1 2 3 4 5 6 7 8; do head -c 200000 /dev/urandom >"$demo/data/file$n"; done
for tool in tar sha256sum mkdir; do
    real=$(command -v "$tool")
    cat >"$demo/tools/$tool" <<EOT
#!/bin/sh
[ -z "\${PAWL_STEP:-}" ] || echo "step \$PAWL_STEP attempt \$PAWL_ATTEMPT starts $tool" >>"$demo/outside.log"
case \$* in *-czf*) sleep 2 ;; esac
exec $real "\$@"
EOT
    chmod +x "$demo/tools/$tool"
done

say "pawl run -d examples/01_backup.lua source=data target=backups"
(
    PATH=$demo/tools:$PATH
    cd "$demo"
    exec "$pawl" run -d "$OLDPWD/examples/01_backup.lua" source="$demo/data" target="$demo/backups"
)

say "Wait until the archive is being written, then kill -9 the engine"
tries=0
until grep -q 'starts tar' "$demo/outside.log" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { echo "the workflow did not come so far" >&2; exit 1; }
    sleep 0.05
done
"$pawl" get
"$pawl" history 1
engine=$("$pawl" status --json | sed 's/.*"pid":\([0-9]*\).*/\1/')
kill -9 "$engine"
echo "killed the engine, pid $engine, in the middle of step 1/3"

say "Ask for the results: the next verb starts an engine again, and the job goes on"
"$pawl" receive 1 --wait
"$pawl" get
"$pawl" history 1

say "The outside log: every command of every step was started once"
cat "$demo/outside.log"
doubled=$(sort "$demo/outside.log" | uniq -d)
[ -z "$doubled" ] || { echo "started twice: $doubled" >&2; exit 1; }
[ "$(grep -c 'step 1/3 .* starts tar' "$demo/outside.log")" = 1 ]
"$pawl" wait 1 --check >/dev/null

say "It went on where it stood. More: README.md, examples/, pawl help"
