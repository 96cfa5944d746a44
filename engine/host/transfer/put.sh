# SPDX-License-Identifier: MIT
# From here to there. The file there is complete and has the right sum before the word
# comes that puts it into its place: what is left of a session that broke cannot do it.

# "ready" SUMS KIND SIZE MODE, of what is there now.
carry() {
    look_source "$p_path" put
    p_bytes=$p_size p_new=0${p_mode#?}
    agree "$2"
    if [ "$3-$4" = "file-$p_bytes" ]; then
        is_equal "$p_path"
        case $? in
        0) adjust "$5" || return 1 ;;
        2) return 1 ;;
        esac
    fi
    ask "take $p_try $p_bytes $p_how" && hear || return 1
    pour "$p_bytes" "$p_path" >&3
    hear || return 1
    sum "$p_how" "$p_path"
    [ "$p_line" = "sum $p_sum" ] && [ -n "$p_sum" ] || { is_mixed; return 2; }
    ask "place ${p_want:--} $p_new" || return 1
    p_sent=1
    hear || return 1
    finish changed
}

# MODE: the bytes are there; the mode may be wrong.
adjust() {
    [ -n "$p_want" ] && [ "$p_want" != "$1" ] || finish same
    ask "mode $p_want" || return 1
    p_sent=1
    hear || return 1
    finish changed
}

path "$p_from"
transfer
