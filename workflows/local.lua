-- local.lua: what `pawl start` runs. One command on this machine, as one step.
workflow {
  about  = "Run a command on this machine",
  params = {
    shell        = { "string", about = "text for sh, or for interpreter" },
    argv         = { "list", about = "a command and its arguments, run without a shell" },
    script       = { "string", about = "text of a script file; its #! line counts" },
    args         = { "list", about = "arguments of shell or script" },
    init         = { "string", about = "text in the same language that runs first" },
    interpreter  = { "string", about = "program for the text instead of sh, and its first arguments" },
    arch         = { "string", about = "what the machine is to look like to it, as for setarch" },
    as           = { "string", about = "the user to run it as" },
    cwd          = { "string", about = "working directory" },
    stdin        = { "string", about = "bytes for standard input" },
    timeout      = { "duration", about = "time one attempt may take" },
    retry        = { "integer", default = 0, min = 0, about = "attempts after the first" },
    on_interrupt = { "choice", choices = { "rerun", "fail", "suspend" }, default = "rerun" },
    ok_exit      = { "list", about = "exit codes that count as success" },
  },
}

local command = require "command"

local result = command.run(localhost)
if not result.ok then fail(command.reason(result)) end
