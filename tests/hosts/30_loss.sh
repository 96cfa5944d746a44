#!/bin/sh
# SPDX-License-Identifier: MIT
# Cables that drop every third packet, both ways: jobs are slower, and nothing else. Four
# hosts that are connected work through steps with output; one of them loses its link, too,
# and must log in again over such a cable.
. "${0%/*}/lib.sh"
fleet 4

expect_code 0 pawl invoke --hosts 'host[1-4]' true
hosts loss all 30

cat >"$work/lossy.lua" <<'LUA'
workflow { about = "steps with output" }
local r = hosts:each(function(h)
  local sum = 0
  for i = 1, 4 do sum = sum + #h:run { "echo " .. i .. " >>/root/oracle; seq " .. i .. " 4000", quiet = true }.out end
  h:run "echo last >>/root/oracle; seq 1 6000"
  return sum
end)
for _, h in ipairs(hosts) do print(h.name, r.values[h.name]) end
LUA
pawl run -d "$work/lossy.lua" --hosts 'host[1-4]' --name lossy >/dev/null
try has_counted host1 2 || fail "nothing is done on host1"
kill -9 "$(link_of host1)" || fail "host1 has no link"
expect_code 0 pawl wait lossy --force --check --timeout 200
hosts loss all 0
sum=0
for i in 1 2 3 4; do sum=$((sum + $(seq $i 4000 | wc -c))); done
for h in host1 host2 host3 host4; do
    same "steps of $h" "$(oracle $h | tr '\n' ' ')" "1 2 3 4 last "
    pawl receive lossy --all --host $h >"$work/got"
    seq 1 6000 | cmp -s - "$work/got" || fail "the output of $h is not exact: $(wc -c <"$work/got") bytes"
done
same "what the script got" "$(pawl receive lossy --all --json |
    jq -r 'select(.host == null and .stream == "output") | .data' | grep -c "	$sum\$")" 4

finish
