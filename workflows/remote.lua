-- remote.lua: what `pawl invoke` runs. One command on each host, as one step each.
workflow {
  about  = "Run a command on hosts",
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
    throttle     = { "integer", default = 32, min = 1, about = "hosts at once" },
    max_failures = { "integer", min = 0, about = "begin no more hosts after more than so many failed" },
  },
}

local command = require "command"

-- A host that fails is told in the job's reason, and stops no other.
hosts:each({ throttle = params.throttle, max_failures = params.max_failures }, function(host)
  local result = command.run(host)
  if not result.ok then fail(command.reason(result)) end
end)
