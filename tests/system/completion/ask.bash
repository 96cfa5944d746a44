# ask.bash "LINE": what bash would put at the end of the line, one candidate a line.
eval "$("$PAWL" completion bash)"
compopt() { :; } # only where a person completes
pawl() { "$PAWL" "$@"; }
COMP_LINE=$1 COMP_POINT=${#1}
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
# As readline cuts it.
COMP_WORDS=()
rest=$1
while [[ $rest ]]; do
    case $rest in
    [[:blank:]]*) rest=${rest#?}; [[ $rest ]] || COMP_WORDS+=(""); continue ;;
    [=:]*) word=${rest%%[!=:]*} ;;
    *) word=${rest%%[=:[:blank:]]*} ;;
    esac
    COMP_WORDS+=("$word")
    rest=${rest#"$word"}
done
[[ $1 != *[=:] ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_pawl
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
