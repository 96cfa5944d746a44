# SPDX-License-Identifier: MIT
# The near end of a transfer, the command of a step on this machine: opens a session of
# its own to the host, and another one when that breaks, until there is a verdict. What
# it prints on standard output is for the engine: "changed" or "same", and the file's size.
#
# Set by transfer.c: p_host, p_from, p_to_asked, p_want (a mode or ''), p_marker, p_id,
# p_there (the line that makes an sh the far end), p_remote ('': the host is this machine);
# the functions session, which becomes ssh, and is_denial.
#
# Beside this text, and named like it, are the pipes of the session and what ssh said: they
# go with the attempt.
p_here=${0%cmd}
p_ssh='' p_told='' p_sent='' p_mixed=0

refuse() {
    printf '%s\n' "$1" >&2
    exit 1
}

# ---- the session

open_session() {
    p_ready=''
    session <"${p_here}up" >"${p_here}down" 2>"${p_here}words" &
    p_ssh=$!
    exec 3>"${p_here}up" 4<"${p_here}down"
    ask "$p_there" && hear || return
    p_ready=1
}

# A word from us, and the answer: p_line, without its marker. Both fail when the session
# is over.
ask() { printf '%s\n' "$1" >&3; } 2>/dev/null

hear() {
    while IFS= read -r p_line <&4; do
        case $p_line in
        "$p_marker no "*) refuse "${p_line#"$p_marker no "}" ;;
        "$p_marker "*) p_line=${p_line#"$p_marker "} && return ;;
        esac
    done
    return 1
}

close_session() {
    [ -n "$p_ssh" ] || return 0
    exec 3>&- 4<&-
    { kill "$p_ssh" && wait "$p_ssh"; } 2>/dev/null
    p_ssh=''
}

# It has ended without a verdict: by ssh itself, which may pass, or because nobody there
# does what we ask.
session_ended() {
    exec 3>&- 4<&-
    wait "$p_ssh" 2>/dev/null
    p_code=$? p_ssh=''
    p_said=$(tr -d '\r' <"${p_here}words" | tr -c '\n -~' '?')
    p_words=${p_said##*"
"}
    [ -n "$p_remote" ] || refuse "the sh at the other end of the transfer ended with code $p_code: $p_words"
    [ -n "$p_ready" ] || ! is_denial "$p_said" || refuse "$p_words"
    [ $p_code = 255 ] || [ -n "$p_ready" ] || refuse "no POSIX shell answers there: $p_words"
    [ $p_code = 255 ] || refuse "the sh on $p_host ended with code $p_code: $p_words"
    tell_waits "${p_words:-the connection was lost}"
}

# Said once, as long as the reason stays the same.
tell_waits() {
    [ "$1" = "$p_told" ] || printf '%s: %s; trying again\n' "$p_host" "$1" >&2
    p_told=$1
}

# Ever longer, up to half a minute; half of it by chance, so that many do not come at once.
p_nap=1
wait_a_while() {
    p_dice=$(od -An -N1 -tu1 /dev/urandom 2>/dev/null)
    p_ms=$((p_nap * 500 + p_nap * 500 * ${p_dice:-128} / 255))
    sleep "$((p_ms / 1000)).$((p_ms / 100 % 10))" 2>/dev/null || sleep $p_nap
    p_nap=$((p_nap * 2))
    [ $p_nap -le 30 ] || p_nap=30
}

# ---- the transfer

# SUMS of the far end: p_how, the best way to sum a file at both ends.
agree() {
    case $1,$p_sums in
    *sha256*sha256*) p_how=sha256 ;;
    *cksum*cksum*) p_how=cksum ;;
    *) refuse "no program for sums (sha256sum, shasum, openssl, cksum) is both here and on $p_host" ;;
    esac
}

# FILE: is it what the far end has (whose sum it is asked for)? 1: no, 2: the session is over.
is_equal() {
    sum "$p_how" "$1"
    ask "sum $p_how" && hear || return 2
    [ "$p_line" = "sum $p_sum" ] && [ -n "$p_sum" ]
}

# The sums of what was sent and of what came differ.
is_mixed() {
    p_mixed=$((p_mixed + 1))
    [ $p_mixed -lt 3 ] ||
        refuse "three times what came was not what is in $p_from: is somebody writing to it?"
    return 2
}

# changed or same. What an earlier try may have sent is ours, though it is there already.
finish() {
    p_verdict=$1
    [ -z "$p_sent" ] && [ "${PAWL_ATTEMPT:-1}" = 1 ] || p_verdict=changed
    printf '%s %s\n' "$p_verdict" "$p_bytes"
    exit 0
}

# `carry` ends the program when it comes to an end. It returns 1 when the session is over,
# 2 when it is to be done once more.
transfer() {
    trap 'trap "" HUP INT TERM; drop_part; close_session' EXIT
    trap 'exit 143' HUP INT TERM
    mkfifo "${p_here}up" "${p_here}down" || exit 1
    find_sums
    p_session=0
    while :; do
        p_session=$((p_session + 1)) p_code=1
        p_try=${PAWL_ATTEMPT:-1}.$p_session # no session of the step has it again
        open_session && { carry $p_line; p_code=$?; }
        drop_part
        p_part=''
        if [ $p_code = 2 ]; then close_session; else session_ended; fi
        wait_a_while
    done
}

