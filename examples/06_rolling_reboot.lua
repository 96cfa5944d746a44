-- 06_rolling_reboot.lua: reboot hosts a few at a time, a canary first, each checked before
-- the next batch begins.
--
--   pawl run examples/06_rolling_reboot.lua --hosts 'web[01-12]' check='curl -fsS localhost:8080/health'
--
-- A reboot is proved by the boot id and a login. Whichever goes down in the middle, a host,
-- the cable or this machine, the job goes on where it stood, and reboots nobody twice.
workflow {
  about  = "Reboot hosts in batches, canary first, with a health check",
  params = {
    batch  = { "integer", default = 2, min = 1, about = "hosts at once, behind the canary" },
    drain  = { "string", default = "true", about = "shell text that takes a host out of service" },
    check  = { "string", default = "true", about = "shell text that exits with 0 when it is well" },
    within = { "duration", default = "5m", about = "how long that may take" },
    pause  = { "duration", default = "1s", about = "between two batches" },
  },
}

local function uptime(host)
  return host:run { "cut -d. -f1 /proc/uptime", quiet = true, name = "uptime" }:number()
end

local result = hosts:rolling({ batches = { 1, params.batch }, pause = params.pause, max_failures = 0 },
  function(host)
    host:run { params.drain, name = "drain" }
    local before = uptime(host)
    host:reboot { timeout = "15m" }
    host:wait_until(params.check, { name = "health", timeout = params.within, every = "1s" })
    emit { host = host.name, was_up_s = before, is_up_s = uptime(host) }
  end)
print("rebooted " .. #result.succeeded .. " of " .. #hosts .. " hosts")
