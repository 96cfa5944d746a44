#!/bin/sh
# SPDX-License-Identifier: MIT
# The HTTP API by curl alone, as docs/http-api.md has it: every request of the page, what
# it refuses, a request made twice, and that the page names every path that there is.
. "${0%/*}/lib.sh"
root=${0%/*}/../..

pawl start -c true >/dev/null # an engine
socket=$PAWL_HOME/engine.sock
requests=$work/requests

# api METHOD PATH [BODY] [CURL OPTION]...: the answer in $out, its status in $status.
api() {
    l_method=$1 l_path=$2 l_body=${3:-}
    [ $# -lt 3 ] && shift 2 || shift 3
    echo "$l_method $l_path" >>"$requests"
    status=$(curl -s -o "$out" -w '%{http_code}' --unix-socket "$socket" -X "$l_method" \
        ${l_body:+-d "$l_body"} "$@" "http://pawl$l_path")
}

# answers STATUS METHOD PATH [BODY] [CURL OPTION]...
answers() {
    l_want=$1
    shift
    api "$@"
    if [ "$status" = "$l_want" ]; then
        ok "$1 $2: $status"
    else
        fail "$1 $2: $status, wanted $l_want: $(head -c 300 "$out")"
    fi
}

# is JQ WANTED: of the last answer.
is() { same "$1" "$(jq -r "$1" "$out" | tr '\n' ' ' | sed 's/ *$//')" "$2"; }

answers 200 GET /v1/status
is '.pid > 1 and .version != null and .jobs != null' true

# ---- a job from its start to its removal
answers 201 POST /v1/jobs '{"type":"local","name":"one","command":"echo it","params":{"shell":"echo x; echo y >&2; exit 3"}}'
is '[.id, .name, .type, .state != null] | @csv' '3,"one","local",true'
answers 200 GET '/v1/jobs/3/wait?for=finished&timeout_ms=60000'
is '[.reached, .timed_out, .done[0].state] | @csv' 'true,false,"Failed"'
answers 200 GET '/v1/wait?ids=1,3&any=1'
answers 200 GET /v1/jobs/3
is '[.exit_code, .unread, .failed, .total] | @csv' '3,3,1,1'
answers 200 GET /v1/jobs/3:localhost
is '[.parent, .host, .unread] | @csv' '3,"localhost",3'
answers 200 GET "/v1/jobs/$(jq -r .uuid "$out")"
is .id 4
answers 200 GET '/v1/jobs?state=Failed&name=o*&children=1&has_more=1&command=echo*&type=local'
is .id '3 4'
answers 200 GET '/v1/jobs?newest=1&after=2020-01-31T12:00:00Z&before=99999999999999&ids=1,3'
is .id 3
answers 200 GET '/v1/jobs/3/records?since=mark'
is '.stream' 'output error error'
answers 200 GET '/v1/jobs/3/records?own=1'
answers 200 GET '/v1/jobs/4/records?follow=1&rows=1&until=finished'
is 'select(.seq) | .data' 'x  y  exit code 3'
answers 200 GET '/v1/jobs/3/events?follow=1'
is '.state' Failed
answers 200 GET /v1/jobs/3/steps
is '[.kind, .state, .code] | @csv' '"run","failed",3'
answers 200 POST /v1/jobs/4/mark '{"seq":1}'
answers 200 GET /v1/jobs/3
is .unread 2
answers 200 GET '/v1/jobs/3/records?since=mark&lease=1'
is .seq '2 3'
answers 200 POST /v1/jobs/3/mark '{"seq":3}'
answers 200 GET '/v1/jobs/3/records?since=mark'
same "nothing is unread" "$(cat "$out")" ""
answers 200 POST /v1/jobs/3/rename '{"name":"uno"}'
is .name uno
answers 201 POST /v1/jobs/3/retry '{"failures":["failed"],"name":"again"}'
is .name again
again=$(jq .id "$out")
answers 200 GET "/v1/jobs/$again/wait"
answers 200 DELETE /v1/jobs/3
answers 404 GET /v1/jobs/3
is .error.code no_such_job

# ---- what people do to a job that goes on
text='print(wait_signal("go").n) print(ask{ "which?", choices = { "a", "b" } }) sleep("1h")'
answers 201 POST /v1/jobs "$(jq -n --arg text "$text" '{type: "workflow", script: {name: "w.lua", text: $text},
    meta: {ticket: 42}, env: {X: "1"}}')"
flow=$(jq .id "$out")
answers 200 POST "/v1/jobs/$flow/suspend" '{"force":true}'
answers 200 GET "/v1/jobs/$flow/wait?for=Suspended"
answers 200 POST "/v1/jobs/$flow/resume"
answers 200 POST "/v1/jobs/$flow/signal" '{"name":"go","value":{"n":7}}'
answers 200 GET "/v1/jobs/$flow/wait?for=Blocked"
answers 200 GET "/v1/jobs/$flow"
is '[.question, .questions[0].choices[1], .meta.ticket] | @csv' '"which?","b",42'
answers 400 POST "/v1/jobs/$flow/answer" '{"answer":"c"}'
answers 200 POST "/v1/jobs/$flow/answer" '{"answer":"b"}'
answers 409 DELETE "/v1/jobs/$flow"
is .error.code wrong_state
answers 200 POST "/v1/jobs/$flow/stop" '{"grace_ms":100}'
answers 200 GET "/v1/jobs/$flow/wait"
answers 200 GET "/v1/jobs/$flow/records"
is 'select(.stream == "output") | .data' '7  b'
answers 200 DELETE "/v1/jobs/$flow?force=1"

# ---- a change asked for twice is made once
id=11111111-2222-4333-8444-555555555555
for try in 1 2; do
    answers 201 POST /v1/jobs '{"type":"local","params":{"shell":"true"}}' -H "Pawl-Request: $id"
    jq .id "$out" >"$work/id.$try"
done
same "one job" "$(cat "$work/id.1")" "$(cat "$work/id.2")"

# ---- retention
answers 200 PUT /v1/retention '{"age_ms":86400000,"count":1000}'
answers 200 GET /v1/retention
is '[.age_ms, .count, .bytes] | @csv' '86400000,1000,'
answers 400 PUT /v1/retention '{"count":-1}'
answers 200 PUT /v1/retention '{"age_ms":null,"count":null}'

# ---- schedules
answers 201 POST /v1/schedules '{"name":"nightly","cron":"30 2 * * *","timezone":"Europe/Berlin","overlap":"queue",
    "keep":3,"job":{"type":"local","command":"echo n","params":{"shell":"echo n"}}}'
is '[.name, .enabled, .overlap, .next != null] | @csv' '"nightly",true,"queue",true'
answers 409 POST /v1/schedules '{"name":"nightly","every_ms":1000,"job":{"type":"local","params":{"shell":"true"}}}'
answers 400 POST /v1/schedules '{"name":"x","cron":"61 * * * *","job":{"type":"local","params":{"shell":"true"}}}'
answers 200 GET /v1/schedules
is .name nightly
answers 200 GET /v1/schedules/nightly
answers 200 POST /v1/schedules/nightly/disable
is .enabled false
answers 200 POST /v1/schedules/nightly/enable
answers 201 POST /v1/schedules/nightly/run
is '[.schedule, .name] | @csv' '"nightly","nightly"'
answers 200 GET '/v1/jobs?schedule=night*'
answers 200 DELETE /v1/schedules/nightly
answers 404 GET /v1/schedules/nightly

# ---- scripts, backup, hosts
answers 200 GET /v1/scripts
is '.scripts[0]' collect
answers 200 GET /v1/scripts/restart
is .name restart.lua
answers 200 POST /v1/scripts/header '{"name":"p.lua","text":"workflow { params = { n = \"integer\" } }"}'
is '.params[0].type' integer
answers 200 POST /v1/backup "{\"path\":\"$work/copy\"}"
[ -e "$work/copy/data.mdb" ] || fail "there is no copy"
answers 202 POST /v1/take-over
answers 200 POST /v1/hosts/check '{"hosts":[{"name":"nowhere","dest":"nobody@127.0.0.1:1"}],"timeout_ms":20000}'
is .reached false

# ---- refusals
answers 404 GET /v1/nothing
answers 405 PUT /v1/status
answers 400 POST /v1/jobs '{"type":"local"'
answers 400 POST /v1/jobs '{"type":"local","params":{"shell":"true"},"colour":1}'
answers 400 GET '/v1/jobs?state=Broken'
answers 400 GET /v1/jobs/x:y:z
head -c 20000000 /dev/zero >"$work/large"
answers 413 POST /v1/jobs '' --data-binary "@$work/large"


# ---- every path is documented, and was asked for above
sed -n 's|^    { "\([A-Z]*\)", "\(/v1/[^"]*\)".*|\1 \2|p' "$root/engine/control/route.c" |
    while read -r method path; do
        pattern=$(echo "$path" | sed 's|\*|[^/?]*|g')
        grep -q "^$method $pattern\([?]\|\$\)" "$requests" || [ "$path" = /v1/shutdown ] ||
            fail "nobody has asked: $method $path"
        verb=${path##*/}
        place=$(echo "$path" | sed 's|/\*/[a-z-]*$||; s|/\*$||')
        grep -q "$place" "$root/docs/http-api.md" && { [ "$verb" = '*' ] ||
            grep -q "\`$verb\`\|/$verb\`" "$root/docs/http-api.md"; } ||
            fail "docs/http-api.md does not name $method $path"
    done >"$work/paths"
cat "$work/paths"
[ ! -s "$work/paths" ] || failures=$((failures + 1))

answers 202 POST /v1/shutdown
try test ! -e "$socket" || fail "the engine goes on"
finish
