# SPDX-License-Identifier: MIT
# The runner: owns a spool on the target, starts commands there, and tells the
# engine on the other end of the link how they do. It keeps nothing that matters
# in memory: killed at any moment, the next one reads the spool and goes on.
#
#   $1 nonce  $2 store  $3 epoch  $4 incarnation  $5 spool ('': under home)
#   $6 shell  $7 1: take over, whatever epoch is there
#   $8 how the incarnations before this one begin, newest first
#   $9 names the way to this host: another user, port or jump is another link, and a
#      runner of its own on the same spool
#
# Processes, one direction each:
#   reader  link -> FIFO. Claims attempts and stores what they are given, in the order
#           of the link; forwards each request as one short line.
#   runner  FIFO -> link. The only one that writes to the link.
#   steps   -> FIFO. They start commands and wait for them, and outlive the runner.
# A line in the FIFO is shorter than PIPE_BUF, so that lines never mix. Requests
# are marked with the nonce's begin: those of a reader before us are no longer heard.
#
# The spool, one directory for each store and machine:
#   format     the spool's format number        epoch    who may act here
#   runner.WAY.*   pids and births of a runner and its reader, in its name
#   fifo.WAY   announcements and requests       chunk.WAY   output on its way out
#   <job uuid>-<intent no>.*   one attempt: a directory for each would cost a process each
#     spec   digest, attempt it replaces, boot: its making is the claim
#     cmd, in    what to run
#     go     who took it: the command's pid, or none
#     pid    pid, birth of the command and of its step, boot
#     out, err, rc, log                          rc is the last thing written
#     cut    we killed it for its replacement    lingers   who holds rc up
#     as     words that make the user of us whom the command runs as, if we may
#            not signal that (model/as.sh)
#     mark   see on_read    up, down, words   of a transfer

p_nonce=$1 p_store=$2 p_epoch=$3 p_incarnation=$4 p_spool=$5 p_sh=$6 p_take=$7 p_past=$8 p_way=$9
p_tag=${p_nonce%????????????????????????} p_id='' p_reader=''
p_lane='' p_lane_born='' p_lane_key='' p_default=? p_also=''
find_umask
umask 077

# --- Requests --------------------------------------------------------------------

# KEY DIGEST PREVIOUS FROM_OUT FROM_ERR ALLOW CLAIM TEXT...
on_start() {
    case $7 in
    new | direct) replace "$1" "$3" && follow "$1" "$4 $5 $6 -" && spawn "$1" "$7" ;;
    old) same "$1" "$2" && on_attach "$1" "$4" "$5" "$6" ;;
    *)
        p_key=$1
        shift 7
        give_up "$p_key"
        say "refused $p_key $*"
        ;;
    esac
}

# May KEY begin, as far as PREVIOUS is concerned? Answers when not.
replace() {
    settle_all "$2"
    case $? in
    0) return 0 ;;
    1)
        give_up "$1"
        tell_end "$p_prev"
        unfollow "$p_prev"
        say "never $1"
        ;;
    2)
        give_up "$1"
        say "refused $1 attempt $p_prev cannot be ended; still there:$p_left"
        ;;
    esac
    return 1
}

# Is it the same request that made the claim? A claim without a spec is left to look.
same() {
    line "$1.spec" || return 0
    case $p_line in "$2 "*) return 0 ;; esac
    say "refused $1 the spool has this attempt with another command"
    return 1
}

# KEY HOW: by the lane, or, while that is busy, or could not be opened, by a process of its own.
spawn() {
    if has_lane && [ -z "$p_lane_key" ]; then
        p_lane_key=$1
        say "$1 $2" >&6
        eval "set -- $1 $p_lane \$$p_var"
    else
        find_default
        # exec: no copy of the link's output stays open.
        { exec </dev/null >/dev/null 2>&1 3>&- 5<&- 6>&- && become_step && attempt "$1" "$2"; } &
        eval "set -- $1 \$! \$$p_var"
    fi
    follow "$1" "$3 $4 $5 $2"
}

# One that somebody killed is replaced (a zombie has no exe); see tell_state for what it had
# to do.
has_lane() {
    [ "$p_lane" != none ] || return
    [ -z "$p_lane" ] || [ ! -e "/proc/$p_lane/exe" ] || return 0
    p_lane_key=''
    open_lane || {
        p_lane=none
        return 1
    }
}

# p_default: what gives INT and QUIT their defaults, where env knows how: a shell without
# job control ignores them in what it starts with &.
find_default() {
    [ "$p_default" = ? ] || return 0
    p_default='env --default-signal=INT,QUIT'
    $p_default true 2>/dev/null || p_default=
}

