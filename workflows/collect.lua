-- collect.lua: fetches files, or facts, from all hosts into a directory here, one below it for each host.
--
--   pawl run collect --hosts @web into=/tmp/etc files=/etc/os-release,/etc/hostname
--   pawl run collect --hosts @all facts=true
workflow {
  about  = "Fetch files or facts from hosts",
  params = {
    files    = { "list", about = "paths on the hosts; INTO/HOST/PATH is where each goes" },
    into     = { "string", about = "directory here" },
    facts    = { "boolean", default = false, about = "facts, too: emitted, and INTO/HOST/facts.json" },
    missing  = { "choice", choices = { "fail", "skip" }, default = "fail", about = "what a file that is not there does" },
    throttle = { "integer", default = 32, min = 1, about = "hosts at once" },
    as       = { "string", about = "user to read facts as, by sudo" },
  },
}

local files = params.files or {}
if #files == 0 and not params.facts then fail("there is nothing to collect: give files=..., or facts=true") end
if #files > 0 and not params.into then fail("where do the files go? give into=DIRECTORY") end

-- "/etc/hosts" of web01 goes to INTO/web01/etc/hosts, and nothing leads out of there.
local function place(host, path)
  local kept = {}
  for part in path:gmatch("[^/]+") do
    if part == ".." then fail("a path with '..' has no place below " .. params.into .. ": " .. path) end
    if part ~= "." then kept[#kept + 1] = part end
  end
  return params.into .. "/" .. host.name .. "/" .. table.concat(kept, "/")
end

local function collect(host)
  local counts = { host = host.name, fetched = 0, unchanged = 0, missing = 0 }
  for _, path in ipairs(files) do
    local there = params.missing == "fail"
      or host:run { 'test -e "$1"', args = { path }, ok_codes = { 0, 1 }, quiet = true, name = "look for " .. path }.code == 0
    if there then
      local result = host:get(path, place(host, path), { name = "fetch " .. path })
      local key = result.changed and "fetched" or "unchanged"
      counts[key] = counts[key] + 1
    else
      counts.missing = counts.missing + 1
    end
  end
  return counts
end

local function tell_facts(host)
  local on = params.as and host:as(params.as) or host
  local facts = on:facts()
  emit { host = host.name, facts = facts }
  if params.into then
    local file = place(host, "facts.json")
    localhost:run { 'mkdir -p -- "$1"', args = { (file:gsub("/[^/]*$", "")) }, quiet = true }
    localhost:write(file, json.encode(facts) .. "\n")
  end
end

hosts:each({ throttle = params.throttle }, function(host)
  if #files > 0 then emit(collect(host)) end
  if params.facts then tell_facts(host) end
end)
