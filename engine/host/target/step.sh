# SPDX-License-Identifier: MIT
# One attempt of a step: starts the command in a session of its own, waits for it
# and for whoever it leaves behind there, writes rc, announces. It is in another
# session than the command, so a kill of the command's cannot lose the exit code.
#
# It is a fork of the runner, no program of its own: to start a shell anew would cost as much as
# the command. It has the runner's functions and variables, keeps none of its files open,
# and outlives it.

announce() { [ -p ../fifo ] && say "w $p_key $1" 1<>../fifo; }

# p_self, p_born: this process, which learns its number from /proc: to $$ a subshell is
# still its parent.
find_self() {
    p_self=''
    born self && p_self=${p_stat%% *} && return
    p_self=$(exec sh -c 'echo $PPID') && born "$p_self"
}

# What the process does that becomes the command: signs the pid file, takes `go`, and
# only then is the command. Whoever gives the attempt up takes `go` first; then this
# ends here, however late it wakes.
begin() {
    find_self || return
    say "$p_self $p_born $p_me $p_me_born $p_boot END" >pid || return
    now
    set -C
    { say "$p_self $p_now END" >go; } 2>/dev/null || return
    set +C
    announce began
    p_dir=$PWD
    cd "${HOME:-/}" 2>/dev/null || cd /
    umask "$p_umask"
    exec $p_default $p_setsid "$p_sh" "$p_dir/cmd" 2>&9 9>&-
}

# Is there room in the spool? A command that found none has lost what it wrote, and
# most say no more of it than exit code 1. The file is left empty.
room() {
    p_block=................
    while [ ${#p_block} -lt 8192 ]; do p_block=$p_block$p_block; done
    { tell "$p_block" >room && tell '' >room; } 2>/dev/null
}

# p_signal: what ended the command. 137 may be exit 137 or signal 9: the shell
# tells them apart by a word on its standard error ("Killed"), which is the log;
# only of INT and PIPE it says nothing.
ended_by() {
    p_signal=0
    [ "$1" -gt 128 ] && [ "$1" -le 192 ] || return
    case $1 in
    130 | 141) p_signal=$(($1 - 128)) ;;
    *) [ -s log ] && p_signal=$(($1 - 128)) ;;
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
    say "$p_text END" >lingers
    announce lingers
}

# Waits for the rest of the session: they are nobody's children here, so there is
# nothing to wait on but time. Ever slower, for a daemon may stay for ever.
wait_session() {
    p_nap=0.05
    while members "$1" "$p_from"; do
        case $p_nap in
        0.05) p_next=0.1 ;; 0.1) p_next=0.2 ;; 0.2) p_next=0.5 ;; 0.5) p_next=1 ;;
        1) p_next=2 && lingers ;;
        *) p_next=5 ;;
        esac
        nap $p_nap
        p_nap=$p_next
    done
}

# KEY. fd 0, 1: /dev/null; fd 2: the attempt's log; no other is open.
step() {
    p_key=$1
    # A machine that shuts down sends TERM to everybody: the no-op leaves the command
    # its time to end, and this one alive to note how. Children get the default again.
    trap : HUP INT TERM
    cd "$p_key" || exit 1
    # The rc is written in place: a disk that the command filled cannot lose it.
    tell '                                                                           ' >rc || {
        announce failed
        exit 1
    }
    p_in=/dev/null
    [ -e in ] && p_in=in
    find_self
    p_me=$p_self p_me_born=$p_born
    (begin) <"$p_in" >>out 9>>err
    p_code=$?
    p_full=
    room || p_full=' full'
    line go
    case $p_line in
    '' | none*) # begin never came to it, or somebody gave the attempt up
        announce failed
        exit 1
        ;;
    esac
    p_cmd=${p_line%% *}
    p_begun=${p_line#* } p_begun=${p_begun%% *}
    ended_by $p_code
    now
    p_ended=$p_now
    look_from "$p_cmd"
    wait_session "$p_cmd"
    # Without an rc it is what the reboot has interrupted, like one that lost its power. To stay
    # would hold the shutdown up.
    was_ended $p_code && goes_down && exit
    until say "exit $p_code $p_signal $p_begun $p_ended$p_full END" 1<>rc; do sleep 5; done
    announce done
}
