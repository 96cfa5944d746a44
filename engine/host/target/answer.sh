# SPDX-License-Identifier: MIT
# What the runner tells the engine: states, ends, and output. Only the runner's own
# process writes to the link, so that lengths told and bytes sent stay together.

# p_var: the variable that follows an attempt: "from_out from_err allow step". What
# is not followed is not told about.
var_of() {
    IFS=-
    set -- $1
    unset IFS
    p_var=p_v_$1$2$3$4$5_$6
}

follow() { var_of "$1" && eval "$p_var=\$2"; }
unfollow() { var_of "$1" && unset "$p_var"; }
# p_followed, or fails.
followed() { var_of "$1" && eval "p_followed=\${$p_var-}" && [ -n "$p_followed" ]; }

# KEY STREAM FILE FROM COUNT: bytes that are known to be there.
push() {
    [ "$5" -gt 0 ] || return
    say "data $1 $2 $4 $5"
    if [ "$4" = 1 ]; then
        LC_ALL=C head -c "$5" "$1.$3"
    else
        tail -c "+$4" "$1.$3" 2>/dev/null | head -c "$5"
    fi
}

# What is followed (FROM_OUT FROM_ERR ALLOW STEP), KEY, sizes: pushes all that the
# engine lacks, when that is little and allowed. Long numbers are left to the engine,
# which then asks: mksh counts in 32 bits.
push_rest() {
    [ ${#1} -le 7 ] && [ ${#2} -le 7 ] && [ ${#6} -le 7 ] && [ ${#7} -le 7 ] || return
    p_out=$(($6 - $1 + 1)) p_err=$(($7 - $2 + 1))
    [ $p_out -gt 0 ] || p_out=0
    [ $p_err -gt 0 ] || p_err=0
    [ $((p_out + p_err)) -le "$3" ] || return
    push "$5" 1 out "$1" $p_out
    push "$5" 2 err "$2" $p_err
}

# FILE SIZE: p_text and p_size, all of a file, where that is text of one or two lines, and has
# SIZE bytes or so. Builtins only: how far the shell has read, as /proc tells, shows whether it
# dropped anything, as shells drop NULs.
read_small() {
    p_text='' p_size=0
    [ -s "$1" ] || return 0
    [ "$2" != 0 ] || return # by whom we do not know of: it may be anything
    {
        while IFS= read -r p_part <&7; do
            p_text="$p_text$p_part
"
            [ ${#p_text} -le 1000 ] || return
        done
        p_text=$p_text$p_part
        read -r p_pos p_size </proc/self/fdinfo/7
    } 7<"$1" 2>/dev/null
    [ ${#p_text} = "$p_size" ]
}

# KEY OUT ERR FROM_OUT FROM_ERR ALLOW: p_news and p_sizes, for an attempt that was just done
# and wrote OUT and ERR bytes, as far as its step knows. Fails for all but the usual: little
# text, of which the engine has nothing yet.
all_small() {
    p_news=''
    case $2$3 in *[!0-9]*) return 1 ;; esac
    [ ${#2} -le 3 ] && [ ${#3} -le 3 ] && [ "$4$5" = 11 ] && [ ${#6} -ge 5 ] || return
    read_small "$1.out" "$2" || return
    p_sizes=$p_size
    [ "$p_size" = 0 ] || p_news="data $1 1 1 $p_size
$p_text"
    read_small "$1.err" "$3" || return
    p_sizes="$p_sizes $p_size"
    [ "$p_size" = 0 ] || p_news="${p_news}data $1 2 1 $p_size
$p_text"
}

# KEY OUT ERR: tells how an attempt ended, after look. The engine asks for what is not pushed.
tell_end() {
    p_sizes='0 0'
    if ! { followed "$1" && all_small "$1" "${2:--}" "${3:--}" $p_followed; }; then
        p_news=''
        if has_output "$1"; then
            set -- "$1" $(LC_ALL=C exec wc -c "$1.out" "$1.err" 2>/dev/null)
            p_sizes="${2:-0} ${4:-0}"
            followed "$1" && push_rest $p_followed "$1" "${2:-0}" "${4:-0}"
        fi
    fi
    case $p_state in
    done)
        p_flags=0
        [ "$p_ran_on" = "$p_boot" ] || p_flags=1
        p_end=${p_end#exit } p_end=${p_end% END}
        case $p_end in *" full") p_flags=$((p_flags + 2)) ;; esac
        say "${p_news}done $1 ${p_end% full} $p_flags $p_sizes"
        ;;
    *) say "$p_news$p_state $1 $p_sizes" ;;
    esac
}

# Tells what became of an attempt and follows it while it runs.
tell_state() {
    look "$1"
    if [ "$p_state" = claimed ]; then
        followed "$1" && set -- "$1" $p_followed
        born "${5:--}" && { [ "$5" != "$p_lane" ] || [ "$p_born" = "$p_lane_born" ]; } &&
            return # its step is on the way
        give_up "$1"
        look "$1"
    fi
    case $p_state in
    running)
        say "started $1"
        tell_lingers "$1"
        return
        ;;
    absent | never) say "$p_state $1" ;;
    *) tell_end "$1" ;;
    esac
    unfollow "$1"
}

tell_lingers() { line "$1.lingers" && say "lingers $1 ${p_line% END}"; }

