#!/bin/sh
# SPDX-License-Identifier: MIT
# Text of others drives no terminal. Escape sequences, C1 controls, bidirectional overrides,
# carriage returns and new lines go into every field that another person, a script or a
# command can set; then each verb shows it on a real terminal, which must only have been
# written to. In a pipe the same text is what it was.
. "${0%/*}/lib.sh"
support=$(cd "${0%/*}/../support" && pwd)
command -v python3 >/dev/null || skip "python3 is not installed"
mkdir "$work/dir"
cd "$work/dir" || exit 1

# ESC ] title BEL, clear, C1 CSI, right-to-left override, tab, CR, a line of its own.
evil=$(printf 'E\033]0;title\007\033[2J\302\2331m\342\200\256B\tT\rOVER\nLINE.')
quoted=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$evil")

# The same as a string of Lua's.
lua=$(python3 -c 'import sys; print(chr(34) + "".join("\\%03d" % b for b in sys.argv[1].encode()) + chr(34))' "$evil")

# shows NAME COMMAND...: on a terminal, and nothing of it is obeyed.
shows() {
    l_name=$1
    shift
    "$support/terminal.py" --columns 200 ${strict:+--strict} -- "$@" >"$out" 2>"$err"
    l_code=$?
    if [ $l_code = 99 ]; then
        fail "$l_name drives the terminal: $(head -c 300 "$err")"
        head -c 600 "$out"
    elif grep -q '^LINE' "$out"; then
        fail "$l_name has a line that is none of ours:"
        head -c 600 "$out"
    else
        ok "$l_name"
    fi
}
# has_evil NAME: and it was really there, written out.
has_evil() { grep -qiF -e '\x1b' -e '\u001b' "$out" || {
    fail "$1 does not show the text at all:"
    head -c 400 "$out"
}; }
strict=yes

cat >script.lua <<EOF
workflow { about = $lua, params = {
  word = { "choice", choices = { "a", $lua }, default = "a", about = $lua },
  other = { "string", default = $lua } } }
local evil = $lua
progress(1, 3, evil)
print(evil)
log.warn(evil)
log.info(evil)
emit { [evil] = evil }
localhost:run { "echo x", name = evil }
localhost:run { "printf '%s\n' \"\$1\"; printf '%s\n' \"\$1\" >&2; printf 'raw \\\\233m\n'", args = { evil }, name = "writes" }
ask(evil, { choices = { evil, "ok" } })
error(evil)
EOF
cp script.lua "evil$(printf '\033[31m').lua"
pawl run -d script.lua --name "$evil" --meta "k=$evil" >/dev/null 2>&1 || fail "cannot start the workflow"
pawl start -c "$evil" --name "$evil" >/dev/null
id=$(pawl get -q | head -1)
become "$id" Blocked
expect_code 0 pawl get "$id" --json

# ---- while it asks
shows get "$PAWL" get
has_evil get
shows "get, one" "$PAWL" get "$id" --children
shows "get --wide" "$PAWL" get --wide
has_evil "get --wide"
shows "get --json" "$PAWL" get --json
has_evil "get --json"
shows answer "$PAWL" answer
has_evil answer
shows "answer, one" "$PAWL" answer "$id"
shows "answer, wrong" "$PAWL" answer "$id" "z$evil"
shows wait "$PAWL" wait "$id" --timeout 1
has_evil wait
shows history "$PAWL" history "$id"
has_evil history
shows "history --json" "$PAWL" history "$id" --json
shows status "$PAWL" status
shows "run --help" "$PAWL" run script.lua --help
has_evil "run --help"
shows "run --help, by a hostile name" "$PAWL" run ./evil*.lua --help
shows "run --help --json" "$PAWL" run script.lua --help --json
shows "a wrong parameter" "$PAWL" run script.lua "$evil=1"
shows "no such job" "$PAWL" get "z$evil"
shows "no such job, stop" "$PAWL" stop "z$evil"
shows "no such verb" "$PAWL" "$evil"
shows "no such option" "$PAWL" get "--$evil"
shows "no such file" "$PAWL" run "$evil.lua"
shows "no such state" "$PAWL" get --state "$evil"
shows "a signal" "$PAWL" signal "$id" "$evil" "$quoted"
shows suspend "$PAWL" suspend "$id"
shows resume "$PAWL" resume "$id"
shows "completion" "$PAWL" completion --words -- get ''

