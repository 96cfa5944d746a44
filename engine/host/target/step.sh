# SPDX-License-Identifier: MIT
# One attempt of a step: starts the command in a session of its own, waits for it
# and for whoever it leaves behind there, writes rc, announces. It is in another
# session than the command, so a kill of the command's cannot lose the exit code.
#
# Who does it is a fork of the runner, no program of its own: to start a shell anew would
# cost as much as the command. It has the runner's functions and variables, keeps none of
# its files open, and outlives it. Either it is the lane, which serves one attempt after
# another, or, while that is busy, a process made for one attempt.

# KEY WHAT...
announce() { [ -p "$p_fifo" ] && say "w $*" 1<>"$p_fifo"; }

# What the process does that becomes the command: signs the pid file, takes `go`, and
# only then is the command. Whoever gives the attempt up takes `go` first; then this
# ends here, however late it wakes.
begin() {
    find_self || return
    say "$p_self $p_born $p_me $p_me_born $p_boot END" >"$p_key.pid" || return
    now
    make_new "$p_key.go" "$p_self $p_now END" || return
    announce "$p_key" began
    p_dir=$PWD
    cd "${HOME:-/}" 2>/dev/null || cd /
    umask "$p_umask"
    if [ "$p_how" = direct ] && [ -n "$p_direct" ]; then
        exec 2>&9 9>&-
        set -- ${p_default:+/usr/bin/env --default-signal=INT,QUIT} "$p_direct"
        . "$p_dir/$p_key.cmd" # ends with what it runs behind "$@"
        exit 126
    fi
    exec $p_default $p_setsid "$p_sh" "$p_dir/$p_key.cmd" 2>&9 9>&-
}

# Is there room in the spool? A command that found none has lost what it wrote, and
# most say no more of it than exit code 1. The log is of no more use by then, and a file
# that is written anew each time would be flushed each time.
room() { { tell "$p_block" >>"$p_key.log"; } 2>/dev/null; }

# p_signal: what ended the command. 137 may be exit 137 or signal 9: the shell
# tells them apart by a word on its standard error ("Killed"), which is the log;
# only of INT and PIPE it says nothing.
ended_by() {
    p_signal=0
    [ "$1" -gt 128 ] && [ "$1" -le 192 ] || return
    case $1 in
    130 | 141) p_signal=$(($1 - 128)) ;;
    *) [ -s "$p_key.log" ] && p_signal=$(($1 - 128)) ;;
    esac
}

# p_from: the lowest number that a process of the session can have. Numbers grow
# until they wrap, which no machine manages within a second; after longer, look
# at all.
look_from() {
    p_from=0
    { read -r p_1 p_2 p_3 p_4 p_last </proc/loadavg; } 2>/dev/null || return
    [ $((${p_now%??} - ${p_begun%??})) -le 1 ] && [ "$p_last" -ge "$1" ] && p_from=$1
}

# Says who keeps the attempt from being done.
lingers() {
    p_text="its command ended with code $p_code; still there:"
    p_count=0
    for p_pid in $p_left; do
        p_count=$((p_count + 1))
        [ $p_count -gt 4 ] && p_text="$p_text ..." && break
        p_name=
        { read -r p_name <"/proc/$p_pid/comm"; } 2>/dev/null
        p_text="$p_text $p_pid ($p_name)"
    done
    say "$p_text END" >"$p_key.lingers"
    announce "$p_key" lingers
}

# Waits for the rest of the session: they are nobody's children here, so there is
# nothing to wait on but time. Ever slower, for a daemon may stay for ever.
wait_session() {
    p_nap=0.05
    while members "$1" "$p_from" || and_strays "$p_key"; do
        case $p_nap in
        0.05) p_next=0.1 ;; 0.1) p_next=0.2 ;; 0.2) p_next=0.5 ;; 0.5) p_next=1 ;;
        1) p_next=2 && lingers ;;
        *) p_next=5 ;;
        esac
        nap $p_nap
        p_nap=$p_next
    done
}

