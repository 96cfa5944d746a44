# SPDX-License-Identifier: MIT
# The far end of a transfer. It is asked one line at a time on its standard input, and
# answers each with one line behind the marker, so that nothing a login prints can be
# taken for an answer. Bytes follow a line only when the other side has asked for them:
# sh, and busybox's head, read ahead.
#
#   $1 marker  $2 put or get  $3 path  $4 the file's own name  $5 id  $6 where relative
#   paths begin ('': here)

p_marker=$1

tell() { printf '%s %s\n' "$p_marker" "$1"; }

# One line, whatever is in a name.
refuse() {
    tell "no $(printf '%s' "$1" | tr '\n\r' '  ')"
    exit 1
}

# ATTEMPT.TRY SIZE HOW: so many bytes come. A link that breaks ends them early: of what came
# nothing stays.
take() {
    begin "$p_id" "$1"
    tell go
    fill "$2" || exit 1
    sum "$3" "$p_part"
    tell "sum $p_sum"
}

# It ends with its input. A signal on the way out would leave the part behind.
trap drop_part EXIT
trap '' HUP INT TERM
p_id=$5
printf '\n' # the first answer begins on a line of its own
[ -z "$6" ] || cd -- "$6" 2>/dev/null || refuse "cannot enter the directory $6"
path "$3"
find_sums
if [ "$2" = put ]; then
    aim "$p_path" "$4"
    [ -d "$p_dir" ] || refuse "there is no directory $p_dir"
    look_target
else
    p_to=$p_path
    look_source "$p_to" get
fi
tell "ready ${p_sums:-none} $p_kind ${p_size:--} ${p_mode:--}"
while read -r p_verb p_1 p_2 p_3; do
    case $p_verb in
    sum) sum "$p_1" "$p_to" && tell "sum $p_sum" ;;
    mode)
        p_why=$(chmod "$p_1" "$p_to" 2>&1) || refuse "cannot change the mode of $p_to: ${p_why##*: }"
        tell done
        ;;
    take) take "$p_1" "$p_2" "$p_3" ;;
    place) place "$p_1" "$p_2" && tell done ;;
    give) tell go && pour "$p_1" "$p_to" ;;
    esac
done
