# SPDX-License-Identifier: MIT
# What became of an attempt, by its files and the processes they name alone: the table of
# verdicts, and the two ways to make sure that one never runs on.

# p_state of an attempt, by its files:
#   absent | claimed (nobody took go) | never (given up) | running | done
#   killed (no rc, nobody left) | interrupted (no rc, and another boot since)
# Sets p_cmd, p_cmd_born, p_wrap, p_wrap_born, p_ran_on from pid; p_end from rc.
look() {
    p_state=absent p_cmd='' p_cmd_born='' p_wrap='' p_wrap_born='' p_ran_on='' p_end=''
    [ -e "$1.spec" ] || [ -e "$1.go" ] || return
    line "$1.pid" && read_pid $p_line
    p_state=done
    if line "$1.rc"; then
        p_end=$p_line
        look_end $p_line
        return
    fi
    if [ ! -e "$1.go" ]; then
        look_claim "$1"
        return
    fi
    p_state=never
    line "$1.go"
    case $p_line in none*) return ;; esac
    p_state=interrupted
    [ "$p_ran_on" = "$p_boot" ] || return
    p_state=running
    alive "$p_wrap" "$p_wrap_born" && return
    p_state=done # step writes rc, then dies: look again now that it is dead
    line "$1.rc" && p_end=$p_line && return
    p_state=running
    left || goes_down || p_state=killed
}

# By HUP, KILL or TERM: the code tells, where a shell does not tell the signal.
was_ended() { case $1 in 129 | 137 | 143) ;; *) return 1 ;; esac; }

# Is the machine about to go down? In an orderly shutdown somebody ends everybody with TERM,
# and then KILL, well before the boot is over: systemd, or what it becomes in the end, or an
# init of run levels. What that ends has no result, and is not told of any more.
goes_down() {
    p_text=
    { read -r p_text </proc/1/comm; } 2>/dev/null
    case $p_text in systemd-shutdow*) return 0 ;; esac
    p_text=$(systemctl is-system-running 2>/dev/null)
    [ "$p_text" = stopping ] && return
    p_text=$(LC_ALL=C who -r 2>/dev/null)
    case $p_text in *run-level\ [06]*) return 0 ;; esac
    return 1
}

# What a signal ended under another boot was ended by that boot's end, as far as anybody can
# know: an init that ends everybody leaves no sign of it (see goes_down). What merely exited
# with such a code, because something of its own was ended, has that for its result.
look_end() {
    [ "$p_ran_on" != "$p_boot" ] && [ "$3" != 0 ] && was_ended "$2" && p_state=interrupted
}

read_pid() { p_cmd=$1 p_cmd_born=$2 p_wrap=$3 p_wrap_born=$4 p_ran_on=$5; }

# After a power cut `go` may be lost, though the command ran: only a claim of this
# boot proves anything.
look_claim() {
    p_state=interrupted
    line "$1.spec" || return
    set -- $p_line
    [ "$3" = "$p_boot" ] && p_state=claimed
}

# Is anybody left of the command's session? Its number is taken while one member
# lives; a process that has it but another birth is a stranger. The first member may
# be on its way there still: it has signed, and opens the session next.
left() {
    p_left='' p_apart='' p_strays=''
    born "$p_cmd" && p_left=" $p_cmd"
    [ -z "$p_born" ] || [ "$p_born" = "$p_cmd_born" ] || return 1
    [ -z "$p_left" ] || [ "${p_session:-$p_cmd}" = "$p_cmd" ] || {
        p_apart=$p_left
        return
    }
    members "$p_cmd" 0
}

# KEY SIGNAL: to all that is left; to the group at once, then to the rest.
signal_left() {
    if left; then
        p_first=-$p_cmd
    else
        p_first='' p_left='' p_apart='' p_strays='' # its number may be a stranger's by now
    fi
    and_strays "$1" || return
    [ -z "$p_strays" ] || note_strays "$1" $p_strays
    if line "$1.as"; then
        (signal_as "$2" "${p_line% END}" 3>&- 5<&- 6>&- &)
        [ "$2" = 9 ] || return 0
    fi
    [ -z "$p_first" ] || kill "-$2" "$p_first" 2>/dev/null
    [ -z "$p_apart" ] || kill "-$2" $p_apart 2>/dev/null
    return 0
}

# What runs as another user is signalled by him: by the words that made us him. We
# may signal sudo itself, which passes it on to one process only. It can take its time,
# for which nobody waits here; what is over by then is let be.
signal_as() {
    exec </dev/null >/dev/null 2>&1
    $2 sh -c 'p_sig=$1; shift; kill "-$p_sig" "$@"' sh "$1" $p_first $p_apart ||
        { left && kill "-$1" "-$p_cmd" $p_apart; }
}

# Takes `go`, so that the attempt can never begin any more.
give_up() { make_new "$1.go" "none 0 END"; }

# Makes sure that an attempt is over, for its replacement: 0 when it is, 1 when
# its own result stands, 2 when it cannot be ended.
settle() {
    p_tries=0
    while :; do
        look "$1"
        case $p_state in
        claimed) give_up "$1" ;;
        running)
            { tell '' >"$1.cut"; } 2>/dev/null
            [ -e "$1.as" ] && [ $((p_tries % 10)) != 0 ] || signal_left "$1" 9
            p_tries=$((p_tries + 1))
            [ $p_tries -gt 40 ] && return 2
            nap 0.05
            ;;
        done) stands "$1" && return 1 || return 0 ;;
        *) return 0 ;;
        esac
    done
}

# A result stands unless our own kill made it.
stands() { [ ! -e "$1.cut" ] || case $p_end in "exit 137 9 "*) return 1 ;; esac; }

# The attempts that one replaces, and those that they replaced: a chain may have
# been cut off before its last link was seen to be over.
settle_all() {
    p_prev=$1
    while [ "$p_prev" != - ]; do
        settle "$p_prev" || return
        line "$p_prev.spec" || return 0
        set -- $p_line
        p_prev=$2
    done
}