# p_out, p_err: bytes that were written, as far as the open files know, which are ours and
# the command's; who opened them anew and wrote more is not counted.
find_sizes() {
    p_out=- p_err=-
    { read -r p_pos p_out </proc/self/fdinfo/1 && read -r p_pos p_err </proc/self/fdinfo/9; } 2>/dev/null
}

# The command and its session, from begin to end: p_code, and what is known of it.
run_session() {
    (begin) <"$p_in"
    p_code=$?
    line "$p_key.go"
    case $p_line in
    '' | none*) return 1 ;; # begin never came to it, or somebody gave the attempt up
    esac
    p_cmd=${p_line%% *}
    p_begun=${p_line#* } p_begun=${p_begun%% *}
    ended_by $p_code
    p_full=
    room || p_full=' full'
    now
    p_ended=$p_now
    look_from "$p_cmd"
    wait_session "$p_cmd"
    find_sizes
}

# Fails when the command was not begun.
step() {
    # The rc is written in place: a disk that the command filled cannot lose it.
    tell '                                                                           ' >"$p_key.rc" || return
    p_in=/dev/null
    [ -e "$p_key.in" ] && p_in=$p_key.in
    run_session >>"$p_key.out" 9>>"$p_key.err" || return
    # Without an rc it is what the reboot has interrupted, like one that lost its power. To stay
    # would hold the shutdown up.
    was_ended $p_code && goes_down && exit
    p_end="exit $p_code $p_signal $p_begun $p_ended$p_full"
    until say "$p_end END" 1<>"$p_key.rc"; do sleep 5; done
    announce "$p_key" done $p_out $p_err "$p_end"
    return 0
}

# KEY HOW: "direct" is a program that needs no shell of its own. The log has what the shell
# itself says of the attempt.
attempt() {
    p_key=$1 p_how=$2
    step 2>"$p_key.log" || announce "$p_key" failed
}

# Who this is; and how it bears a machine's shutdown, which sends TERM to everybody: the
# no-op leaves the command its time to end, and this one alive to note how. Children get
# the default again.
become_step() {
    trap : HUP INT TERM
    find_self
    p_me=$p_self p_me_born=$p_born
}

# Serves the keys on standard input; their end is the runner's. Some shells (ksh93) make no
# process for ( ): there the one to kill would be somebody else.
lane() {
    become_step
    p_between=$p_parent
    born "$p_between" && [ "$p_parent" = $$ ] || exit 1
    kill -9 "$p_between"
    say "$p_me $p_me_born"
    exec >/dev/null
    p_default=
    while read -r p_next p_how; do
        [ "$p_next" = . ] || attempt "$p_next" "$p_how"
    done
}

# Opens fd 6, which leads to a new lane's standard input, and sets p_lane and p_lane_born to its
# process.
# A text put into a command (<<) is a pipe in most shells, which /proc lets us open once
# more: one that has no name, and so never has two readers. Where it is none, there is no
# lane.
#
# A shell ignores INT and QUIT in what it starts with &, for ever, and to give commands the
# default back takes a program each time. A child that is waited for does not: so the lane is
# one, of a shell in between, which it kills.
open_lane() {
    [ -r /proc/self/stat ] && [ -p /proc/self/fd/5 ] 5<<END || return
.
END
    exec 5<<END
.
END
    { true 6>/proc/self/fd/5; } 2>/dev/null || return
    exec 6>/proc/self/fd/5
    # The shell says "Killed". By exec: what is redirected for one command only, a shell keeps
    # open meanwhile, and so would the lane, and with it the link.
    exec 7>&2 2>/dev/null
    p_text=$(
        exec 7>&-
        (exec <&5 3>&- 5<&- 6>&- && lane)
        :
    )
    exec 2>&7 7>&-
    p_lane=${p_text% *} p_lane_born=${p_text#* }
    [ -n "$p_lane" ]
}
