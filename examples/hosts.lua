-- hosts.lua: which hosts there are. Name it with --inventory (-i), or put it into PAWL_HOME.
--
--   pawl hosts -i examples/hosts.lua                      all of them
--   pawl hosts -i examples/hosts.lua '@web,!@canary'      what a set means
--   pawl hosts -i examples/hosts.lua --groups
--
-- The file is a Lua program that returns a table, so that what repeats can be computed. It sees
-- no files and no programs; an inventory that asks somebody else is an executable (docs/inventory.md).

local sites = { "ber", "ham" }

-- ber-web01 .. ham-web03: three of them at each site
local web = {}
for _, site in ipairs(sites) do
  web[#web + 1] = { name = site .. "-web[01-03]", vars = { site = site } }
end

return {
  vars = { user = "deploy", retention_days = 14 }, -- of all hosts; the nearer one wins

  -- Order counts: it is the order of @all.
  hosts = {
    { name = "gate", address = "gate.example.com", port = 2222, user = "admin" },
    { name = "here", connection = "local" }, -- this machine, without ssh
  },

  groups = {
    web    = { hosts = web, vars = { http_port = 8080 } },
    db     = { hosts = { { name = "db[1-2]", user = "postgres" } }, vars = { retention_days = 90 } },
    canary = { "ber-web01", "db2" },         -- a group may be just its list
    prod   = { children = { "web", "db" } },
  },
}
