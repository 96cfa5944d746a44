# SPDX-License-Identifier: MIT
# What comes before READY: is this target fit, are we its newest engine, and is the
# runner before us gone. Any no is one line with the reason, and the end.

# Ends with the reason, in the engine's words.
refuse() {
    [ -z "$p_reader" ] || kill -9 "$p_reader" 2>/dev/null
    [ -z "$p_id" ] || rm -f "runner.$p_id" 2>/dev/null
    say "$p_nonce refuse $*"
    exit 1
}

# p_setsid: the words that run a program in a new session. p_direct: the program that can do it
# in the place of a shell: by a path, because the command's PATH is not ours, and of glibc,
# whose execvp runs scripts without #! as a shell does. Others do not (musl), or say nothing of what
# they cannot run (perl).
find_tools() {
    for p_tool in mkdir mkfifo rm mv cat dd df head tail wc sleep uname; do
        command -v $p_tool >/dev/null 2>&1 || refuse "the target has no '$p_tool' in PATH ($PATH)"
    done
    if command -v setsid >/dev/null 2>&1; then
        p_setsid=setsid
    elif command -v perl >/dev/null 2>&1; then
        p_setsid='perl -MPOSIX -e setsid;exec@ARGV'
    else
        refuse "the target has neither 'setsid' nor 'perl' in PATH ($PATH)"
    fi
    p_direct=
    set -- /lib64/ld-linux-*.so.2
    [ -e "$1" ] || set -- /lib/ld-linux-*.so.*
    [ ! -e "$1" ] || [ ! -x /usr/bin/setsid ] || p_direct=/usr/bin/setsid
}

make_base() {
    p_base=$p_spool/$p_store/$p_machine
    [ ! -d "$p_base" ] || return 0
    p_text=$(LC_ALL=C exec mkdir -p "$p_base" 2>&1) || refuse "cannot make the spool: $p_text"
}

# p_boot: names this boot. Containers share the kernel's, so the birth of process 1
# belongs to it.
find_boot() {
    p_boot=
    { read -r p_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
    [ -n "$p_boot" ] || p_boot=$(
        sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime 2>/dev/null
    )
    [ -n "$p_boot" ] || refuse "the target does not tell its boot id"
    born 1
    set -- $p_boot $p_born
    IFS=_
    p_boot=$*
    unset IFS
}

# p_kernel: name and release.
find_kernel() {
    {
        read -r p_kernel </proc/sys/kernel/ostype &&
            read -r p_release </proc/sys/kernel/osrelease
    } 2>/dev/null && p_kernel="$p_kernel $p_release" || p_kernel=$(uname -sr)
}

# p_free: KiB free in the spool's file system; '' when df does not tell.
find_free() {
    p_free=
    set -- $(df -Pk . 2>/dev/null)
    [ $# -lt 6 ] && return
    while [ $# -gt 6 ]; do shift; done
    p_free=$4 # name, blocks, used, available, share, place
    case $p_free in *[!0-9]*) p_free='' ;; esac
}

# Makes the spool and goes there.
enter() {
    if [ -z "$p_spool" ]; then
        [ -d "${HOME:-/nonexistent}" ] ||
            refuse "no home directory: '${HOME-}' does not exist; set a spool for this host"
        p_spool=$HOME/.local/state/pawl/spool
    fi
    p_machine=
    { read -r p_machine </etc/machine-id; } 2>/dev/null
    [ -n "$p_machine" ] || p_machine=$(uname -n)
    case $p_machine in */* | .* | '') refuse "the machine has no usable name: '$p_machine'" ;; esac
    make_base
    cd "$p_base" || refuse "cannot enter the spool $p_base"
    [ -O . ] || refuse "the spool $p_base belongs to somebody else"
    check_format
}

# 1 had a directory for each attempt. To begin anew beside one that is left would be to forget
# that its command was begun.
check_format() {
    p_format=2
    { read -r p_format <format; } 2>/dev/null # another may be writing it
    case $p_format in
    2 | '') [ -s format ] || say 2 >format ;;
    1)
        for p_file in *-*-*-*-*-*/; do
            [ ! -d "$p_file" ] || refuse "the spool $p_base has attempts of an older Pawl, as" \
                "${p_file%/}: let that one finish its jobs first"
        done
        say 2 >format
        ;;
    *) refuse "the spool $p_base has format $p_format, made by a newer Pawl" ;;
    esac
}

# Was this the engine's incarnation so many starts ago? Of too long ago nobody knows.
was_ours() {
    p_ago=$1 p_other=$2
    set -- $p_past
    [ "$p_ago" -gt $# ] && return
    shift $((p_ago - 1))
    case $p_other in "$1"*) return ;; esac
    return 1
}

# Refuses an engine that is not the newest to have been here, and one of a copied store,
# which has numbers as high as it likes: the one that was here is not of its past.
check_epoch() {
    [ "$p_take" = 1 ] && return
    line epoch || return
    set -- $p_line
    [ "$1" -lt "$p_epoch" ] && was_ours $((p_epoch - $1)) "$2" && return
    [ "$1" = "$p_epoch" ] && [ "$2" = "$p_incarnation" ] && return
    refuse "this host follows another engine of the same store (epoch $1 there, $p_epoch here);" \
        "if that engine is gone for good, run: pawl doctor --take-over"
}

# Kills a process and sees it gone.
end_process() {
    p_tries=0
    while alive "$1" "$2"; do
        kill -9 "$1" 2>/dev/null
        p_tries=$((p_tries + 1))
        [ $p_tries -gt 50 ] && refuse "the previous runner (process $1) cannot be ended"
        [ $p_tries -gt 2 ] && nap 0.1
    done
}

# PID BIRTH: does a process begin after us? Of births that are no numbers nobody knows.
is_newer() {
    case $2$p_born_here in *[!0-9]* | '') return 1 ;; esac
    [ "$2" -gt "$p_born_here" ] || { [ "$2" = "$p_born_here" ] && [ "$1" -gt $$ ]; }
}

