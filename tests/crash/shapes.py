# SPDX-License-Identifier: MIT
"""The workflows that every crash run starts, and what must be sent to them.

Every command appends a line to a log outside Pawl ($ORACLE), so that a command
that ran twice, or not at all, is seen whatever Pawl believes. `do` is a shell
function for that: do WORD... logs its place and prints the words.
"""

PRELUDE = r'''
local function run(text, opts)
  opts = opts or {}
  opts[1] = 'echo "$PAWL_JOB $PAWL_STEP $PAWL_ATTEMPT" >>"$ORACLE"; ' .. text
  return localhost:run(opts)
end
local function once_logged(name, value)
  return once(name, function()
    local f = io.open(os.getenv("ORACLE") .. ".once", "a")
    f:write(job.id .. " " .. name .. "\n")
    f:close()
    return value
  end)
end
'''


class Shape:
    """stop: is stopped once so many commands have begun."""

    def __init__(self, name, script, signal=None, resumes=0, stop=0, prelude=PRELUDE):
        self.name, self.script = name, prelude + script
        self.signal, self.resumes, self.stop = signal, resumes, stop


SHAPES = [
    Shape("sequence", r'''
for i = 1, 4 do print("saw", run("echo step" .. i):trim()) end
'''),
    Shape("parallel", r'''
local r = parallel {
  a = function() return run("sleep 0.05; echo A").out end,
  b = function() return run("echo B").out end,
  c = function() sleep("20ms") return run("echo C").out end,
}
print(r.a, r.b, r.c)
'''),
    Shape("nested", r'''
local all = foreach({1, 2, 3}, {throttle = 2}, function(i)
  local both = parallel {
    function() return run("echo x" .. i):trim() end,
    function() sleep("5ms") return run("echo y" .. i):trim() end,
  }
  return both[1] .. both[2]
end)
print(all[1], all[2], all[3])
'''),
    Shape("retry", r'''
local ok, e = pcall(run, "echo try; exit 7", {retry = {times = 2, every = "30ms"}})
print(ok, e.kind, e.code)
'''),
    Shape("sleep", r'''
for i = 1, 2 do sleep("0.1s") print("slept", i) end
run("echo awake")
'''),
    Shape("signal", r'''
run("echo before")
print("got", wait_signal("go"))
run("echo after")
print(wait_signal("never", {within = "100ms"}))
''', signal="go"),
    Shape("long", r'''
local r = run("for i in 1 2 3 4 5; do echo line$i; sleep 0.1; done; echo warned >&2")
print(#r.out, r.err, r.code)
'''),
    Shape("big", r'''
local r = run("head -c 400000 /dev/zero | tr '\\0' 'x'")
print(#r.out, r.out:sub(1, 3))
'''),
    Shape("once", r'''
local t = once_logged("a", {1, 2, "three"})
local n = once_logged("b", #t)
print(t[3], n)
'''),
    Shape("undo", r'''
undo(function() run("echo undone1") end)
run("echo did1")
undo(function() run("echo undone2") end)
defer(function() run("echo deferred") end)
run("exit 3")
'''),
    Shape("suspended", r'''
run("echo one")
suspend("look at it")
run("echo two")
''', resumes=1),
    Shape("stopped", r'''
undo(function() run("echo undone") end)
run("echo begun; exec sleep 600")
''', stop=1),
    # A later attempt says that it changed something, whatever it found there.
    Shape("files", r'''
local at = run('seq 1 50000 >"$ORACLE.from"; echo "$ORACLE"', {quiet = true}):trim()
print(localhost:put(at .. ".from", at .. ".there", {mode = "0640"}).bytes)
print(localhost:get(at .. ".there", at .. ".back").bytes)
print(localhost:template(at .. ".back", at .. ".there").ok)
run('cmp "$ORACLE.from" "$ORACLE.there" && cmp "$ORACLE.from" "$ORACLE.back" && stat -c %a "$ORACLE.there"')
run('ls -A "${ORACLE%/*}" | grep pawl || echo nothing beside them')
'''),
    Shape("notes", r'''
print("hello") log.warn("careful") progress(1, 2, "half")
emit { a = 1, b = { true, "x" } }
run("echo out; echo err >&2")
for i = 1, 30 do print("line", i) end
fail("on purpose")
'''),
]
