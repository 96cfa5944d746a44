-- local.lua: what `pawl start` runs. One command on this machine, as one step.
workflow {
  about  = "Run a command on this machine",
  params = {
    shell        = { "string", about = "text for sh -c" },
    argv         = { "list", about = "a command and its arguments, run without a shell" },
    script       = { "string", about = "text of a script file" },
    args         = { "list", about = "arguments of shell or script" },
    init         = { "string", about = "shell text that runs first" },
    cwd          = { "string", about = "working directory" },
    stdin        = { "string", about = "bytes for standard input" },
    timeout      = { "duration", about = "time one attempt may take" },
    retry        = { "integer", default = 0, min = 0, about = "attempts after the first" },
    on_interrupt = { "choice", choices = { "rerun", "fail", "suspend" }, default = "rerun" },
    ok_exit      = { "list", about = "exit codes that count as success" },
  },
}

-- Items of a list parameter are text.
local function ok_codes()
  local codes = {}
  for i, code in ipairs(params.ok_exit or {}) do codes[i] = math.tointeger(tonumber(code)) end
  return #codes > 0 and codes or nil
end

local function options()
  return {
    cwd = params.cwd, stdin = params.stdin, timeout = params.timeout, retry = params.retry,
    on_interrupt = params.on_interrupt, ok_codes = ok_codes(), on_error = "continue",
  }
end

local function run()
  local text = params.shell or params.script
  local opts = options()
  if params.argv then
    if params.init then
      -- The words become $1 $2 ... of a shell that runs init first.
      opts[1], opts.args = params.init .. '\n"$@"', params.argv
      return localhost:run(opts)
    end
    for i, word in ipairs(params.argv) do opts[i] = word end
    return localhost:exec(opts)
  end
  if not text then fail("there is nothing to run: give shell, argv or script") end
  opts[1], opts.args = params.init and params.init .. "\n" .. text or text, params.args
  return localhost:run(opts)
end

-- A job of one command needs no "step ... at line ...": its reason is the command's end.
local function reason(result)
  local why = result.reason and ": " .. result.reason or ""
  if result.kind == "exit" then return "exit code " .. result.code .. why end
  if result.kind == "signal" then return "killed by signal " .. result.signal .. why end
  if result.kind == "timeout" then return "timed out" end
  return result.message
end

local result = run()
if not result.ok then fail(reason(result)) end
