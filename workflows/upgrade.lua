-- upgrade.lua: upgrades the packages of hosts, a batch at a time, and reboots those that ask for it.
--
--   pawl run upgrade --hosts @web as=root
--   pawl run upgrade --hosts @db batches=1 reboot=never check='pg_isready -q'
workflow {
  about  = "Upgrade packages on hosts, in batches, and reboot where it is required",
  params = {
    reboot       = { "choice", choices = { "if-required", "always", "never" }, default = "if-required" },
    check        = { "string", about = "shell text that exits with 0 when the host is well again" },
    within       = { "duration", default = "5m", about = "how long the check may take to be so" },
    batches      = { "list", default = { "1", "25%" }, about = "sizes of the batches; the last one repeats" },
    pause        = { "duration", default = 0, about = "between batches" },
    max_failures = { "integer", default = 0, min = 0, about = "hosts that may fail before no further batch begins" },
    timeout      = { "duration", default = "1h", about = "for the packages of one host" },
    back_within  = { "duration", default = "15m", about = "for a reboot" },
    as           = { "string", about = "user to do it as, by sudo; it takes root to upgrade" },
  },
}

-- Each may be begun anew after it was cut off.
local upgrades = {
  apt = [[export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a --force-confold
apt-get -q -o DPkg::Lock::Timeout=600 update
exec apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold upgrade]],
  dnf    = "exec dnf -y upgrade",
  yum    = "exec yum -y update",
  zypper = "exec zypper --non-interactive update",
  apk    = "apk update && exec apk upgrade",
  pacman = "exec pacman -Syu --noconfirm",
  pkg    = "exec pkg upgrade -y",
}

local function upgrade(on)
  local before = on:facts()
  local text = upgrades[before.package_manager or ""]
  if not text then
    fail("no package manager that is known here: " .. (before.package_manager or "none was found"))
  end
  on:run { text, name = "upgrade", timeout = params.timeout }
end

local function wants_reboot(on)
  if params.reboot ~= "if-required" then return params.reboot == "always" end
  return on:facts().reboot_required
end

hosts:rolling({ batches = params.batches, pause = params.pause, max_failures = params.max_failures },
  function(host)
    local on = params.as and host:as(params.as) or host
    upgrade(on)
    local rebooted = wants_reboot(on) or false
    if rebooted then on:reboot { timeout = params.back_within } end
    if params.check then on:wait_until(params.check, { name = "check", timeout = params.within }) end
    emit { host = host.name, rebooted = rebooted, kernel = on:facts().kernel }
  end)
