-- command.lua: the one step of local.lua and remote.lua, by their parameters.
local command = {}

-- Items of a list parameter are text.
local function ok_codes()
  local codes = {}
  for i, code in ipairs(params.ok_exit or {}) do codes[i] = math.tointeger(tonumber(code)) end
  return #codes > 0 and codes or nil
end

local function options()
  return {
    as = params.as, cwd = params.cwd, stdin = params.stdin, timeout = params.timeout, retry = params.retry,
    on_interrupt = params.on_interrupt, ok_codes = ok_codes(), on_error = "continue",
  }
end

-- The command of the parameters, on one host.
function command.run(host)
  local text = params.shell or params.script
  local opts = options()
  if params.argv then
    if params.init then
      -- The words become $1 $2 ... of a shell that runs init first.
      opts[1], opts.args = params.init .. '\n"$@"', params.argv
      return host:run(opts)
    end
    for i, word in ipairs(params.argv) do opts[i] = word end
    return host:exec(opts)
  end
  if not text then fail("there is nothing to run: give shell, argv or script") end
  opts[1], opts.args = params.init and params.init .. "\n" .. text or text, params.args
  return host:run(opts)
end

-- A job of one command needs no "step ... at line ...": its reason is the command's end.
function command.reason(result)
  local why = result.reason and ": " .. result.reason or ""
  if result.kind == "exit" then return "exit code " .. result.code .. why end
  if result.kind == "signal" then return "killed by signal " .. result.signal .. why end
  if result.kind == "unreachable" then return "unreachable" .. why end
  if result.kind == "timeout" then return "timed out" end
  return result.message
end

return command
