#!/bin/sh
# SPDX-License-Identifier: MIT
# What people mistype, forget or cannot have is told in one sentence: which value it is
# about, what is wrong with it, and what to do; never as a system's word alone, never
# silently. A row is an exit code, a part of the sentence, and the words behind pawl, with
# tabs between.
. "${0%/*}/lib.sh"
mkdir "$work/dir"
cd "$work/dir" || exit 1
long=$(head -c 300 /dev/zero | tr '\0' x)
echo x >closed
chmod 0 closed
start first true
pawl wait first --force >/dev/null
rows=0

# row CODE TEXT WORD...
row() {
    rows=$((rows + 1))
    l_want=$1 l_text=$2
    shift 2
    timeout 60 "$PAWL" "$@" >"$out" 2>"$err" </dev/null
    l_got=$?
    if [ $l_got -ne "$l_want" ]; then
        fail "exit code $l_got, wanted $l_want: pawl $*: $(head -c 300 "$err")"
    elif ! grep -qF -e "$l_text" "$err"; then
        fail "pawl $*: '$l_text' is missing in: $(head -c 400 "$err")"
    elif [ "$(grep -c '^pawl: ' "$err")" -ne "$(wc -l <"$err")" ]; then
        fail "pawl $*: more than its own sentences: $(head -c 400 "$err")"
    elif grep -qE 'lua:[0-9]+:|errno|assert|0x[0-9a-f]{6}' "$err"; then
        fail "pawl $*: it talks of its insides: $(head -c 400 "$err")"
    fi
}

