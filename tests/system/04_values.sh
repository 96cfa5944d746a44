#!/bin/sh
# SPDX-License-Identifier: MIT
# Values that cannot be kept: a command's output beyond what a script may hold, and
# things given to emit that have no form on disk. Each raises inside the script, where
# pcall catches it; the output itself is in the stream, complete.
. "${0%/*}/lib.sh"

cat >"$work/result.lua" <<'EOF'
workflow {}
local r = localhost:run { "head -c 3000000 /dev/zero | tr '\\0' x" }
local fine, failure = pcall(function() return r.out end)
emit { fine = fine, kind = failure.kind, text = tostring(failure), code = r.code }
EOF
cat >"$work/uncaught.lua" <<'EOF'
workflow {}
local r = localhost:run { "head -c 3000000 /dev/zero", quiet = true }
print(#r.out)
EOF
cat >"$work/emit.lua" <<'EOF'
workflow {}
local deep = {}
local at = deep
for _ = 1, 300 do at.x = {}; at = at.x end
local loop = {}
loop.loop = loop
local given = {
  ["function"] = print, deep = deep, loop = loop, large = ("x"):rep(30000000),
  inside = { a = { b = coroutine.create(print) } },
}
for name, value in pairs(given) do
  local fine, text = pcall(emit, value)
  emit { name = name, fine = fine, text = tostring(text):sub(1, 300) }
end
EOF

expect_code 0 pawl run "$work/result.lua" --name result --json
same "bytes in the stream" \
    "$(pawl receive result --all --json | jq -j 'select(.data).data' | wc -c)" 3000000
pawl receive result --all --json | jq -c 'select(.value).value' >"$out"
same "reading it raised" "$(jq -c '[.fine, .kind, .code]' "$out")" '[false,"too_large",0]'
printed "3000000 bytes"
printed "in the job's streams"

cat >"$work/real.lua" <<'EOF'
emit { 0.56, 0.1 + 0.2, 3.0, 1e300, -0.1, "0.56000000000000005 \"1.0e5\"" }
emit(1.1)
EOF
reals='[0.56,0.30000000000000004,3.0,1e+300,-0.1,"0.56000000000000005 \"1.0e5\""]'
pawl run "$work/real.lua" >"$out"
same "reals are as short as they can be" "$(head -n 1 "$out")" "$reals"
same "a real alone" "$(tail -n 1 "$out")" 1.1
pawl receive --all --json "$(pawl get -q | tail -n 1)" >"$out"
printed "$reals"

expect_code 1 pawl run "$work/uncaught.lua"
said "uncaught.lua:3:"

expect_code 0 pawl run "$work/emit.lua"
same "none of them was taken" "$(jq -s 'map(select(.fine)) | length' "$out")" 0
same "all of them were told" "$(jq -s length "$out")" 5
same "each with the line" "$(jq -r .text "$out" | grep -c 'emit.lua:1[0-9]: emit')" 5
printed "a function cannot be stored"
printed "a coroutine cannot be stored"
printed "nested this deep"
finish
