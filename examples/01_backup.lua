-- 01_backup.lua: back up a directory with checksums, verify the copy, keep the newest few.
--
--   pawl run examples/01_backup.lua source=/etc target=/tmp/backups keep=3
--
-- Each command is a step. Kill the engine at any point: the backup goes on at the
-- step where it stood, and no finished step runs again.
workflow {
  about  = "Back up a directory tree, verify the copy, keep the newest few",
  params = {
    source = { "string", required = true, about = "directory to back up" },
    target = { "string", required = true, about = "directory that holds the backups" },
    keep   = { "integer", default = 3, min = 1, about = "backups to keep" },
  },
}

local base = params.target .. "/backup-" .. date("%Y%m%d-%H%M%S") .. "-" .. job.id
local here = localhost:with { env = { SRC = params.source, BASE = base } }

-- A half-made backup is worse than none: should anything fail, it is taken away.
undo(function() here:run 'rm -f "$BASE.tar.gz" "$BASE.sums"' end)

localhost:exec { "mkdir", "-p", params.target }
here:run { 'cd "$SRC" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum >"$BASE.sums"',
           name = "checksums" }
progress(1, 4, "checksums taken")

here:run { 'tar -C "$SRC" -czf "$BASE.tar.gz" .', name = "archive", timeout = "1h" }
progress(2, 4, "archived")

here:run { [[
  set -e
  dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
  tar -C "$dir" -xzf "$BASE.tar.gz"
  cd "$dir" && sha256sum --quiet -c "$BASE.sums"
]], name = "verify" }
progress(3, 4, "verified")

local list = localhost:run { "ls -1t -- \"$T\"/backup-*.tar.gz", name = "list",
                             env = { T = params.target }, quiet = true }
for i, archive in ipairs(list:lines()) do
  if i > params.keep then
    localhost:exec { "rm", "-f", archive, (archive:gsub("%.tar%.gz$", ".sums")), name = "rotate" }
    print("removed " .. archive)
  end
end
progress(4, 4, "done")

local files = here:run { 'wc -l <"$BASE.sums"', quiet = true }:number()
emit { archive = base .. ".tar.gz", files = files }
