#!/bin/sh
# SPDX-License-Identifier: MIT
# Commands in another language than sh, and for another architecture: what reaches the
# program, what is left of it, and what is said where it is not there: before a job is made
# on this machine, in the job's reason elsewhere.
. "${0%/*}/lib.sh"
mkdir "$work/dir"
cd "$work/dir" || exit 1

# here PROGRAM...: they are installed; else that part is left out, and said.
here() {
    for l_program; do
        command -v "$l_program" >/dev/null || { echo "not here: $l_program"; return 1; }
    done
}

# ---- text
if here bash; then
    expect_code 0 pawl start --follow --shell bash -c '[[ $1 == "a b" ]] && echo "bash $2"' -- 'a b' -x
    printed "bash -x"
    expect_code 0 pawl start --follow --shell bash --init 'f() { [[ $1 ]] && echo "f $1"; }' -c 'f x'
    printed "f x"
fi
if here python3; then
    expect_code 0 pawl start --follow --shell 'python3 -B' --init 'import sys' -c 'print(sys.argv[1:], sys.flags.dont_write_bytecode)' -- 'a b' --x
    printed "['a b', '--x'] 1"
    expect_code 1 pawl start --follow --shell python3 -c 'raise SystemExit(7)'
    said "exit code 7"
fi
if here perl; then
    expect_code 0 pawl start --follow --shell perl -c 'print "@ARGV|", <STDIN>' --stdin /dev/null -- -x y
    printed "-x y|"
fi
if here node; then
    expect_code 0 pawl start --follow --shell node -c 'console.log(process.argv.slice(1).join())' -- -x y
    printed "-x,y"
fi
if here awk; then # one that takes no text as an argument
    expect_code 0 pawl start --follow --shell 'awk -f' -c 'BEGIN { print "awk" }'
    printed awk
fi

# ---- files, and their first line
if here python3; then
    printf '#!/usr/bin/env python3\nimport os, sys\nprint(os.path.isfile(__file__), sys.argv[1:])\n' >script
    expect_code 0 pawl start --follow -f script -- 1 '2 3'
    printed "True ['1', '2 3']"
    expect_code 0 pawl start --follow -f script --init 'print("first")'
    same "init, behind the first line" "$(head -1 "$out")" first
    printf 'print("by python")' >plain
    expect_code 0 pawl start --follow --shell python3 -f plain
    printed "by python"
    if [ "$(id -u)" = 0 ]; then
        printf '#!/usr/bin/env python3\nimport getpass, os\nprint(getpass.getuser(), os.path.dirname(__file__))\n' >whose
        expect_code 0 pawl start --follow -f whose --as nobody
        printed "nobody /"
        [ ! -e "$(cut -d' ' -f2 "$out")" ] && ok "nothing of it is left" || fail "$(cat "$out") is left"
    fi
    # A script of some size is no argument of anything.
    { echo '#!/usr/bin/env python3'; yes '# 67890123456789' | head -20000; echo 'print("long")'; } >long
    expect_code 0 pawl start --follow -f long
    printed long
fi
printf '#!/bin/sh\necho "sh $1"\n' >by-sh
expect_code 0 pawl start --follow -f by-sh -- x
printed "sh x"
printf '#!/bin/sh -e\nfalse\necho no\n' >strict
expect_code 1 pawl start --follow -f strict
same "what the first line says counts" "$(cat "$out")" ""

# Nothing of a script stays in the spool.
pawl remove --state Completed,Failed
find "$PAWL_HOME/spool" -name '*.text' >"$out"
try sh -c "! find '$PAWL_HOME/spool' -name '*.text' | grep -q ." && ok "no text is left in the spool" ||
    fail "left in the spool: $(cat "$out")"

# ---- what is not there is refused, and no job is made
before=$(pawl get -q | wc -l)
expect_code 2 pawl start --shell python9.9 -c x
said "--shell python9.9: there is no program python9.9 on this machine"
expect_code 2 pawl start --shell '/usr/bin/env nosuch' -c x
said "there is no program nosuch on this machine"
expect_code 2 pawl start --shell ./nosuch -c x
said "there is no program ./nosuch"
expect_code 2 pawl start --shell sh --env PATH=/nowhere -c x
said "there is no program sh"
expect_code 2 pawl start --shell '' -c x
said "--shell is empty"
expect_code 2 pawl start --shell bash -- ls
said "behind -- the program is the first word"
printf '#!/opt/nosuch/bin/tool -x\n' >tool
expect_code 2 pawl start -f tool
said "tool: its first line names the interpreter /opt/nosuch/bin/tool, which is not on this machine"
expect_code 2 pawl start --arch 'a b' -c x
said "--arch a b: the name of an architecture is expected"
same "no job was made" "$(pawl get -q | wc -l)" "$before"
# A name with a slash is the job's, not ours.
cp "$(command -v sh)" mine
expect_code 0 pawl start --follow --shell ./mine -c 'echo mine'
printed mine

# The engine is told by others, too; then the job says it.
curl -s --unix-socket "$PAWL_HOME/engine.sock" http://pawl/v1/jobs \
    -d '{"type":"local","name":"api","params":{"shell":"x","interpreter":"nosuch"}}' >"$out"
expect_code 1 pawl wait api --check --force
same "the reason" "$(field api reason)" "exit code 127: there is no interpreter nosuch on this host"

# ---- architectures
if here setarch && setarch linux32 true 2>/dev/null; then
    wanted=$(setarch linux32 uname -m)
    expect_code 0 pawl start --follow --arch linux32 -- uname -m
    printed "$wanted"
    expect_code 0 pawl start --follow --arch linux32 -c 'uname -m; echo "$1"' -- -x
    same "text" "$(tr '\n' ' ' <"$out")" "$wanted -x "
    if here bash; then
        expect_code 0 pawl start --follow --arch linux32 --shell bash -c '[[ $(uname -m) ]] && uname -m'
        printed "$wanted"
    fi
    expect_code 2 pawl start --arch nosuch -c x
    said "--arch nosuch: this machine has no such architecture"
    mkdir "$work/empty"
    expect_code 2 env PATH="$work/empty" "$PAWL" start --arch linux32 -c x
    said "setarch, which does it, cannot be run on this machine"
fi

# ---- from workflows
cat >flow.lua <<'EOF'
local r = localhost:run { 'print $ARGV[0]', shell = "perl -w", args = { "from lua" } }
emit(r:trim())
local s = localhost:run { "#!/usr/bin/env nosuch\n", script = true, on_error = "continue" }
emit(s.code)
EOF
if here perl; then
    expect_code 0 pawl run flow.lua
    printed '"from lua"'
    printed 127
fi
echo 'localhost:run { "x", arch = "a b" }' >bad.lua
expect_code 1 pawl run bad.lua
said "option 'arch' must be the name of an architecture, not 'a b'"
finish
