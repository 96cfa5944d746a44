#!/bin/sh
# SPDX-License-Identifier: MIT
# Pawl as a person sees it, in a shell on a real terminal: rows, output as it comes, the status
# line and its removal, Ctrl-C that lets a job go on and says how to come back, and the
# prompt where it belongs after each. Then the terminals that are less: narrow ones, dumb
# ones, and those whose owner wants no colour.
. "${0%/*}/lib.sh"
support=$(cd "${0%/*}/../support" && pwd)
command -v python3 >/dev/null || skip "python3 is not installed"
command -v bash >/dev/null || skip "bash is not installed"
mkdir "$work/dir" "$work/bin"
ln -s "$PAWL" "$work/bin/pawl"
cd "$work/dir" || exit 1

# ---- a session
cat >session.rc <<EOF
PS1='[\\#]\$ '
PAWL_HOME=$PAWL_HOME
export PAWL_HOME
pawl() { '$PAWL' "\$@"; }
bind 'set enable-bracketed-paste off'
EOF
cat >work.lua <<'EOF'
progress(3, 10, "copying")
localhost:run "until [ -e gate ]; do sleep 0.1; done; echo copied"
EOF
"$support/terminal.py" --columns 100 --raw raw \
    --when '[1]$' "type:pawl start --name disks -c 'for i in 1 2 3; do echo tick \$i; sleep 0.2; done; sleep 300'" \
    --when '[2]$' 'type:pawl get' \
    --when '[3]$' 'type:pawl receive disks --wait' \
    --when 'tick 3' key:C \
    --when '[4]$' 'type:pawl wait disks --timeout 0.2' \
    --when '[5]$' 'type:pawl stop disks --wait' \
    --when '[6]$' 'type:pawl get disks --wide' \
    --when '[7]$' 'type:pawl run work.lua' \
    --when '3/10  copying' shot:status --when 'job 3 Running' run:'touch gate' \
    --when '[8]$' 'type:pawl invoke --hosts localhost -c "sleep 1; echo from there"' \
    --when '[9]$' 'type:pawl invoke --hosts localhost -- sleep 300' \
    --when 'job 7 Running' key:C \
    --when '[10]$' 'type:pawl wait 7 --for Stopped --timeout 60 & pawl stop 7; wait' \
    --when '[11]$' 'type:exit' \
    -- bash --noprofile --rcfile session.rc -i >screen 2>"$err" || fail "the session: $(cat "$err")"
cp screen "$out"

# between N M: what is on the screen behind the N-th prompt.
between() { sed -n "/^\[$1\]\\$/,/^\[$(($1 + 1))\]\\$/p" screen | sed '1d;$d'; }
same "start prints the job's row" "$(between 1 | sed -n 2p | sed 's/  */ /g')" \
    "1 disks local Running True localhost for i in 1 2 3; do echo tick…"
same "get shows the same head" "$(between 2 | head -1)" "$(between 1 | head -1)"
same "receive prints as it comes, then says how to come back" "$(between 3)" "tick 1
tick 2
tick 3
job 1 goes on; follow it again with: pawl receive 1 --wait"
between 4 >"$out"
printed "pawl: "
same "stop --wait says nothing when all is well" "$(between 5)" ""
between 6 >"$out"
grep -qE "just now|[0-9]+ s ago" "$out" && ok "times are told as people do" || fail "no times: $(cat "$out")"
printed "Stopped"
has status "job 3 Running  [######..............] 3/10  copying"
between 7 >"$out"
same "nothing of the status line stays" "$(cat "$out")" "copied
job 3 Completed"
same "invoke" "$(between 8)" "from there
job 5 Completed"
same "invoke, left" "$(between 9)" "job 7 goes on; follow it again with: pawl receive 7 --wait"
between 10 | grep -q 'Stopped' || fail "wait beside stop: $(between 10)"

# ---- lesser terminals
on() { "$support/terminal.py" --raw raw "$@" >"$out" 2>"$err" || fail "$*: $(cat "$err" "$out")"; }
coloured() { grep -q "$(printf '\033')" raw; }
on -- "$PAWL" get
coloured && ok "states are coloured on a terminal" || fail "there is no colour"
NO_COLOR=1 on -- "$PAWL" get
coloured && fail "coloured although NO_COLOR is set" || ok "NO_COLOR"
NO_COLOR='' on -- "$PAWL" get
coloured && ok "an empty NO_COLOR says nothing" || fail "an empty NO_COLOR counts"
on --term dumb -- "$PAWL" get
coloured && fail "coloured on a dumb terminal" || ok "a dumb terminal"
on --term dumb -- "$PAWL" run work.lua
coloured && fail "a status line on a dumb terminal" || ok "no status line on a dumb terminal"
printed copied

# A table has lines, not more: whatever is in it, and however narrow the terminal is.
pawl start --name '漢字の名前がとても長い' -c 'true 漢字 e' >/dev/null
pawl start --name "$(printf 'e\314\201%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)" -c true >/dev/null
pawl start --name a-name-of-some-length-that-nobody-would-choose -c true >/dev/null
pawl wait '*' --force >/dev/null
rows=$(pawl get -q | wc -l)
for columns in 200 80 70 60 50 40 30 20 10; do
    for verb in get 'get --children' 'history 3'; do
        # shellcheck disable=SC2086 # words
        on --columns $columns -- "$PAWL" $verb
        case $verb in
        get) same "lines of get on $columns columns" "$(wc -l <"$out")" $((rows + 1)) ;;
        history*) same "lines of history on $columns columns" "$(wc -l <"$out")" 2 ;;
        *) same "lines of get --children on $columns columns" "$(wc -l <"$out")" $((2 * rows + 1)) ;;
        esac
    done
done
finish
