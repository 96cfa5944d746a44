-- 07_long_backup.lua: a dump that takes hours on each host and outlives its connection, is
-- made again when its host reboots, and is fetched when it is whole.
--
--   pawl run -d examples/07_long_backup.lua --hosts 'db[1-3]' into=/backup \
--       dump='pg_dumpall | gzip'
--
-- The command is the host's own from its start on: a cable that is cut, or an engine that
-- is killed, does not end it, and nobody has to stay logged in.
workflow {
  about  = "Dump on every host, however long it takes, and fetch the result",
  params = {
    dump = { "string", required = true, about = "shell text that writes the dump to its output" },
    into = { "string", required = true, about = "directory here" },
    work = { "string", default = ".", about = "directory on the hosts, from the home of who logs in" },
  },
}

hosts:each({ throttle = 8 }, function(host)
  local file = params.work .. "/dump-" .. job.id
  local there = host:with { env = { FILE = file } }
  defer(function() there:run { 'rm -f "$FILE" "$FILE.part"', name = "tidy up" } end)
  there:run {
    "{ " .. params.dump .. '\n} >"$FILE.part" && mv "$FILE.part" "$FILE"', name = "dump",
    timeout = "12h", retry = { times = 2, every = "1m" },
    on_interrupt = "rerun", -- a reboot in the middle: from the start, to a file that was no result
  }
  local got = host:get(file, params.into .. "/" .. host.name .. ".dump", { name = "fetch" })
  print(fmt("%s: %d bytes", host.name, got.bytes))
end)
