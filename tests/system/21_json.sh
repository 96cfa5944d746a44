#!/bin/sh
# SPDX-License-Identifier: MIT
# --json: every line of every verb must parse, with all the keys that are promised and
# null where something is not known, whatever names and output hold.
. "${0%/*}/lib.sh"

job='bytes children command created ended exit_code failed failure has_more host id location meta name'
job="$job nominal notice parent progress question questions reason schedule started state total type unread uuid"
step='attempt code ended host job kind line name ordinal outcome reason started state strand'

# keys NAME WANTED: of each line in $out
keys() {
    same "keys of $1" "$(jq -r 'keys | join(" ")' "$out" | sort -u)" "$2"
}

# shellcheck disable=SC1003
name='quo"te \ '$(printf '\302\240\303\251\t')
expect_code 0 pawl start -c 'echo out; echo err >&2; exit 3' --name "$name" --json
keys "start's row" "$job"
expect_code 0 pawl wait 1 --json
keys "wait's rows" "$job"
expect_code 0 pawl get --children --json
keys "get's rows" "$job"
same "the name" "$(jq -r 'select(.id == 1).name' "$out")" "$name"
same "parent and child" "$(jq -c '[.id, .parent, .host, .children]' "$out" | tr '\n' ' ')" \
    '[1,null,null,[2]] [2,1,"localhost",[]] '
same "times are RFC 3339" "$(jq -r '.created, .ended' "$out" |
    grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$')" 4
expect_code 0 pawl history 1 --json
keys "steps" "$step"
expect_code 0 pawl receive 1 --all --json
keys "records" "attempt data host job seq step stream time"
same "seq is in order" "$(jq -s -c 'map(.seq) == (map(.seq) | sort | unique)' "$out")" true
expect_code 0 pawl status --json
same "one line" "$(jq -s length "$out")" 1
for key in pid version home socket uptime_s jobs commits store_bytes resident parked links; do
    jq -e "has(\"$key\")" "$out" >/dev/null || fail "status has no $key"
done
finish
