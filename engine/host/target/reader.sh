# SPDX-License-Identifier: MIT
# The reader: takes requests off the link, one byte at a time where shells would
# read ahead, claims attempts and stores what they are given, and forwards each
# request as one short line into the FIFO (its standard output).

reader() {
    LC_ALL=C
    p_full=?
    while read -r p_verb p_rest; do
        case $p_verb in
        start) claim $p_rest || break ;;
        *) say "$p_tag $p_verb $p_rest" || break ;;
        esac
    done
    say "$p_tag eof"
}

# KEY DIGEST PREVIOUS FROM_OUT FROM_ERR ALLOW, then mode and size of cmd and in.
# A key that is there already keeps what it has. A link that breaks in here leaves a
# claim without `go`: certainly not run, and the next runner says so.
claim() {
    p_claim=new p_cmd=$1.cmd p_in=$1.in p_text='' p_digest=-
    [ "$7" != d ] || p_claim=direct
    if [ -e "$1.spec" ]; then
        p_claim=old p_cmd=/dev/null p_in=/dev/null p_digest=$2
    elif ! make_new "$1.spec" "$2 $3 $p_boot END"; then
        fail_claim
    fi
    store "$p_cmd" "$7" "$8"
    [ "$9" = - ] || store "$p_in" "$9" "${10}"
    read -r p_end && [ "$p_end" = . ] || return 1
    say "$p_tag start $1 $p_digest $3 $4 $5 $6 $p_claim $p_text"
}

# What follows is read from the link and dropped, to stay in step.
fail_claim() {
    p_claim=failed p_cmd=/dev/null p_in=/dev/null
    find_free
    p_text="cannot write in the spool $PWD (${p_free:-?} KiB free)"
}

# FILE MODE SIZE: bytes (b), lines (l, d), or lines of which the last has no end (L). The file is
# made empty once, and then only appended to: ext4 writes what was emptied to the disk at once.
store() {
    p_file=$1
    { tell '' >"$1"; } 2>/dev/null || { fail_claim && p_file=/dev/null; }
    if [ "$2" = b ]; then
        store_bytes "$p_file" "$3"
    else
        store_lines "$p_file" "$2" "$3"
    fi 2>/dev/null || fail_claim
}

# `read` takes one byte at a time from a pipe, and so never one too many.
store_lines() {
    p_count=$3 p_ok=0
    while [ "$p_count" -gt 0 ] && IFS= read -r p_part; do
        p_count=$((p_count - 1))
        if [ "$2$p_count" = L0 ]; then
            tell "$p_part" || p_ok=1
        else
            say "$p_part" || p_ok=1
        fi
    done >>"$1"
    return $p_ok
}

# dd takes exactly what it is told: whole blocks where it knows fullblock, single
# bytes elsewhere (1 MB/s). It reads all before it writes, so a full disk costs
# nothing of the order on the link.
store_bytes() {
    p_count=$2 p_ok=0
    if [ "$p_full" = ? ]; then
        dd bs=1 count=0 iflag=fullblock </dev/null >/dev/null 2>&1
        p_full=$?
    fi
    while [ "$p_count" -gt 0 ]; do
        p_part=$p_count
        [ "$p_part" -gt 1048576 ] && p_part=1048576
        if [ "$p_full" = 0 ]; then
            dd bs="$p_part" count=1 iflag=fullblock >>"$1" || p_ok=1
        else
            dd bs=1 count="$p_part" >>"$1" || p_ok=1
        fi
        p_count=$((p_count - p_part))
    done
    return $p_ok
}

