#!/bin/sh
# SPDX-License-Identifier: MIT
# Workflows that are wrong before they begin: syntax, header, parameters that are
# missing, misspelt or of another type. Each must be refused with exit code 2 and
# the line or the parameter at fault, and no job may come of it.
. "${0%/*}/lib.sh"

cat >"$work/syntax.lua" <<'EOF'
local fine = 1
local broken = = 2
EOF
cat >"$work/header.lua" <<'EOF'
workflow { params = { n = { "intger" } } }
EOF
cat >"$work/late.lua" <<'EOF'
workflow { params = { tag = { "string", required = true } } }
print(params.tag)
prnt("never")
EOF
cat >"$work/params.lua" <<'EOF'
workflow {
  about  = "Takes one of each",
  params = {
    tag   = { "string", required = true, about = "what to release" },
    batch = { "integer", default = 2, min = 1, max = 9 },
    share = { "number", default = 0.5 },
    force = { "boolean", default = false },
    every = { "duration", default = "1m" },
    where = { "choice", choices = { "here", "there" }, default = "here" },
  },
}
emit(params)
EOF

bystander_start
expect_code 2 pawl run "$work/syntax.lua"
said "syntax.lua:2:"
expect_code 2 pawl run "$work/header.lua"
said "intger"
expect_code 2 pawl run "$work/params.lua"
said "parameter 'tag' is required"
expect_code 2 pawl run "$work/params.lua" tga=v1
said "unknown parameter 'tga'; did you mean 'tag'?"
expect_code 2 pawl run "$work/params.lua" tag=v1 batch=many
said "parameter 'batch': must be a whole number, not 'many'"
expect_code 2 pawl run "$work/params.lua" tag=v1 batch=0
said "must be at least 1"
expect_code 2 pawl run "$work/params.lua" tag=v1 batch=10
said "'batch'"
expect_code 2 pawl run "$work/params.lua" tag=v1 share=half
said "'share'"
expect_code 2 pawl run "$work/params.lua" tag=v1 force=maybe
said "parameter 'force': must be true or false, not 'maybe'"
expect_code 2 pawl run "$work/params.lua" tag=v1 every=often
said "'every'"
expect_code 2 pawl run "$work/params.lua" tag=v1 where=everywhere
said "must be one of 'here', 'there', not 'everywhere'"
expect_code 2 pawl run "$work/params.lua" tag
said "parameter tag: KEY=VALUE is expected"
echo '{"tag":' >"$work/bad.json"
expect_code 2 pawl run "$work/params.lua" --params "$work/bad.json"
said "bad.json"
echo '["tag"]' >"$work/list.json"
expect_code 2 pawl run "$work/params.lua" --params "$work/list.json"
same "jobs so far" "$(pawl get --type workflow -q | wc -l)" 0

# the same, right
expect_code 0 pawl run "$work/params.lua" --help
printed "Takes one of each"
printed "what to release"
echo '{"tag":"v1","batch":3,"force":true}' >"$work/good.json"
expect_code 0 pawl run "$work/params.lua" --params "$work/good.json" batch=4 every=90s
same "parameters: the command line wins, the rest is typed and defaulted" \
    "$(jq -c '[.tag, .batch, .share, .force, .where]' "$out")" '["v1",4,0.5,true,"here"]'

# an error on the way is the job's failure, with the author's line
expect_code 1 pawl run "$work/late.lua" tag=v1 --name late
said "late.lua:3:"
same "its state" "$(state late)" Failed
case $(field late reason) in
*late.lua:3:*) ok "its reason has the line" ;;
*) fail "its reason: $(field late reason)" ;;
esac
bystander_end
finish
