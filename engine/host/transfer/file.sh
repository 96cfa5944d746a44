# SPDX-License-Identifier: MIT
# What both ends of a transfer know of files: what is there, its sum, and how a new one
# comes into its place. Plain POSIX sh for dash, bash, busybox and mksh; every path begins
# with / or ./, and no path goes through a command substitution, which would cut it.
#
# Each end brings its own `refuse`, which tells the words and ends the transfer. A
# function says what it sets.

LC_ALL=C # for what ls prints
export LC_ALL
trap '' PIPE # who writes to an end that is gone is told so, and cleans up
set -f
p_part=''

# p_path: what no tool takes for an option.
path() {
    p_path=$1
    case $1 in /* | ./*) ;; *) p_path=./$1 ;; esac
}

# p_kind of what is at a path, links followed: none file directory other. p_mode ("0644"),
# p_owner ("0:0"), p_size; p_why when there is nothing. mksh counts in 32 bits: sizes are
# only compared, as text.
look() {
    p_kind=none p_mode='' p_owner='' p_size=''
    p_why=$(ls -dlnL "$1" 2>&1) || return 0
    set -- $p_why
    case $1 in -*) p_kind=file ;; d*) p_kind=directory ;; *) p_kind=other ;; esac
    octal "${1#?}"
    p_owner=$3:$4 p_size=$5
}

# "rwxr-sr-x": p_mode.
octal() {
    p_bits=$1 p_top=0 p_mode=''
    for p_set in 4 2 1; do
        p_digit=0
        case $p_bits in r*) p_digit=4 ;; esac
        case $p_bits in ?w*) p_digit=$((p_digit + 2)) ;; esac
        case $p_bits in ??[xst]*) p_digit=$((p_digit + 1)) ;; esac
        case $p_bits in ??[sStT]*) p_top=$((p_top + p_set)) ;; esac
        p_mode=$p_mode$p_digit
        p_bits=${p_bits#???}
    done
    p_mode=$p_top$p_mode
}

# What is to be sent is a file, and can be read; sets what look does. $2: put or get.
look_source() {
    look "$1"
    case $p_kind in
    none) refuse "${p_why#ls: }" ;;
    directory) refuse "$1 is a directory, and $2 takes a file: pack it first (tar)" ;;
    other) refuse "$1 is not a regular file" ;;
    esac
    p_why=$({ : <"$1"; } 2>&1) || refuse "$1 cannot be read: ${p_why##*: }"
    # What the kernel makes up has no size before it is read.
    [ "$p_size" != 0 ] || [ "$(head -c 1 "$1" | wc -c)" -eq 0 ] ||
        refuse "$1 does not tell its size: take it by read() or run()"
}

# PATH BASE: p_to, where the file comes when it is sent to PATH, into a directory by its
# own name; p_dir, which is to hold it.
aim() {
    p_to=$1
    case $1 in
    */) p_to=$1$2 ;;
    *) [ ! -d "$1" ] || p_to=$1/$2 ;;
    esac
    p_dir=${p_to%/*}/
}

# What is at p_to may be replaced; sets what look does.
look_target() {
    look "$p_to"
    case $p_kind in
    directory) refuse "$p_to is a directory" ;;
    other) refuse "$p_to is not a regular file" ;;
    esac
}

# p_sums: the ways to sum a file here, the best one first.
find_sums() {
    p_sums='' p_256=''
    command -v cksum >/dev/null 2>&1 && p_sums=cksum
    for p_tool in sha256sum shasum sha256 openssl; do
        command -v $p_tool >/dev/null 2>&1 || continue
        p_256=$p_tool p_sums=sha256,$p_sums
        break
    done
}

# HOW FILE: p_sum, empty when it cannot be read. By standard input: with a name some
# print it otherwise.
sum() {
    p_sum=''
    case $1-$p_256 in
    cksum-*) p_sum=$(cksum <"$2") ;;
    *-shasum) p_sum=$(shasum -a 256 <"$2") ;;
    *-openssl) p_sum=$(openssl dgst -sha256 <"$2") && p_sum=${p_sum##* } ;;
    *) p_sum=$("$p_256" <"$2") ;;
    esac 2>/dev/null
    p_sum=${p_sum%% *}
}

# ATTEMPT.TRY OTHER: was the first one begun later?
is_later() {
    [ "${1%%.*}" -gt "${2%%.*}" ] || { [ "${1%%.*}" = "${2%%.*}" ] && [ "${1#*.}" -gt "${2#*.}" ]; }
} 2>/dev/null

# ID ATTEMPT.TRY: p_part, a new file beside p_to that nobody else may read. Those that this
# step has left there in earlier tries go: whoever may still hold one cannot put it into
# its place any more. One of a later try stays: then it is we who are left over.
begin() {
    set +f
    for p_old in "$p_dir.pawl-$1."*; do
        is_later "${p_old#"$p_dir.pawl-$1."}" "$2" || rm -f "$p_old"
    done
    set -f
    p_part=$p_dir.pawl-$1.$2
    p_why=$( (umask 077 && set -C && : >"$p_part") 2>&1) || {
        p_part=''
        refuse "cannot write in $p_dir: ${p_why##*: }"
    }
}

# SIZE: so many bytes of standard input become p_part. Fails when they end before.
fill() {
    p_why=''
    [ "$1" = 0 ] || p_why=$(head -c "$1" 2>&1 >>"$p_part")
    [ -z "$p_why" ] || refuse "cannot write $p_to: ${p_why##*: }"
    look "$p_part"
    [ "$p_size" = "$1" ]
}

# SIZE FILE: exactly so many bytes, also of a file that is being cut off meanwhile.
pour() {
    [ "$1" = 0 ] || { head -c "$1" "$2"; cat /dev/zero; } 2>/dev/null | head -c "$1" 2>/dev/null
}

# WANTED NEW: p_part becomes p_to. Its mode is WANTED ('' or -: none), else that of the
# file that it replaces, whose owner it keeps where we may; else NEW.
place() {
    look_target
    p_goal=$2
    if [ "$p_kind" = file ]; then
        p_goal=$p_mode
        chown "$p_owner" "$p_part" 2>/dev/null || chgrp "${p_owner#*:}" "$p_part" 2>/dev/null
    fi
    case $1 in '' | -) ;; *) p_goal=$1 ;; esac
    p_why=$(chmod "$p_goal" "$p_part" 2>&1 && mv -f "$p_part" "$p_to" 2>&1) ||
        refuse "cannot write $p_to: ${p_why##*: }"
    p_part=''
}

drop_part() { [ -z "$p_part" ] || rm -f "$p_part"; }

