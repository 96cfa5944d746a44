#!/bin/sh
# SPDX-License-Identifier: MIT
# Output that is no text: NULs, invalid UTF-8, escape sequences that would take over
# a terminal, also in a job's name. In a pipe every byte must come out as it went in,
# in JSON as base64 where it is not UTF-8, and on a terminal nothing may act.
. "${0%/*}/lib.sh"

# shellcheck disable=SC1003 # a backslash, then a quote
raw='a\000b\377\376\200c\303\n\342\202\254 no newline'
start bytes "printf '$raw'; printf 'e\000\377' >&2"
expect_code 0 pawl wait bytes
# shellcheck disable=SC2059 # the format is the text
printf "$raw" >"$work/wanted"
pawl receive bytes --all --stream output | cmp - "$work/wanted" || fail "output is not exact"
pawl receive bytes --all 2>/dev/null | cmp - "$work/wanted" || fail "output is mixed with errors"
same "errors, exact" "$(pawl receive bytes --all 2>&1 >/dev/null | od -An -tx1 | tr -d ' ')" 6500ff
pawl receive bytes --all --json >"$out"
jq -r 'select(.stream == "output").data_b64' "$out" | base64 -d | cmp - "$work/wanted" ||
    fail "data_b64 is not exact"
same "no text beside it" "$(jq -s 'map(select(has("data"))) | length' "$out")" 0

start text "printf 'gr\303\274n \\t\\\\ \"\n'"
expect_code 0 pawl wait text
same "UTF-8 is text in JSON" "$(pawl receive text --all --json | jq -r .data)" \
    "$(printf 'gr\303\274n \t\\ "')"

# all 256 bytes, on standard input and through a file of 100,000 random ones
i=0
while [ $i -lt 256 ]; do
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $i)"
    i=$((i + 1))
done >"$work/all"
head -c 100000 /dev/urandom >>"$work/all"
start copy cat --stdin "$work/all"
pawl receive copy --wait | cmp - "$work/all" || fail "stdin to output is not exact"

# escape sequences: clear the screen, set the title, C1's CSI as a byte and as UTF-8
escape=$(printf '\033')
start "e${escape}[31mx" "printf '\033[2Jred\033]0;title\007\n\233m \302\2331m\t.\r\n'"
expect_code 0 pawl wait 'e*'
same "in a pipe they are as they were" "$(pawl receive 'e*' --all | od -An -tx1 | tr -d ' \n')" \
    1b5b324a7265641b5d303b7469746c65070a9b6d20c29b316d092e0d0a
if command -v script >/dev/null; then
    SHELL=/bin/sh script -qec "'$PAWL' receive 'e*' --all; '$PAWL' get 'e*' --wide" /dev/null \
        </dev/null >"$out"
    printed '\x1b[2Jred\x1b]0;title\x07'
    printed '\x9bm'
    printed '\u{009b}1m'
    printed 'e\x1b[31mx'
    # what is left of escapes is our own colours
    same "no escape of theirs" \
        "$(sed "s/$escape\\[[0-9;]*m//g" "$out" | LC_ALL=C tr -d '\t\r\n -~' | wc -c)" 0
fi
finish
