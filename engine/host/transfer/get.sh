# SPDX-License-Identifier: MIT
# From there to here, as put.sh the other way round.

# "ready" SUMS file SIZE MODE, of what is there. A host may say anything; and whom a
# program runs as here is not for it to say.
carry() {
    case $5 in [0-7][0-7][0-7][0-7]) p_bytes=$4 ;; *) p_bytes='' ;; esac
    case $p_bytes in '' | *[!0-9]*) refuse "$p_host does not tell size and mode of $p_from" ;; esac
    p_new=0${5#?}
    agree "$2"
    aim "$p_path" "${p_from##*/}"
    [ -d "$p_dir" ] || p_why=$(mkdir -p "$p_dir" 2>&1) || refuse "${p_why#mkdir: }"
    look_target
    if [ "$p_kind-$p_size" = "file-$p_bytes" ]; then
        is_equal "$p_to"
        case $? in
        0) adjust ;;
        2) return 1 ;;
        esac
    fi
    begin "$p_id" $p_try
    ask "give $p_bytes" && hear || return 1
    fill "$p_bytes" <&4 || return 1
    is_equal "$p_part"
    case $? in
    1) is_mixed; return 2 ;;
    2) return 1 ;;
    esac
    place "$p_want" "$p_new"
    finish changed
}

adjust() {
    [ -n "$p_want" ] && [ "$p_want" != "$p_mode" ] || finish same
    p_why=$(chmod "$p_want" "$p_to" 2>&1) || refuse "cannot change the mode of $p_to: ${p_why##*: }"
    finish changed
}

path "$p_to_asked"
transfer
