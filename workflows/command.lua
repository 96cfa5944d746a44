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
    on_interrupt = params.on_interrupt, arch = params.arch, ok_codes = ok_codes(), on_error = "continue",
  }
end

-- A first line that names the interpreter stays the first one.
local function with_init(text)
  if not params.init then return text end
  if not params.script or text:sub(1, 2) ~= "#!" then return params.init .. "\n" .. text end
  local head, rest = text:match("^([^\n]*\n?)(.*)$")
  return head .. (head:sub(-1) == "\n" and "" or "\n") .. params.init .. "\n" .. rest
end

-- The command of the parameters, on one host.
function command.run(host)
  local text = params.shell or params.script
  local opts = options()
  if params.argv and not params.init then
    for i, word in ipairs(params.argv) do opts[i] = word end
    return host:exec(opts)
  end
  opts.shell = params.interpreter
  if params.argv then
    -- The words become $1 $2 ... of a shell that runs init first.
    opts[1], opts.args = params.init .. '\n"$@"', params.argv
    return host:run(opts)
  end
  if not text then fail("there is nothing to run: give shell, argv or script") end
  opts[1], opts.args, opts.script = with_init(text), params.args, params.script ~= nil
  return host:run(opts)
end

-- What the shell said last of what could not be begun, without the place in its own file.
local function last_words(result)
  if result.code ~= 126 and result.code ~= 127 or result.err_bytes then return "" end
  local words = result.err and result.err:match("([^\n]+)\n*$")
  if words then words = words:gsub("^%S+%.cmd: [^:]*%d+: ", "") end
  return words and ": " .. words:sub(1, 300) or ""
end

-- A job of one command needs no "step ... at line ...": its reason is the command's end.
function command.reason(result)
  local why = result.reason and ": " .. result.reason or ""
  if result.kind == "exit" then return "exit code " .. result.code .. (why ~= "" and why or last_words(result)) end
  if result.kind == "signal" then return "killed by signal " .. result.signal .. why end
  if result.kind == "unreachable" then return "unreachable" .. why end
  if result.kind == "timeout" then return "timed out" end
  return result.message
end

return command
