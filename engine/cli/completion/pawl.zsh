#compdef pawl
# Completion of pawl for zsh; `pawl completion zsh` prints it. The program itself says
# what may stand at the cursor: this only asks, and hands the answer on.

_pawl() {
    local -a found values shown go_on
    local line value lead
    integer width=0
    found=("${(@f)$(command ${(Q)words[1]/#\~/$HOME} completion --words -- \
        "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in $found; do
        case $line in
        :nospace) go_on=(-S '') ;;
        :*) ;;
        *) values+=("${line%%$'\t'*}") ;;
        esac
    done
    for value in $values; do
        (( $#value > width )) && width=$#value
    done
    for line in ${found:#:*}; do
        shown+=("${(r:width:)${line%%$'\t'*}}${${line#*$'\t'}:+  ${line#*$'\t'}}")
    done
    (( $#values )) && compadd -o nosort -l -d shown "${go_on[@]}" -a values
    for line in ${(M)found:#:*$'\t'*}; do
        lead=${line#*$'\t'}
        [[ -z $lead ]] || compset -P "${(b)lead}"
        case $line in
        :files*) _files ;;
        :directories*) _files -/ ;;
        :users*) _users ;;
        :commands*) _command_names -e ;;
        esac
    done
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _pawl "$@"
else
    compdef _pawl pawl
fi