# ---- verbs and options
row 2 'no such verb: strat; did you mean start?' strat
row 2 'a verb comes first, not "--json"' --json get
row 2 'a verb comes first, not ""' ''
for verb in $(pawl help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    row 2 "unknown option --nosuch; see \`pawl help $verb\`" "$verb" --nosuch
    row 2 'unknown option -Z; put -- before arguments that begin with -' "$verb" -Z
    row 2 'option --json takes no value' "$verb" --json=1
done
row 2 "unknown option --stat; did you mean --state? see \`pawl help get\`" get --stat
row 2 'option --state needs a value: STATE' get --state
row 2 'option --state is empty; it needs a value: STATE' get --state ''
row 2 '--state Runing: NotStarted, Running, ' get --state Runing
row 2 "did you mean 'Running'?" get --state Failed,Runing
row 2 '--child-state x: NotStarted' get --child-state x
row 2 '--type x: local, remote, workflow or cim is expected' get --type x
row 2 '--stream x: output, error, warning' receive first --stream x
row 2 '--for x: settled, finished' wait first --for x
row 2 '--on-interrupt x: rerun, fail or suspend is expected' start --on-interrupt x -c true
row 2 '--newest -1: a whole number from 0 is expected' get --newest -1
row 2 '--newest 99999999999999999999: that is too large a number' get --newest 99999999999999999999
row 2 '--before x: a time like' get --before x
row 2 'meta=x: key=value is expected' get --meta x
row 2 'meta==x: key=value is expected' get --meta =x

# ---- jobs
row 2 'which job? give an id' stop
row 3 'job nosuch: no such job; `pawl get` lists them' get nosuch
row 3 'job 99: no such job; `pawl get` lists them' remove 99
row 3 'no job has an empty name' get ''
row 3 'job 99999999999999999999999: no such job' get 99999999999999999999999
row 4 'job 1 is Completed: it cannot be stopped any more' stop first
row 2 'give one of them' receive first --all --since 3
row 2 '--force and --timeout belong to --wait' receive first --timeout 3
row 3 'job 1 has no part on nosuch; `pawl get 1 --children` lists its parts' receive first --host nosuch
row 2 '--for and --force: give one of them' wait first --for Failed --force
row 2 '--timeout x: a duration like 90, 1.5s, 10m or 1h30m is expected, 36500d at most' wait first --timeout x
row 2 '--grace -1: a duration like' stop first --grace -1
row 2 'the name of the signal is missing' signal first
row 2 "the signal's name is empty" signal first ''
row 2 'the value { is not JSON' signal first go '{'
row 2 '--question x: a whole number' answer first yes --question x
row 2 'what is 2? the usage is: pawl retry [OPTIONS] JOB' retry 1 2

# ---- what runs
row 2 'what shall it run?' start
row 2 'what shall it run?' start -c a -f b
row 2 'option --command is empty' start -c ''
row 2 'the command is empty' start -- ''
row 2 'cannot open nosuch: No such file' start -f nosuch
: >empty
row 2 'the script empty is empty' start -f empty
printf 'a\0b' >binary
row 2 'binary has NUL bytes, so it is no script' start -f binary
row 2 'cannot read /tmp: Is a directory' start -f /tmp
row 2 'cannot open nosuch' start --stdin nosuch -c true
row 2 'option --name is empty' start --name '' -c true
row 2 'the name has 300 bytes, at most 255 are allowed' start --name "$long" -c true
row 2 '--env X: KEY=VALUE is expected' start --env X -c true
row 2 '--env A B=c: KEY=VALUE is expected, a KEY of letters, digits and _' start --env 'A B=c' -c true
row 2 '--env 1=c: KEY=VALUE' start --env 1=c -c true
row 2 '--meta =x: KEY=VALUE is expected' start --meta =x -c true
row 2 'the directory /nosuch cannot be used: No such file' start --cwd /nosuch -c true
row 2 '--cwd /etc/passwd is not a directory' start --cwd /etc/passwd -c true
row 2 '--timeout -1: a duration' start --timeout -1 -c true
row 2 '--timeout 99999999999999999: a duration' start --timeout 99999999999999999 -c true
row 2 '--retry -1: a whole number from 0' start --retry -1 -c true
row 2 '--retry 99999999999: at most 1000000 are possible' start --retry 99999999999 -c true
row 2 '--ok-exit 256: exit codes from 0 to 255' start --ok-exit 256 -c true
row 2 "--as a b: a user's name of letters" start --as 'a b' -c true
row 2 'on which hosts? pawl invoke --hosts' invoke -c true
row 2 'option --hosts is empty; it needs a value: SET' invoke --hosts '' -c true
row 2 '--throttle 0: a number from 1 to 100000 is expected' invoke --hosts a --throttle 0 true
row 2 '--throttle 99999999999999: a number from 1 to 100000' invoke --hosts a --throttle 99999999999999 true
row 2 '--max-failures x: a whole number' invoke --hosts a --max-failures x true
row 2 '--connect-retry x: a duration like' invoke --hosts a --connect-retry x true
row 2 '--ssh-option x: an option of ssh is Keyword=value' invoke --hosts a --ssh-option x true
row 2 '--cwd rel: on a host it must be an absolute path' invoke --hosts a --cwd rel true
row 2 'a bracket is not closed' invoke --hosts 'a[1-' true
row 3 '@x: a group needs an inventory, and there is none; name one with --inventory' invoke --hosts @x true
row 2 'cannot open the inventory nosuch: No such file' invoke --hosts a -i nosuch true
row 2 'the inventory /tmp is a directory; name one file' invoke --hosts a -i /tmp true
row 2 'which workflow?' run
row 2 'which workflow?' run ''
row 2 'there is no file nosuch, and no workflow of that name is shipped; shipped are: collect' run nosuch
row 2 'cannot open nosuch.lua: No such file' run nosuch.lua
row 2 'parameter foo: KEY=VALUE is expected' run restart foo
row 2 "unknown parameter 'foo': this workflow takes" run restart foo=1
row 2 "parameter 'service' is required" run restart
row 2 "/etc/passwd:1: '[' or '{' expected" run restart --params /etc/passwd
if [ "$(id -u)" != 0 ]; then
    row 2 'cannot open closed: Permission denied' start -f closed
fi

row 2 '--on-interrupt x: rerun, fail or suspend is expected' schedule add s --every 1h -- start --on-interrupt x -c true
row 2 '--overlap x: skip, queue, parallel or replace is expected' schedule add s --every 1h --overlap x -- start -c true

# ---- the rest
row 2 'there is no inventory: name hosts' hosts
row 2 '--timeout belongs to --check' hosts --timeout 3 a
row 2 'what is x? the usage is: pawl status' status x
row 2 '--foreground and --stop: give one of them' daemon --stop --foreground
row 2 'doctor takes no x' doctor x
row 2 'backup needs one DIRECTORY' backup
row 4 'it exists already; name a new directory' backup /tmp
row 2 'for which shell? pawl completion bash, zsh or fish' completion
row 2 'there is no completion for the shell tcsh' completion tcsh
row 2 'no such verb: nosuch; `pawl help` lists them' help nosuch
same "no job was made by any of it" "$(pawl get -q | wc -l)" 1
pawl daemon --stop
row 5 "no engine is running for $PAWL_HOME; \`pawl daemon\` starts it" status

# ---- homes
home() {
    PAWL_HOME=$1
    shift
    row "$@"
}
home "/tmp/$(head -c 200 /dev/zero | tr '\0' x)" 2 'is too deep: its socket'"'"'s path would have' get
said 'set PAWL_HOME to a shorter directory'
home "$work/dir/closed" 5 ': Not a directory; set PAWL_HOME to one' get
home "$work/dir/closed/below" 5 'set PAWL_HOME to' get
home /proc/nosuch 5 'cannot make the home /proc/nosuch: No such file or directory; set PAWL_HOME to a directory' get
unset PAWL_HOME HOME XDG_STATE_HOME
row 2 'neither PAWL_HOME nor HOME is set; set PAWL_HOME to a directory' get
PAWL_HOME=$work/home
export PAWL_HOME
[ "$failures" = 0 ] && ok "$rows refusals"
finish
