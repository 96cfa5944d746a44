-- restart.lua: restarts a service on hosts, a batch at a time, each host checked before it counts.
--
--   pawl run restart --hosts @web service=nginx
--   pawl run restart --hosts 'web[01-12]' service=app batches=1,25% check='curl -fsS localhost:8080/health' as=root
workflow {
  about  = "Restart a service on hosts, in batches, with a health check",
  params = {
    service      = { "string", required = true, about = "its name, for systemctl, service or rc-service" },
    command      = { "string", about = "shell text that restarts it, instead" },
    check        = { "string", about = "shell text that exits with 0 when the host is well; else: the service is active" },
    within       = { "duration", default = "2m", about = "how long a host may take to be well" },
    batches      = { "list", default = { "1", "25%" }, about = "sizes of the batches; the last one repeats" },
    pause        = { "duration", default = 0, about = "between batches" },
    max_failures = { "integer", default = 0, min = 0, about = "hosts that may fail before no further batch begins" },
    as           = { "string", about = "user to do it as, by sudo" },
  },
}

local named = "s=" .. q(params.service) .. "\n"

local restart = params.command or named .. [[
if [ -d /run/systemd/system ]; then exec systemctl restart -- "$s"; fi
if command -v rc-service >/dev/null; then exec rc-service "$s" restart; fi
exec service "$s" restart]]

local check = params.check or named .. [[
if [ -d /run/systemd/system ]; then exec systemctl is-active --quiet -- "$s"; fi
if command -v rc-service >/dev/null; then exec rc-service "$s" status; fi
exec service "$s" status]]

local done = hosts:rolling({ batches = params.batches, pause = params.pause, max_failures = params.max_failures },
  function(host)
    local on = params.as and host:as(params.as) or host
    on:run { restart, name = "restart " .. params.service }
    on:wait_until(check, { name = "check", timeout = params.within })
  end)
print(params.service .. " restarted on " .. #done.succeeded .. " of " .. #hosts .. " hosts")
