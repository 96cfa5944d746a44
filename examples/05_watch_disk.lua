-- 05_watch_disk.lua: look at a file system again and again; act when it fills up.
--
--   pawl run -d examples/05_watch_disk.lua path=/ limit=90 every=1h times=24
--
-- Between two looks the job sleeps, and a sleeping job is only rows on disk: kill
-- the engine, reboot, it wakes when it is due.
workflow {
  about  = "Measure a file system at intervals; list the largest files above a limit",
  params = {
    path  = { "string", default = "/" },
    limit = { "integer", default = 90, min = 0, max = 100, about = "percent in use" },
    every = { "duration", default = "1h" },
    times = { "integer", default = 24, min = 1 },
    list  = { "string", required = true, about = "directory whose largest files are listed" },
  },
}

local worst = 0
for i = 1, params.times do
  local used = localhost:run { "df -P -- " .. q(params.path) .. " | awk 'NR == 2 { print $5 + 0 }'",
                               name = "measure", quiet = true }:number()
  -- What only this machine knows and no command need tell: one once() step.
  local load = once("load average", function()
    local f = io.open("/proc/loadavg")
    local text = f:read("a")
    f:close()
    return tonumber(text:match("^(%S+)"))
  end)
  emit { look = i, used = used, load = load }
  worst = math.max(worst, used)
  if used >= params.limit then
    log.warn(("%s is %d %% full"):format(params.path, used))
    localhost:run { 'find "$L" -xdev -type f -printf "%s %p\\n" | sort -rn | head -n 5',
                    name = "largest files", env = { L = params.list } }
  end
  progress(i, params.times)
  if i < params.times then sleep(params.every) end
end
print(("worst: %d %%"):format(worst))
