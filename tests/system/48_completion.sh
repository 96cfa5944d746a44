#!/bin/sh
# SPDX-License-Identifier: MIT
# Completions and manual pages that fall behind the program, or that a shell does not
# understand. Every option of every verb is looked for in both; then the key is pressed, in
# real shells on a real terminal. No engine is started by it, a slow or hostile one, or a
# job's name, disturbs no shell.
. "${0%/*}/lib.sh"
support=$(cd "${0%/*}/../support" && pwd)
mkdir "$work/bin"
ln -s "$PAWL" "$work/bin/pawl" # in the PATH of the shells under test alone

# asked WORD...: what may stand in the place of the last one.
asked() { pawl completion --words -- "$@" | cut -f1; }
# offers VALUE WORD..., refuses VALUE WORD...
offers() {
    l_value=$1
    shift
    if asked "$@" | grep -qxF -e "$l_value"; then ok "'$*' offers $l_value"; else
        fail "'$*' does not offer $l_value but: $(asked "$@" | head -20 | tr '\n' ' ')"
    fi
}
refuses() {
    l_value=$1
    shift
    if asked "$@" | grep -qxF -e "$l_value"; then fail "'$*' offers $l_value"; else
        ok "'$*' does not offer $l_value"
    fi
}

# ---- nothing is started, and nothing is made
offers status st
asked get '' >/dev/null
asked run '' >/dev/null
[ ! -e "$PAWL_HOME" ] && ok "no home was made" || fail "completion has made a home"

# ---- every option of every verb, by the help, is in its page and is completed
verbs=$(pawl help | sed -n 's/^  \([a-z]*\) .*/\1/p')
options=0
for verb in $verbs; do
    pawl help --man "$verb" >"$work/page" || fail "no page for $verb"
    sed 's/\\f.//g; s/\\-/-/g; s/\\(aq/'"'"'/g' "$work/page" >"$work/text"
    asked "$verb" -- >"$work/offered"
    for option in $(pawl help "$verb" | sed -n '/^Options:/,$ s/^  .\{4\}\(--[a-z-]*\).*/\1/p'); do
        options=$((options + 1))
        grep -qE -e "(^|, )$option( |\[|\$)" "$work/text" || fail "pawl $verb $option is not in its page"
        grep -qxF -e "$option" "$work/offered" || fail "pawl $verb $option is not completed"
    done
    pawl help --man | grep -qF "pawl\\-$verb" || fail "pawl(1) does not name $verb"
    if command -v groff >/dev/null; then
        groff -ww -man -Tutf8 -z "$work/page" >"$err" 2>&1 || fail "groff fails on $verb"
        [ ! -s "$err" ] || fail "groff on $verb: $(head -3 "$err")"
    fi
    if command -v mandoc >/dev/null; then # pages without a date are meant
        mandoc -Tlint -Wwarning "$work/page" | grep -v 'missing date' >"$err" &&
            fail "mandoc on $verb: $(head -3 "$err")"
    fi
done
[ "$options" -gt 100 ] && ok "$options options" || fail "only $options options found"
pawl help --man | grep -q '^\.TH PAWL 1' || fail "no pawl(1)"

# ---- words of the table
offers Suspended wait --for S
refuses Running wait --for S
offers --state=Failed get --state=F
offers Running,Failed get --state Running,F
offers progress receive --stream p
offers suspend start --on-interrupt s
offers zsh completion ''
offers receive help re
refuses --detached daemon --
refuses --name start -- x -
offers --name start -c true --n
offers :files hosts -i ''
offers :files start -qf '' # letters together
offers :directories start --cwd ''
offers :commands start -- ''
offers :commands invoke --hosts a,b ''

# ---- what is there now
cat >"$work/hosts.ini" <<'EOF'
[web]
web01
web02
[db]
db1
EOF
offers web02 hosts -i "$work/hosts.ini" w
offers db1,web01 invoke -i "$work/hosts.ini" --hosts db1,w
offers '!@web' invoke -i "$work/hosts.ini" --hosts '!@w'
export PAWL_INVENTORY="$work/hosts.ini"
offers db1 receive --host d
unset PAWL_INVENTORY

