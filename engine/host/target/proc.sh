# SPDX-License-Identifier: MIT
# What all of the runner's processes start with: lines, clocks, and who is alive. Plain POSIX sh for dash, bash, busybox and mksh.
#
# Every variable is named p_*: a name of the user's environment, exported, must
# never be changed on its way to a command. A function says what it sets.
# Builtins only, where /proc exists: a new process costs more than all of this.

# A line, or text without its end, in one write.
say() { printf '%s\n' "$1"; }
tell() { printf '%s' "$1"; }
case ${KSH_VERSION-} in
*MIRBSD* | *LEGACY*) # mksh would run /usr/bin/printf each time
    say() { print -r -- "$1"; }
    tell() { print -nr -- "$1"; }
    ;;
esac

# FILE LINE: makes a file, for which it must not be there. Of two who try, one succeeds.
make_new() {
    set -C
    { say "$2" >"$1"; } 2>/dev/null
    p_made=$?
    set +C
    return $p_made
}

# p_line: the only line of a file that is whole, which its last word END proves.
line() {
    p_line=
    { IFS= read -r p_line <"$1"; } 2>/dev/null
    case $p_line in *" END") ;; *) return 1 ;; esac
}

# p_now: hundredths of a second since boot; 0 where nobody tells.
now() {
    p_now=0
    { read -r p_now p_idle </proc/uptime; } 2>/dev/null
    p_now=${p_now%.*}${p_now#*.}
}

# p_born, p_parent, p_group, p_session of a process. Number and start time together name a
# process for ever. Fails when it is not alive: gone, or a zombie (p_born is set).
born() {
    p_born='' p_parent='' p_group='' p_session='' p_stat=''
    if [ ! -r /proc/self/stat ]; then
        p_stat=$(ps -o stat= -o lstart= -p "$1" 2>/dev/null) || return 1
        set -- $p_stat
        p_born=${2-}${3-}${4-}${5-}${6-}
    else
        # A process may have a line end in its name.
        while IFS= read -r p_part; do p_stat=$p_stat$p_part; done <"/proc/$1/stat"
        set -- ${p_stat##*) }
        p_parent=${2-} p_group=${3-} p_session=${4-} p_born=${20-}
    fi 2>/dev/null
    case ${1-Z} in Z* | X*) return 1 ;; esac
}

# p_self, p_born: this process, which learns its number from /proc: to $$ a subshell is
# still its parent.
find_self() {
    p_self=''
    born self && p_self=${p_stat%% *} && return
    p_self=$(exec sh -c 'echo $PPID') && born "$p_self"
}

# Is this the process that was born then?
alive() { born "$1" && [ "$p_born" = "$2" ]; }

# p_left: who is alive of a session, and below its members though they have one of their own
# (setsid); p_apart: those outside its first group; p_strays: those outside the session, with
# their births. Processes numbered below $2 are not looked at.
members() {
    p_left='' p_apart='' p_strays=''
    if [ ! -r /proc/self/stat ]; then
        kill -0 "-$1" 2>/dev/null && p_left=" -$1"
    else
        for p_pid in /proc/[0-9]*; do
            p_pid=${p_pid#/proc/}
            [ "$p_pid" -ge "$2" ] && born "$p_pid" || continue
            case "$p_session $p_left " in
            "$1 "*) ;;
            *" $p_parent "*) p_strays="$p_strays $p_pid $p_born" ;;
            *) continue ;;
            esac
            p_left="$p_left $p_pid"
            [ "$p_group" = "$1" ] || p_apart="$p_apart $p_pid"
        done
    fi
    [ -n "$p_left" ]
}

# KEY: adds those to them that were strays when they were signalled: by now nobody may know
# whose they are.
and_strays() {
    if [ -e "$1.strays" ]; then
        while read -r p_pid p_was p_end; do
            [ "$p_end" = END ] && alive "$p_pid" "$p_was" || continue
            case "$p_left " in *" $p_pid "*) continue ;; esac
            p_left="$p_left $p_pid" p_apart="$p_apart $p_pid"
        done <"$1.strays"
    fi
    [ -n "$p_left" ]
}

# KEY PID BIRTH...: remembers them.
note_strays() {
    p_file=$1.strays
    shift
    while [ $# -gt 1 ]; do
        say "$1 $2 END" >>"$p_file"
        shift 2
    done
}

# p_umask. Linux tells it without a process.
find_umask() {
    { read -r p_part && read -r p_part p_umask; } </proc/self/status
    [ "$p_part" = Umask: ] || p_umask=$(umask)
} 2>/dev/null

# Fractions where sleep knows them.
nap() { sleep "$1" 2>/dev/null || sleep 1; }
