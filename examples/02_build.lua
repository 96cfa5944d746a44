-- 02_build.lua: build a C program from source in stages, test it, install it.
--
--   pawl run examples/02_build.lua source=examples/hello prefix=/tmp/hello
--
-- Objects are compiled in parallel, four at a time; the commands' own output goes
-- to the job's streams, and a failed compiler run names the file.
workflow {
  about  = "Compile, link, test and install a small C program",
  params = {
    source  = { "string", required = true, about = "directory with *.c and test.sh" },
    prefix  = { "string", required = true, about = "where bin/ is installed" },
    program = { "string", default = "hello" },
    cflags  = { "string", default = "-O2 -Wall" },
  },
}

local work = localhost:run { "mktemp -d", name = "work directory", quiet = true }:trim()
defer(function() localhost:exec { "rm", "-rf", work, name = "clean up" } end)

local sources = localhost:run { 'ls "$S"/*.c', env = { S = params.source }, name = "find sources",
                                quiet = true }:lines()
local objects = foreach(sources, { throttle = 4 }, function(source)
  local object = work .. "/" .. source:match("([^/]+)%.c$") .. ".o"
  localhost:run { "cc " .. params.cflags .. " -c " .. q(source) .. " -o " .. q(object),
                  name = "compile " .. source }
  return object
end)
progress(#objects, #objects + 3, "compiled")

local words = {}
for _, object in ipairs(objects) do words[#words + 1] = q(object) end
local binary = work .. "/" .. params.program
localhost:run { "cc " .. table.concat(words, " ") .. " -o " .. q(binary), name = "link" }
progress(#objects + 1, #objects + 3, "linked")

localhost:exec { "sh", params.source .. "/test.sh", binary, name = "test",
                 retry = { times = 1, every = "1s" } }
progress(#objects + 2, #objects + 3, "tested")

localhost:run { 'mkdir -p "$P/bin" && install -m 755 "$B" "$P/bin/"', name = "install",
                env = { P = params.prefix, B = binary } }
progress(#objects + 3, #objects + 3, "installed")
emit { program = params.prefix .. "/bin/" .. params.program, objects = #objects }
