#!/bin/sh
# SPDX-License-Identifier: MIT
# Finding jobs: every filter of get, alone and together; every way to name a job, on
# several verbs; and the table that stays up to date.
. "${0%/*}/lib.sh"

ids() { pawl get "$@" -q | tr '\n' ' '; }

start a1 'echo one'
expect_code 0 pawl wait a1 # one after the other: they are asked for by their ends
start a2 'exit 3'
expect_code 0 pawl wait a2
start b '  sleep 300'
a1=$(field a1 id) a2=$(field a2 id) b=$(field b id)

same "all, by id" "$(ids)" "$a1 $a2 $b "
same "by state" "$(ids --state Failed)" "$a2 "
same "by states" "$(ids --state Failed,Running)" "$a2 $b "
same "by state and name" "$(ids 'a*' --state Completed)" "$a1 "
same "a name that the state leaves out" "$(ids a1 --state Failed)" ""
expect_code 0 pawl get a1 --state Failed
same "an id that the state leaves out" "$(ids "$a1" --state Failed)" ""
same "a part that the state leaves out" "$(ids "$((a1 + 1))" --state Failed)" ""
same "a part that it does not" "$(ids "$a2:localhost" --state Failed --type local)" "$((a2 + 1)) "
same "a part whose job another filter leaves out" "$(ids "Job$((a2 + 1))" --type workflow)" ""
expect_code 0 pawl stop "$((b + 1))" --state Completed
same "what was left out is not stopped" "$(field b state)" Running
same "by its records" "$(pawl receive a2 --all --json | pawl get - -q | sort -un | tr '\n' ' ')" "$((a2 + 1)) "
same "by its steps" "$(pawl history a1 --json | pawl get - -q | tr '\n' ' ')" "$a1 "
same "by type" "$(ids --type local)" "$a1 $a2 $b "
same "by another type" "$(ids --type workflow)" ""
same "by command" "$(ids --command 'sleep 300')" "$b "
same "by a glob of it" "$(ids --command 'e*')" "$a1 $a2 "
pawl receive a2 >/dev/null 2>&1
same "with more" "$(ids --has-more)" "$a1 $b "
same "without" "$(ids --has-more=false)" "$a2 "
expect_code 2 pawl get --has-more=maybe
said maybe
same "the newest" "$(ids --newest 1)" "$a2 "
ended=$(field a1 ended)
same "ended after" "$(ids --after "$ended")" "$a2 "
same "ended before" "$(ids --before "$(field a2 ended)")" "$a1 "
expect_code 2 pawl get --after yesterday
same "parts, too" "$(ids --children a1)" "$a1 $((a1 + 1)) "
same "parts in a state" "$(ids --child-state Failed)" "$a2 $((a2 + 1)) "
expect_code 2 pawl get --state Broken
said Broken

# A mistake among several is said, and the others are served.
expect_code 3 pawl get a1 nobody "$b" 9999 'z*'
said "job nobody"
said "job 9999"
same "the rest" "$(ids a1 nobody "$b" 9999 'z*' 2>/dev/null)" "$a1 $b "
expect_code 0 pawl get 'z*'
for who in "$a1" a1 "$(field a1 uuid)" 'a[1]' 'a?' "$a1:localhost" "$((a1 + 1))" "Job$((a1 + 1))"; do
    expect_code 0 pawl get "$who"
    printed "echo one"
    expect_code 0 pawl receive "$who" --all
    printed one
    expect_code 0 pawl wait "$who" --timeout 5
    expect_code 0 pawl history "$who"
done
same "from standard input" "$(printf '%s\n\n%s\n' a1 "$b" | ids -)" "$a1 $b "
same "as JSON" "$(pawl get --children --json | ids - | wc -w | tr -d ' ')" 6
same "into another verb" "$(pawl get --state Running -q | pawl stop - --force --wait --json |
    jq -r .state)" Stopped

# Filters narrow what a verb is about, on every verb that takes jobs.
cat >"$work/waits.lua" <<'END'
print(wait_signal("go"))
print(ask("which?"))
END
expect_code 0 pawl run -d "$work/waits.lua" --name waits --meta env=test
expect_code 0 pawl run -d "$work/waits.lua" --name waits --meta env=prod
expect_code 0 pawl signal 'wait*' go 1 --meta env=test --state Running
become "$(pawl get --meta env=test -q)" Blocked
same "the other was not signalled" "$(pawl get --meta env=prod --json | jq -r .state)" Running
expect_code 0 pawl answer 'wait*' this --meta env=test
expect_code 0 pawl wait --meta env=test
expect_code 0 pawl rename waits renamed --meta env=prod
same "one of two of a name" "$(pawl get renamed --json | jq -r .meta.env)" prod
expect_code 0 pawl signal --meta env=prod go
become renamed Blocked
expect_code 2 pawl signal --state Running
expect_code 0 pawl stop --meta env=prod --force
expect_code 0 pawl retry 'rename*' --meta env=prod --unfinished -d
expect_code 0 pawl stop --state Running,Blocked --force

# What changes, as it changes.
start late 'sleep 0.5'
env --default-signal=INT "$PAWL" get late --watch --json >"$work/watched" &
watcher=$!
become late Completed
try grep -q Completed "$work/watched" || fail "the end was not watched"
kill -INT $watcher
wait $watcher
same "Ctrl-C is its end" $? 0
same "each once" "$(jq -r .state "$work/watched" | uniq | tail -1)" Completed
finish
