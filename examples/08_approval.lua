-- 08_approval.lua: a release to a canary, a person's look at it, then to all others.
--
--   pawl run -d examples/08_approval.lua --hosts 'web[01-12]' file=app.conf to=/etc/app.conf
--   pawl answer                      # what is asked, by which job
--   pawl answer JOB yes
--
-- Between the two batches the job needs no process and no memory; days may pass. A "no", or
-- nobody's answer in time, takes the canary back to what it had.
workflow {
  about  = "Copy a file to a canary, ask, then copy it to the rest",
  params = {
    file   = { "string", required = true, about = "file here" },
    to     = { "string", required = true, about = "path on the hosts" },
    reload = { "string", default = "true", about = "shell text that makes it count" },
    within = { "duration", default = "3d", about = "how long to wait for the answer" },
  },
}

local function release(host)
  host:run { 'if [ -e "$1" ]; then cp -p -- "$1" "$1.before"; else rm -f -- "$1.before"; fi', args = { params.to },
             name = "keep the old one" }
  undo(function()
    host:run { 'if [ -e "$1.before" ]; then mv -f -- "$1.before" "$1"; else rm -f -- "$1"; fi', args = { params.to },
               name = "put it back" }
    host:run { params.reload, name = "reload" }
  end)
  host:put(params.file, params.to, { name = "put" })
  host:run { params.reload, name = "reload" }
end

local batches = hosts:batches { 1, #hosts }
local canary, rest = batches[1], batches[2]

local first = canary:each(release)
if not first.ok then fail("the canary failed; nothing else was touched") end
print("released to " .. canary[1].name)

local ok, why = approve { "Released to " .. canary[1].name .. ". Go on with the other " .. (#hosts - 1) .. "?",
                          within = params.within }
if not ok then fail(why == "timeout" and "nobody answered in time" or "rejected") end

if rest then
  local result = rest:each({ throttle = 8 }, release)
  print(fmt("released to %d of %d hosts", #result.succeeded + 1, #hosts))
end