# PID BIRTH READER BIRTH: of another runner's name. A newer one ends us, unless it is what a
# late login has left: then it finds its link over, and goes.
end_runner() {
    p_tries=0
    while is_newer "$1" "$2" && alive "$1" "$2"; do
        p_tries=$((p_tries + 1))
        [ $p_tries -le 50 ] || refuse "a newer link to this host has taken over"
        nap 0.1
    done
    end_process "$1" "$2"
    end_process "$3" "$4"
}

# p_block: as much as any step needs in the spool, or so.
make_block() {
    p_block=................
    while [ ${#p_block} -lt 8192 ]; do p_block=$p_block$p_block; done
}

# Becomes the only runner of this way to the host. A file's name says who is one: it is there
# whole, or not at all, and before its runner looks for others, so that of any two at least
# one finds the other; the one that was born later stays. p_id: our part of the name.
take_over() {
    born $$
    p_born_here=$p_born
    born "$p_reader"
    p_id=$p_way.$$.$p_born_here.$p_reader.$p_born
    # It is also the trial whether there is room. Only for the words a process is made.
    { tell "$p_block" >"runner.$p_id" && tell '' >"runner.$p_id"; } 2>/dev/null || {
        p_text=$({ tell "$p_block" >"runner.$p_id"; } 2>&1)
        find_free
        refuse "cannot write in the spool $p_base (${p_free:-?} KiB free): ${p_text:-write error}"
    }
    p_gone=
    for p_file in "runner.$p_way."*; do
        [ "$p_file" != "runner.$p_id" ] || continue
        IFS=.
        set -- $p_file
        unset IFS
        shift 2
        end_runner "$@"
        p_gone="$p_gone $p_file"
    done
    [ -z "$p_gone" ] || LC_ALL=C rm -f $p_gone
}

# Another runner may be making it, too, and may have opened what it made.
make_fifo() {
    p_fifo=fifo.$p_way
    [ -p "$p_fifo" ] && return
    [ ! -f "$p_fifo" ] || rm -f "$p_fifo"
    LC_ALL=C mkfifo "$p_fifo" 2>/dev/null || [ -p "$p_fifo" ]
}

# The first line counts. It is replaced by one write, in place: it is whole at any moment (an
# empty file would let any engine in), and no process is made.
write_epoch() {
    p_text="$p_epoch $p_incarnation END"
    line epoch && [ "$p_line" = "$p_text" ] && return
    if [ -s epoch ]; then
        say "$p_text" 1<>epoch
    else
        say "$p_text" >"epoch.$$" && mv "epoch.$$" epoch
    fi
}

hello() {
    find_tools
    find_boot
    enter
    check_epoch
    make_fifo || refuse "cannot make a FIFO in $p_base"
    exec 3<>"$p_fifo"
    # exec: no copy of the link's output stays open. The reader only writes to the FIFO, so that
    # it ends, and does not wait for ever, when that is full and its runner is gone.
    { exec <&4 >"$p_fifo" 3<&- 4<&- && reader; } &
    p_reader=$!
    exec 4<&-
    make_block
    take_over
    check_epoch # whoever was just ended may have been newer
    write_epoch || refuse "cannot write in the spool $p_base"
    now
    find_kernel
    # The line begins on a line of its own, whatever a login printed before.
    say ''
    say "$p_nonce ready $p_now $p_boot $p_kernel ${p_sh##*/}"
}