# A status line is drawn with carriage returns of ours, and lines of output may begin any.
for how in '--wait --timeout 2' --events; do
    # shellcheck disable=SC2086 # options
    "$support/terminal.py" --columns 200 -- "$PAWL" receive "$id" $how --keep --all >"$out" 2>"$err"
    [ $? = 99 ] && fail "receive $how drives the terminal: $(head -c 300 "$err")"
    has_evil "receive $how"
done

pawl answer "$id" ok >/dev/null
become "$id" Failed

# ---- when it has failed
shows "get, failed" "$PAWL" get "$id"
has_evil "get, failed"
case $(pawl get "$id" --json | jq -r .reason) in
*"$evil"*) ok "the reason in JSON is the text itself" ;;
*) fail "the reason was changed: $(pawl get "$id" --json)" ;;
esac
# Lines of output are lines: only there the text may begin some.
for how in --all '--all --json' '--all --fold' '--all --stream error' '--all --stream information'; do
    # shellcheck disable=SC2086 # options
    "$support/terminal.py" --strict --columns 200 -- "$PAWL" receive "$id" $how >"$out" 2>"$err"
    [ $? = 99 ] && fail "receive $how drives the terminal: $(head -c 300 "$err")"
    has_evil "receive $how"
done
pawl receive "$id" --all >"$out"
grep -qF "$(printf 'E\033]0;title')" "$out" && ok "raw in a pipe" || fail "not raw in a pipe"
shows "wait --check" "$PAWL" wait "$id" --check
shows retry "$PAWL" retry "$id" -d
shows "stop, finished" "$PAWL" stop "$id"
# Here, too.
strict=
shows "a wrong choice" "$PAWL" run script.lua "word=z$evil"
shows "start --follow" "$PAWL" start --follow --name "$evil" -- false
strict=yes
shows "start, its row" "$PAWL" start --name "$evil" -- true
has_evil "start, its row"
shows "a refused option value" "$PAWL" start --on-interrupt "$evil" -c true
shows "a refused interpreter" "$PAWL" start --shell "/$evil" -c true
shows "a refused user" "$PAWL" start --as "$evil" -c true
shows "a refused directory" "$PAWL" start --cwd "/$evil" -c true

# ---- hosts
cat >hosts.json <<EOF
#!/bin/sh
cat <<'END'
{"_meta":{"hostvars":{"web1":{"note":$quoted}}},"web":{"hosts":["web1"],"vars":{"x":$quoted}},$quoted:{"hosts":["web1"]}}
END
EOF
chmod +x hosts.json
shows hosts "$PAWL" hosts -i ./hosts.json
shows "hosts --json" "$PAWL" hosts -i ./hosts.json --json
shows "groups" "$PAWL" hosts -i ./hosts.json --groups
shows "groups -q" "$PAWL" hosts -i ./hosts.json --groups -q
shows "a wrong set" "$PAWL" hosts -i ./hosts.json "$evil"
printf '#!/bin/sh\nprintf "%%s" "$EVIL" >&2; exit 3\n' >fails
chmod +x fails
EVIL=$evil
export EVIL
shows "an inventory that fails" "$PAWL" hosts -i ./fails
shows "an inventory by a hostile name" "$PAWL" hosts -i "./$evil"
shows "invoke, wrong host" "$PAWL" invoke --hosts "$evil" true

# ---- the rest
shows remove "$PAWL" remove "$id"
shows "backup" "$PAWL" backup "$work/no/$evil"
shows "daemon --stop" "$PAWL" daemon --stop
shows doctor "$PAWL" doctor
finish
