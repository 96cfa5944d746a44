-- 03_logs.lua: count the requests of many web server logs, in parallel, and reduce.
--
--   pawl run examples/03_logs.lua dir=/var/log/nginx
--
-- One branch per file, at most `jobs` at a time. The counting is done by the
-- machine's own tools, next to the data; only the small results come here, and
-- each of them is checkpointed.
workflow {
  about  = "Status codes and busiest paths over many access logs",
  params = {
    dir  = { "string", required = true, about = "directory with *.log files" },
    jobs = { "integer", default = 4, min = 1, about = "files at a time" },
    top  = { "integer", default = 3, min = 1 },
  },
}

local files = localhost:run { 'ls "$D"/*.log', env = { D = params.dir }, name = "list",
                              quiet = true }:lines()
local done = 0

local counts = foreach(files, { throttle = params.jobs }, function(file)
  local r = localhost:run {
    [[awk '{ status[$9]++; path[$7]++ }
           END { for (s in status) print "status", s, status[s]
                 for (p in path) print "path", p, path[p] }' "$F"]],
    name = "count " .. file, env = { F = file }, quiet = true,
  }
  done = done + 1
  progress(done, #files, file)
  return r:lines()
end)

local total = { status = {}, path = {} }
for _, lines in ipairs(counts) do
  for _, line in ipairs(lines) do
    local kind, key, n = line:match("^(%S+) (%S+) (%d+)$")
    if kind then total[kind][key] = (total[kind][key] or 0) + math.tointeger(n) end
  end
end

local paths = {}
for path, n in pairs(total.path) do paths[#paths + 1] = { path = path, n = n } end
table.sort(paths, function(a, b) return a.n > b.n end)
for status, n in pairs(total.status) do print(("status %s: %d"):format(status, n)) end
for i = 1, math.min(params.top, #paths) do print(("%6d %s"):format(paths[i].n, paths[i].path)) end
emit { files = #files, status = total.status, busiest = paths[1] }
