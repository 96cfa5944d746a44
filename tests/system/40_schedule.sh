#!/bin/sh
# SPDX-License-Identifier: MIT
# Every verb of `pawl schedule`, by what it does to a real engine: jobs come in intervals,
# with their names and nominal times, of what was read when the schedule was added; and
# what is wrong is refused in words, before anything is made.
. "${0%/*}/lib.sh"

cd "$work" || exit 1
row='at_boot command created cron enabled every_ms failure jitter_ms keep last last_job missed missed_last'
row="$row name next notice overlap queue runs skipped timezone type unfinished uuid"
sched() { pawl schedule list --json | jq -r "select(.name == \"$1\").$2"; }
ran() { [ "$(sched "$1" runs)" -ge "$2" ]; }
instances() { pawl get --schedule "$1" --json; }

# A shell script, its input, environment and directory are those of now.
mkdir "$work/here" && cd "$work/here" || exit 1
echo 'cat; echo "$WORD $PWD $1"' >script.sh
echo input-now | WORD=now expect_code 0 pawl schedule add tick --every 1s \
    -- start --file script.sh --stdin - --meta of=tick -- arg
printed "every 1s"
echo 'echo changed' >script.sh
cd / || exit 1
try ran tick 2 || fail "it does not run"
expect_code 0 pawl schedule disable tick
expect_code 0 pawl wait tick
same "names, types, meta" "$(instances tick | jq -r '.name + " " + .type + " " + .meta.of' | sort -u)" \
    "tick local tick"
received "$(instances tick | jq -r .id | head -n 1)" "input-now
now $work/here arg"
same "no nominal time is there twice" "$(instances tick | jq -r .nominal | sort | uniq -d)" ""
same "they are a second apart" "$(instances tick | jq -r .nominal | cut -d. -f2 | sort -u | wc -l)" 1
runs=$(sched tick runs)
same "disabled: no next" "$(sched tick 'next | length')" 0
sleep 2
same "disabled: it rests" "$(sched tick runs)" "$runs"
expect_code 0 pawl schedule enable tick
try ran tick $((runs + 1)) || fail "enabled, it does not run"
expect_code 0 pawl schedule remove 'ti*'
same "removed" "$(pawl schedule list)" ""
[ "$(instances tick | wc -l)" -ge 3 ] || fail "its jobs are gone with it"

# A workflow, and its modules; hosts; outside of the plan.
printf 'return { say = function() print("module then") end }\n' >"$work/m.lua"
printf 'workflow { params = { n = { "integer", default = 1 } } }\nrequire("m").say() print(params.n)\n' >"$work/w.lua"
cd "$work" || exit 1
expect_code 0 pawl schedule add flow --cron '@yearly' --timezone UTC -- run w.lua n=7
echo 'return { say = function() print("changed") end }' >m.lua
expect_code 0 pawl schedule run flow
printed flow
expect_code 0 pawl wait flow --check
received flow "module then
7"
same "outside of the plan" "$(field flow 'nominal')" null
same "of a schedule" "$(field flow schedule)" flow
expect_code 0 pawl schedule add far --every 1d --disabled -- invoke --hosts localhost -- echo there
expect_code 0 pawl schedule run far
expect_code 0 pawl wait far --check
received far there

# list, show
expect_code 0 pawl schedule list
printed "@yearly UTC"
same "columns" "$(head -n 1 "$out" | tr -s ' ')" "Name When Next Last Overlap State Runs Command"
same "sorted by name" "$(pawl schedule list -q | tr '\n' ' ')" "far flow "
expect_code 0 pawl schedule list --json
same "keys" "$(jq -r 'keys | join(" ")' "$out" | sort -u)" "$row"
same "the next three" "$(jq -c 'select(.name == "flow").next | map(.[4:])' "$out")" \
    '["-01-01T00:00:00.000Z","-01-01T00:00:00.000Z","-01-01T00:00:00.000Z"]'
expect_code 0 pawl schedule list --wide
[ "$(grep -o -e '-01-01 ' "$out" | wc -l)" -eq 3 ] || fail "list --wide does not show three times"
expect_code 0 pawl schedule show flow
printed "w.lua n=7"
printed "overlap skip, missed run-once, keep all"
expect_code 0 pawl schedule show far --json
same "one object" "$(jq -r .name "$out")" far
expect_code 0 pawl help schedule
printed "pawl schedule add"
expect_code 0 pawl schedule add --help
printed "--overlap"

# Clocks of a place: half past two in Berlin's summer, and in its winter.
if [ -e /usr/share/zoneinfo/Europe/Berlin ]; then
    expect_code 0 pawl schedule add zoned --cron '30 2 1 1,7 *' --timezone Europe/Berlin -- start true
    same "in UTC" "$(sched zoned 'next | map(.[5:16]) | unique | join(" ")')" "01-01T01:30 07-01T00:30"
    expect_code 0 pawl schedule remove zoned
fi

# What is refused.
expect_code 4 pawl schedule add flow --every 1s -- start true
said "exists already"
expect_code 2 pawl schedule add x --cron '61 * * * *' -- start true
said 'minute "61"'
said "0 to 59"
expect_code 2 pawl schedule add x --cron '0 0 30 2 *' -- start true
said "never due"
expect_code 2 pawl schedule add x --cron '@daily' --timezone Europe/Atlantis -- start true
said "Europe/Atlantis"
expect_code 2 pawl schedule add x --every 10ms -- start true
said "one second"
expect_code 2 pawl schedule add x --every soon -- start true
said "--every soon"
expect_code 2 pawl schedule add x --every 1s --overlap both -- start true
said "skip, queue, parallel or replace"
expect_code 2 pawl schedule add x --every 1s --keep 0 -- start true
expect_code 2 pawl schedule add x --every 1s --at-boot -- start true
said "One of --cron"
expect_code 2 pawl schedule add x -- start true
expect_code 2 pawl schedule add x --every 1s
said "Behind --"
expect_code 2 pawl schedule add x --every 1s -- get
said "start, invoke or run, not get"
expect_code 2 pawl schedule add x --every 1s -- start
expect_code 2 pawl schedule add x --every 1s -- start --follow true
said "--follow"
expect_code 2 pawl schedule add x --every 1s -- invoke --hosts localhost -d true
said "--detach"
expect_code 2 pawl schedule add x --every 1s -- run w.lua --fold
expect_code 2 pawl schedule add x --every 1s -- run w.lua n=many
expect_code 2 pawl schedule add x --every 1s -- run none.lua
expect_code 2 pawl schedule add 'a b' --every 1s -- start true
said "name"
expect_code 2 pawl schedule lst
said "did you mean list"
expect_code 2 pawl schedule enable
expect_code 2 pawl schedule list --cron '@daily'
said "--cron does not belong"
expect_code 3 pawl schedule show none
said "no such schedule"
expect_code 3 pawl schedule run none
expect_code 3 pawl schedule disable none far # the others are served
expect_code 0 pawl schedule disable 'none*'
same "nothing of it was made" "$(pawl schedule list -q | tr '\n' ' ')" "far flow "

# All of it outlives the engine, and doctor finds it whole.
pawl daemon --stop
expect_code 0 pawl doctor
printed "orphans  0"
same "after a restart" "$(pawl schedule list -q | tr '\n' ' ')" "far flow "
finish
