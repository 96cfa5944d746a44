# SPDX-License-Identifier: MIT
# Becomes p_user and runs, as its program, the first p_size bytes of standard input;
# what follows them there is the program's own input. Nothing of the program is ever an
# argument: those are for everybody on a host to see, and for sudo's log.
#
# Each way is tried with an empty command first. When there is none, it ends with 126
# before anything has begun, and says why in one line.

p_refuse() {
    printf 'as %s: %s\n' "$p_user" "$1" >&2
    exit 126
}

# It may come through a pipe (sudo puts one where it logs what goes in), a piece at a time:
# dd waits for whole blocks where it knows fullblock, else takes single bytes. The length,
# in bytes, says that nothing is missing; the dot keeps the last ends of lines.
p_begin="p_text=\$({ dd bs=$p_size count=1 iflag=fullblock || dd bs=1 count=$p_size; } 2>/dev/null && echo .)
(LC_ALL=C && [ \"\${#p_text}\" = $((p_size + 1)) ]) || {
    echo 'as $p_user: the command did not come there whole, or there is no dd' >&2
    exit 126
}
eval \"unset p_text; \${p_text%.}\""

# The last line of what a failed try said, for a reason; the first reason stays.
p_note() {
    case $p_said in
    *[Pp]assword* | *[Aa]uthentication* | *[Aa]uthorization*)
        p_said="$1 asks for a password; allow it without one ($2) for this user"
        ;;
    esac
    p_why=${p_why:-${p_said##*"
"}}
}

# WORDS that run a shell as the user, whose text comes behind them.
p_try() { p_said=$(LC_ALL=C "$@" : 2>&1 </dev/null); }

# One process becomes the other where it can; what forks comes later, and a su that
# opens a session of its own, where no signal of ours finds its command, last.
p_from_root() {
    if command -v setpriv >/dev/null 2>&1; then
        set -- setpriv --reuid "$p_uid" --regid "$(id -g "$p_user")" --init-groups sh -c
        p_try "$@" && exec "$@" "$p_begin"
        p_note setpriv
    fi
    if command -v runuser >/dev/null 2>&1; then
        p_try runuser -u "$p_user" -- sh -c && exec runuser -u "$p_user" -- sh -c "$p_begin"
        p_note runuser
    fi
    command -v su >/dev/null 2>&1 || return
    for p_option in --session-command -c; do
        p_said=$(su -s /bin/sh "$p_option" : "$p_user" 2>&1 </dev/null) &&
            exec su -s /bin/sh "$p_option" "$p_begin" "$p_user"
    done
    p_note su
}

# TOOL WHAT: by sudo or doas, without asking. The runner may not signal what runs then:
# it does so by the same words, which it finds beside this program.
p_by() {
    command -v "$1" >/dev/null 2>&1 || return
    if p_try "$1" -n -u "$p_user" sh -c; then
        printf '%s -n -u %s END\n' "$1" "$p_user" 2>/dev/null >"${0%cmd}as"
        exec "$1" -n -u "$p_user" sh -c "$p_begin"
    fi
    p_note "$1" "$2"
}

p_why=
p_own=$(id -u) p_uid=$(id -u "$p_user" 2>/dev/null) || p_refuse 'there is no such user here'
cd / # where it was the user may have no right to be
[ "$p_own" != "$p_uid" ] || exec sh -c "$p_begin"
[ "$p_own" != 0 ] || p_from_root
p_by sudo NOPASSWD
p_by doas nopass
[ -n "$p_why" ] || {
    p_why="we are $(id -un) here, and there is neither sudo nor doas"
    [ "$p_own" != 0 ] || p_why='there is no setpriv, runuser or su here'
}
p_refuse "$p_why"
