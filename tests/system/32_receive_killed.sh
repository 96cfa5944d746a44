#!/bin/sh
# SPDX-License-Identifier: MIT
# A client is killed at every point of receiving: at each of its system calls, one run
# after the other (strace does it). What the killed ones have written, and what the last
# one writes, is every record, in order; only what was not acknowledged comes again.
. "${0%/*}/lib.sh"

command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null || {
    echo "skipped: strace is not here, or may not trace"
    exit 77
}

# Writes by itself for as long as the test goes on.
start source "i=0; while [ ! -e '$work/gate.source' ]; do i=\$((i + 1)); echo \$i; sleep 0.02; done"
try has_output source || fail "the source does not begin"

# Every call from the first connection to the engine on, as "KIND N": the Nth of its kind.
part=1
strace -f -o "$work/calls" "$PAWL" receive source --json >"$work/part.$part"
sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$work/calls" |
    awk '{ n[$1]++ } $1 == "connect" { on = 1 } on { print $1, n[$1] }' >"$work/points"
[ "$(wc -l <"$work/points")" -gt 50 ] || fail "strace tells too little"

killed=0
while read -r kind n; do
    part=$((part + 1))
    strace -f -o /dev/null -e trace="$kind" -e inject="$kind:signal=KILL:when=$n" \
        "$PAWL" receive source --json >"$work/part.$part" 2>/dev/null </dev/null
    [ $? -eq 137 ] && killed=$((killed + 1))
done <"$work/points"
[ $killed -gt 50 ] || fail "only $killed of $((part - 1)) were killed"
echo "killed at $killed of $((part - 1)) points"
open source
expect_code 0 pawl wait source
part=$((part + 1))
pawl receive source --json >"$work/part.$part"
same "the mark" "$(pawl receive source --json)" ""

# One after the other: whoever comes next begins where the last one stood, or before.
# A line that was cut off in the middle is of a killed one, and comes again.
i=0
while [ $i -lt $part ]; do
    i=$((i + 1))
    jq -Rc --arg part $i 'fromjson? | [($part | tonumber), .seq, .data]' "$work/part.$i"
done >"$work/all"
jq -s -e 'reduce .[] as [$part, $seq, $data] ({top: 0, last: 0, part: 0, bad: []};
        (if $part == .part then $seq == .last + 1 else $seq <= .top + 1 end) as $ok |
        .bad += (if $ok then [] else [[$part, $seq, .last]] end) |
        .top = ([.top, $seq] | max) | .last = $seq | .part = $part) |
    .bad == []' "$work/all" >/dev/null || fail "a record is missing, or out of order"
echo "$(wc -l <"$work/all") records came, $(jq -s 'map(.[1]) | unique | length' "$work/all") different ones"
pawl receive source --all >"$work/whole"
jq -rsj 'unique_by(.[1]) | .[][2]' "$work/all" | cmp - "$work/whole" ||
    fail "what was received is not what was written"
finish
