# Completion of pawl for bash; `pawl completion bash` prints it. The program itself says
# what may stand at the cursor: this only asks, and hands the answer on.

# Bash cuts words at characters like : and =; what stands without a blank between is one.
_pawl_words() {
    local rest=${COMP_LINE:0:COMP_POINT} word i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -eq 0 || $rest == [[:blank:]]* ]]; then
            rest=${rest#"${rest%%[![:blank:]]*}"}
            words+=("")
        fi
        [[ $rest == "$word"* ]] || word=$rest # the cursor is inside it
        rest=${rest:${#word}}
        words[-1]+=$word
    done
    for i in "${!words[@]}"; do
        words[i]=${words[i]#[\"\']}
        [[ $i -eq ${#words[@]}-1 ]] || words[i]=${words[i]%[\"\']}
        words[i]=${words[i]//\\/}
    done
}

# _pawl_names LETTER LEAD: names that bash finds, with what stands before them.
_pawl_names() {
    local name
    while IFS= read -r name; do
        COMPREPLY+=("$2$name")
    done < <(compgen "-$1" -- "${word#"$2"}")
}

_pawl_line() {
    local value
    case $1 in
    :nospace) compopt -o nospace ;;
    :files*) compopt -o filenames && _pawl_names f "${1#*$'\t'}" ;;
    :directories*) compopt -o filenames && _pawl_names d "${1#*$'\t'}" ;;
    :users*) _pawl_names u "${1#*$'\t'}" ;;
    :commands*) compopt -o filenames && _pawl_names c "${1#*$'\t'}" ;;
    *)
        value=${1%%$'\t'*}
        [[ $value != *[[:blank:]\'\"\\\$\`\&\;\(\)\<\>\|\*\?\#\!]* ]] || printf -v value %q "$value"
        COMPREPLY+=("$value") ;;
    esac
}

_pawl() {
    local -a words
    local word line cut
    COMPREPLY=()
    _pawl_words
    word=${words[-1]}
    while IFS= read -r line; do
        _pawl_line "$line"
    done < <(command "${words[0]/#\~/$HOME}" completion --words -- "${words[@]:1}" 2>/dev/null)
    # Bash replaces only what stands behind the last of these.
    cut=${word%"${word##*[:=]}"}
    if [[ $cut && $COMP_WORDBREAKS == *"${cut: -1}"* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"$cut"}")
    fi
}

complete -F _pawl pawl
