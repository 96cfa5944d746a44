#!/bin/sh
# SPDX-License-Identifier: MIT
# Workflows that take all they can get: endless loops, also behind pcall and inside
# a library function, and tables without end. The job must be Suspended with the
# reason, its other jobs must not be held up, and it must be possible to stop it.
. "${0%/*}/lib.sh"

begin='workflow {} localhost:run { "echo began" }'
echo "$begin while true do end" >"$work/loop.lua"
echo "$begin for _ = 1, 1000 do pcall(function() while true do end end) end print 'escaped'" \
    >"$work/pcall.lua"
echo "$begin string.rep('a', 30):find(string.rep('a?', 30) .. string.rep('a', 31))
      string.rep('a', 100000):find('.-.-.-.-.-.-b')" >"$work/pattern.lua"
echo "$begin coroutine.wrap(function() while true do end end)()" >"$work/coroutine.lua"
echo "$begin local t = {} for i = 1, 1e9 do t[i] = { {}, {}, {} } end" >"$work/memory.lua"
echo "$begin local s = 'x' while true do s = s .. s end" >"$work/string.lua"

bystander_start
for name in loop pcall pattern coroutine; do
    expect_code 4 pawl run "$work/$name.lua" --name $name
    said "Suspended: the script ran too long without waiting"
    same "$name: what it did before is there" "$(pawl receive $name --all)" began
done
for name in memory string; do
    expect_code 4 pawl run "$work/$name.lua" --name $name
    said "Suspended: "
    said "memory"
done

# resumed, it ends there again; the engine answers all the while
expect_code 0 pawl resume loop
become loop Suspended
same "its step did not run again" "$(pawl history loop --json | jq -s length)" 1

expect_code 0 pawl stop --state Suspended --wait
same "all of them are stopped" "$(pawl get --state Stopped -q | wc -l)" 6
case $(field loop reason) in
*"no cleanup has run"*) ok "it says that no cleanup has run" ;;
*) fail "the reason of a stopped one: $(field loop reason)" ;;
esac

# before its header a script has no job yet: it is refused
echo 'while true do end' >"$work/headless.lua"
expect_code 2 pawl run "$work/headless.lua"
said "headless.lua"
bystander_end
finish