start alpha 'sleep 300'
start beta 'true'
pawl wait beta --force >/dev/null
offers alpha stop a
offers 1 stop ''
refuses beta stop ''
offers beta remove ''
refuses alpha remove ''
offers beta get ''
offers 1:localhost receive 1:
offers restart run r
offers service= run restart s
cat >"$work/ask.lua" <<'EOF'
workflow { params = { mode = { "choice", choices = { "fast", "slow" } }, dry = { "boolean" } } }
ask("Colour?", { choices = { "red", "blue" } })
EOF
offers mode=slow run "$work/ask.lua" mode=s
offers dry=true run "$work/ask.lua" dry=
pawl run -d "$work/ask.lua" mode=fast --name asks >/dev/null
become asks Blocked
offers asks answer ''
refuses alpha answer ''
offers blue answer asks ''
same "a workflow that is not there has no parameters" "$(asked run "$work/nothing.lua" '')" ""

pawl schedule add nightly --every 1h -- start -- true >/dev/null || fail "no schedule"
offers add schedule a
offers nightly schedule remove ''
refuses nightly schedule add ''
offers nightly get --schedule n
offers queue schedule add x --overlap ''
offers invoke schedule add x --every 1h -- i
offers --throttle schedule add x --every 1h -- invoke --t
offers rerun schedule add x --every 1h -- start --on-interrupt r

# ---- a name that would drive a terminal is no candidate; its id is
esc=$(printf '\033')
pawl start --name "evil${esc}[31m" -c 'sleep 300' >/dev/null
pawl completion --words -- stop '' >"$out"
grep -q "$esc" "$out" && fail "a control character is offered"
id=$(pawl get --state Running -q | tail -1)
offers "$id" stop "$id"

# ---- an engine that hangs does not hang the shell
pid=$(engine_pid)
kill -STOP "$pid"
begun=$(date +%s)
asked stop '' >/dev/null
asked run '' >/dev/null
[ $(($(date +%s) - begun)) -le 30 ] && ok "a hanging engine is not waited for" ||
    fail "completion took $(($(date +%s) - begun)) s"
kill -CONT "$pid"

# ---- the key is pressed
# presses SHELL SETUP LINE WANTED
presses() {
    command -v "$1" >/dev/null || { echo "not here: $1"; return 0; }
    if PATH="$work/bin:$PATH" "$support/press.py" "$1" "$2" "$3" "$4" >"$out" 2>&1 && grep -qF -e "$4" "$out"; then
        ok "$1: '$3' becomes or shows '$4'"
    else
        fail "$1: '$3' does not show '$4': $(tail -c 600 "$out")"
    fi
}
pawl start --name 'two words' -c 'sleep 300' >/dev/null
# shellcheck disable=SC2016 # the other shell expands it
for shell in bash zsh fish; do
    case $shell in
    bash) setup='eval "$(pawl completion bash)"' ;;
    zsh) setup='autoload -U compinit; compinit -D; eval "$(pawl completion zsh)"' ;;
    fish) setup='pawl completion fish | source' ;;
    esac
    presses $shell "$setup" 'pawl susp' 'pawl suspend'
    presses $shell "$setup" 'pawl st' status
    presses $shell "$setup" 'pawl get --stat' --state
    presses $shell "$setup" 'pawl get --state=Fa' --state=Failed
    presses $shell "$setup" "pawl hosts -i $work/host" "$work/hosts.ini"
    presses $shell "$setup" "pawl hosts -i $work/hosts.ini !@we" '@web'
    presses $shell "$setup" 'pawl stop alp' 'pawl stop alpha'
    presses $shell "$setup" 'pawl stop tw' 'two\ words'
    presses $shell "$setup" 'pawl receive 1:l' 1:localhost
    presses $shell "$setup" 'pawl run restart serv' 'service='
    presses $shell "$setup" 'pawl start -- fals' 'false'
    presses $shell "$setup" 'pawl start --cwd /usr/shar' '/usr/share/'
done

pawl stop '*' --state Running,Blocked >/dev/null
finish
