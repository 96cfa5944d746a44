#!/bin/sh
# SPDX-License-Identifier: MIT
# Modules beside the workflow: sent and pinned with the job at its start, so that an
# edit, or the loss of the file, changes nothing that runs, also in another engine;
# a missing one, and one that is no Lua, is told before the job exists. Nothing else
# can be required.
. "${0%/*}/lib.sh"

mkdir -p "$work/flow/lib"
cat >"$work/flow/deploy.lua" <<'EOF2'
local web = require "lib.web"   -- before the header: it may be
workflow { params = { tag = { "string", default = "v1" } } }
-- require "not.this" and not this: 'require "nor.this"'
print(web.greet(params.tag), require("lib.util") == require 'lib.util')
localhost:run "touch begun; while ! [ -e go ]; do sleep 0.05; done"
print(web.greet "late", (require [[late]]).word)
print(pcall(require, "os"))
EOF2
cat >"$work/flow/lib/web.lua" <<'EOF2'
local util = require "lib.util"
local web = {}
function web.greet(name) return util.shout("hello " .. name) end
return web
EOF2
echo 'return { shout = string.upper }' >"$work/flow/lib/util.lua"
echo 'print "loading late" return { word = "pinned" }' >"$work/flow/late.lua"

cd "$work" || exit 1
expect_code 0 pawl run -d flow/deploy.lua --name pinned
try test -e begun || fail "it does not begin"
rm -r flow/lib
echo 'return { word = "edited" }' >flow/late.lua
engine_kill
touch go
expect_code 0 pawl wait pinned --check --timeout 60
received pinned "HELLO V1	true
loading late
HELLO LATE	pinned
false	deploy.lua:7: require: module 'os' was not pinned with this job: name it literally, require \"os\", and have its file beside the script"

expect_code 2 pawl run flow/deploy.lua
said "deploy.lua:1: require \"lib.web\": cannot open flow/lib/web.lua: No such file or directory"
echo 'require "../../etc/passwd"' >escape.lua
expect_code 2 pawl run escape.lua
said "a module's name is words of letters, digits, _ and -, joined by dots"
echo 'require "broken"' >uses.lua
printf 'local x = 1\nx = = 2\n' >broken.lua
expect_code 2 pawl run uses.lua
said "broken.lua:2: unexpected symbol"
echo 'require "b"' >a.lua
echo 'require "a"' >b.lua
expect_code 1 pawl run a.lua --name circle
same "a circle is told" "$(field circle reason | grep -o 'modules require each other in a circle')" \
    "modules require each other in a circle"
echo 'require "waits"' >main.lua
echo 'sleep(1)' >waits.lua
expect_code 1 pawl run main.lua --name waits
same "a module defines, it does not wait" "$(field waits reason | cut -d: -f3-)" \
    " sleep: a step cannot wait inside a callback of 'require'"
same "only what could run has run" "$(pawl get --json | jq -r .name | tr '\n' ' ')" \
    "pinned circle waits "
finish
