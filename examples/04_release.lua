-- 04_release.lua: prepare a release, wait for a person's word, switch over; back out
-- if the check afterwards fails.
--
--   pawl run -d examples/04_release.lua from=examples/hello into=/tmp/site tag=v1
--   pawl signal JOB go            # today or next week; the job needs no process to wait
--
-- The wait survives everything: the engine, the machine, the weekend.
workflow {
  about  = "Stage a release, wait for `pawl signal JOB go`, switch, check, or undo",
  params = {
    from   = { "string", required = true, about = "directory to release" },
    into   = { "string", required = true, about = "site directory: releases/ and current" },
    tag    = { "string", required = true },
    within = { "duration", default = "3d", about = "how long to wait for the word" },
  },
}

local release = params.into .. "/releases/" .. params.tag
local site = localhost:with { env = { INTO = params.into, NEW = release, FROM = params.from } }

site:run { 'mkdir -p "$NEW" && cp -R "$FROM"/. "$NEW"/', name = "stage" }
undo(function() site:run { 'rm -rf "$NEW"', name = "unstage" } end)
print("staged " .. release)

local word, why = wait_signal("go", { within = params.within })
if why == "timeout" then fail("nobody said go within the time") end

local before = site:run { 'readlink "$INTO/current" || true', name = "note the old one",
                          quiet = true }:trim()
undo(function()
  if before ~= "" then
    site:run { 'ln -sfn ' .. q(before) .. ' "$INTO/current"', name = "switch back" }
  else
    site:run { 'rm -f "$INTO/current"', name = "switch back" }
  end
end)
site:run { 'ln -sfn "$NEW" "$INTO/current"', name = "switch" }
site:run { 'test -s "$INTO/current/main.c"', name = "check",
           retry = { times = 3, every = "200ms", backoff = 2 } }
emit { current = release, before = before ~= "" and before or nil, word = word }
