#!/bin/sh
# SPDX-License-Identifier: MIT
# The engine is killed again and again while eight hosts work: every step is counted
# once on its host, and what came of it is exact.
. "${0%/*}/lib.sh"
fleet 8

cat >"$work/work.lua" <<'LUA'
workflow { about = "steps that count" }
local r = hosts:each(function(h)
  local sum = 0
  for i = 1, 20 do
    sum = sum + h:run { "echo " .. i .. " >>/root/oracle; sleep 0.4; echo " .. i, quiet = true }:number()
  end
  h:run { "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.1; done" }
  return sum
end)
for _, h in ipairs(hosts) do print(h.name, r.values[h.name]) end
LUA
pawl run -d "$work/work.lua" --hosts 'host[1-8]' --name work >/dev/null
kills=0
while ! is_state work Completed && [ $kills -lt 40 ] && [ $failures -eq 0 ]; do
    sleep 0.4
    engine_kill
    kills=$((kills + 1))
    case $(state work) in Completed | Failed | Stopped) break ;; esac
done
expect_code 0 pawl wait work --force --check --timeout 120
echo "kills: $kills"
[ $kills -ge 5 ] || fail "only $kills kills"
for h in host1 host2 host3 host4 host5 host6 host7 host8; do
    same "steps of $h" "$(oracle $h | tr '\n' ' ')" "$(seq -s " " 20) "
    pawl receive work --all --host $h >"$work/got"
    for i in 1 2 3 4 5 6 7 8 9; do echo "line $i"; done | cmp -s - "$work/got" || fail "the output of $h is not exact: $(head -c 400 "$work/got")"
done
same "what the script made of it" "$(pawl receive work --all --json | jq -r 'select(.host == null and .stream == "output") | .data' | grep -c '	210$')" 8

finish