# KEY FROM_OUT FROM_ERR ALLOW
on_attach() {
    p_step_pid=-
    followed "$1" && p_step_pid=${p_followed##* }
    follow "$1" "$2 $3 $4 $p_step_pid"
    tell_state "$1"
}

# KEY FROM_OUT LEN FROM_ERR LEN ALLOW MORE: output of a running command, at most
# LEN of each stream. As long as nothing was written this costs no process: only
# what is not older than the mark can have changed since the mark was made.
on_read() {
    if followed "$1"; then
        p_step_pid=${p_followed##* } p_got_out=0 p_got_err=0
        if [ $(($3 + $5)) -gt 0 ] && has_output "$1" && { [ "$7" = 1 ] || ! quiet "$1"; }; then
            say . >"$1.mark"
            fetch "$1" 1 out "$2" "$3" && p_got_out=$p_sent
            fetch "$1" 2 err "$4" "$5" && p_got_err=$p_sent
        fi 2>/dev/null
        p_allow=$(($6 - p_got_out - p_got_err))
        further "$2" $p_got_out && p_got_out=$p_further
        further "$4" $p_got_err && p_got_err=$p_further
        follow "$1" "$p_got_out $p_got_err $p_allow $p_step_pid"
        look "$1"
        case $p_state in running) ;; *) tell_state "$1" ;; esac
    fi
    say "got $1"
}

has_output() { [ -s "$1.out" ] || [ -s "$1.err" ]; }
quiet() { [ "$1.out" -ot "$1.mark" ] && [ "$1.err" -ot "$1.mark" ]; }

# p_further: FROM + COUNT; of long numbers nobody makes use here.
further() {
    p_further=99999999
    [ ${#1} -gt 8 ] || p_further=$(($1 + $2))
}

# KEY STREAM FILE FROM LEN, by way of a copy: its size is certain, while the file
# may grow, or be cut, at any moment. p_sent.
fetch() {
    p_sent=0
    [ "$5" -gt 0 ] && [ -s "$1.$3" ] || return
    if [ "$4" = 1 ]; then
        head -c "$5" "$1.$3"
    else
        tail -c "+$4" "$1.$3" | head -c "$5"
    fi >"chunk.$p_way" || return
    p_sent=$(exec wc -c <"chunk.$p_way")
    p_sent=$((p_sent)) # some pad it
    [ $p_sent -gt 0 ] || return
    say "data $1 $2 $4 $p_sent"
    cat "chunk.$p_way"
}

# KEY STREAM FROM LEN: output of an attempt that ended, whose size was told. It is
# sent at that length, come what may: zeros stand for what somebody cut off since. Where
# there is more, tail ends by a SIGPIPE: nothing is missing.
on_take() {
    p_file=$1.out
    [ "$2" = 2 ] && p_file=$1.err
    say "data $1 $2 $3 $4"
    {
        tail -c "+$3" "$p_file"
        [ $? = 141 ] || exec cat /dev/zero
    } 2>/dev/null | head -c "$4"
    say "got $1"
}

# KEY STREAM FROM LEN SKIP COUNT: the same of whole blocks, by one process that says how much it
# wrote. Where a signal ended it, or nobody reads what it says, the next link asks anew.
on_blocks() {
    p_file=$1.out p_len=$4
    [ "$2" = 2 ] && p_file=$1.err
    say "data $1 $2 $3 $4"
    { p_text=$(LC_ALL=C exec dd if="$p_file" bs=65536 skip="$5" count="$6" 2>&1 >&7); } 7>&1
    [ $? -le 128 ] && find_written "$6" || exit 1
    [ "$p_written" = "$p_len" ] || head -c $((p_len - p_written)) /dev/zero
    say "got $1"
}

# COUNT: p_written, the bytes that dd says, in p_text, to have written.
find_written() {
    p_written=0 # without a word of records it never came to any
    case $p_text in
    *"$1+0 records out"*) p_written=$(($1 * 65536)) ;;
    *"records out"*)
        set -- ${p_text##*records out}
        p_written=${1-}
        ;;
    esac
    case $p_written in '' | *[!0-9]*) return 1 ;; esac
}

# KEY NUMBER
on_signal() {
    p_code=1
    look "$1"
    if [ "$p_state" = claimed ]; then
        case $2 in 1 | 2 | 3 | 9 | 15) give_up "$1" && p_code=0 ;; esac
        look "$1"
    fi
    [ "$p_state" = running ] && signal_left "$1" "$2" && p_code=0
    say "signalled $1 $p_code"
}

# KEY... All by one process, with those of the lines before: one line must be shorter than
# PIPE_BUF.
on_also() { p_also="$p_also $*"; }
on_forget() {
    p_keys='' p_files=''
    set -- $p_also "$@"
    p_also=''
    for p_key; do
        p_state=done
        line "$p_key.rc" || look "$p_key"
        if [ "$p_state" = running ]; then
            say "refused $p_key not forgotten: its command is still running"
        else
            p_keys="$p_keys $p_key"
            add_files "$p_key"
        fi
    done
    [ -n "$p_keys" ] || return 0
    p_text=$(LC_ALL=C exec rm -f $p_files 2>&1)
    p_code=$?
    for p_key in $p_keys; do
        if [ $p_code = 0 ] || [ ! -e "$p_key.spec" ]; then
            unfollow "$p_key"
            say "forgotten $p_key"
        else
            say "refused $p_key not forgotten: ${p_text%%"
"*}"
        fi
    done
}

# The claim is the last to go.
add_files() {
    p_files="$p_files $1.cmd $1.in $1.pid $1.go $1.out $1.err $1.rc $1.log $1.mark $1.cut \
        $1.lingers $1.strays $1.as $1.text $1.up $1.down $1.words $1.spec"
}

# FUNCTION: called with every key that the spool has.
each_key() {
    for p_file in ????????-????-????-????-????????????-*.spec; do
        p_key=${p_file%.spec}
        case ${p_key%-*} in *[!0-9a-f-]*) continue ;; esac
        case ${p_key##*-} in '' | *[!0-9]* | 0?*) continue ;; esac
        [ -e "$p_file" ] && "$1" "$p_key"
    done
}

tell_key() { say "key $1"; }
on_list() {
    each_key tell_key
    say keys
}

count_key() {
    p_keys=$((p_keys + 1))
    look "$1"
    case $p_state in running) p_running=$((p_running + 1)) ;; esac
}

# How it looks here, for people. The path comes last, for it may hold anything but a
# line's end; one that would not fit into a line is left out.
on_status() {
    p_keys=0 p_running=0
    find_free
    each_key count_key
    p_text=$PWD
    case $p_text in *"
"*) p_text= ;; esac
    [ ${#p_text} -le 200 ] || p_text=
    say "status ${p_free:-0} $p_keys $p_running $(id -un 2>/dev/null):$(id -u 2>/dev/null):${p_sh##*/}:$(uname -sr):$p_text"
}

# --- News of steps ---------------------------------------------------------------

# KEY WHAT, and of what is done: OUT ERR, and the words of its rc. Steps that an older
# runner started announce here too.
on_news() {
    if [ "$2" = done ] || [ "$2" = failed ]; then reap "$1"; fi
    followed "$1" || return
    case $2 in
    began) say "started $1" ;;
    done) tell_done "$@" ;;
    failed) tell_failed "$1" ;;
    lingers) tell_lingers "$1" ;;
    esac
}

tell_done() {
    p_key=$1 p_out=$3 p_err=$4
    shift 4
    p_state=done p_ran_on=$p_boot p_end=$*
    tell_end "$p_key" "$p_out" "$p_err"
    unfollow "$p_key"
}

# The step ends with its announcement; nobody is left a zombie.
reap() {
    if [ "$1" = "$p_lane_key" ]; then
        p_lane_key=
        return
    fi
    p_wrap=
    followed "$1" && p_wrap=${p_followed##* }
    case $p_wrap in '' | -) line "$1.pid" && read_pid $p_line ;; esac
    [ -z "$p_wrap" ] || wait "$p_wrap" 2>/dev/null
}

# Its command could not be started, or `go` was taken by somebody else.
tell_failed() {
    look "$1"
    if [ "$p_state" = never ]; then
        say "never $1"
    else
        give_up "$1"
        p_text=
        { IFS= read -r p_text <"$1.log"; } 2>/dev/null
        find_free
        say "refused $1 the command could not be started (${p_free:-?} KiB free in the spool $PWD): $p_text"
    fi
    unfollow "$1"
}

# Does not return. All of it is one command that is read as a whole: standard input, which this
# text may have come by, is the link's from here on.
runner() {
    exec 4<&0 </dev/null
    hello
    while read -r p_from p_verb p_rest <&3; do
        case $p_from$p_verb in
        "$p_tag"eof) LC_ALL=C exec rm -f "runner.$p_id" ;;
        "$p_tag"list) on_list ;;
        "$p_tag"status) on_status ;;
        "$p_tag"start) on_start $p_rest ;;
        "$p_tag"attach) on_attach $p_rest ;;
        "$p_tag"read) on_read $p_rest ;;
        "$p_tag"take) on_take $p_rest ;;
        "$p_tag"blocks) on_blocks $p_rest ;;
        "$p_tag"signal) on_signal $p_rest ;;
        "$p_tag"also) on_also $p_rest ;;
        "$p_tag"forget) on_forget $p_rest ;;
        w*) on_news "$p_verb" $p_rest ;;
        esac
    done
    exit 1
}

runner
