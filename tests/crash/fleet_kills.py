#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills the engine at its labelled points while eight hosts work.

crash.py's episodes on a fleet of real sshds: every shape runs on all eight hosts over
ssh, engine after engine ends itself at a point of its own, and a log on each host
counts what was really begun there.

  fleet_kills.py --pawl build/release/engine/pawl             the suite's share
  fleet_kills.py --pawl ... --campaign 2000 --tally FILE      until so many kills
"""
import sys
import time

import crash
from fleet import Fleet, FleetEpisode, on_hosts

HOSTS = 8
ANY_MOMENT = "any moment"


class Episode(FleetEpisode):
    # Eight hosts pass a point more often than one does.
    passes = [1, 1, 2, 3, 5, 8, 13, 20]

    def boot(self, point=None):
        super().boot(point)
        self.dies_at = time.monotonic() + self.rng.uniform(0.3, 3)

    def keep_alive(self):
        """An engine that does not come to its point ends at any moment."""
        if self.engine and self.point and self.alive() and time.monotonic() > self.dies_at:
            self.point = ANY_MOMENT
            self.engine.kill()
            self.engine.wait()
        super().keep_alive()

    shapes = [
        on_hosts("sequence", r'''
tell(hosts:each(function(h)
  local sum = 0
  for i = 1, 4 do sum = sum + run(h, "echo " .. i):number() end
  return sum
end))
'''),
        on_hosts("throttled", r'''
tell(hosts:each({ throttle = 3 }, function(h)
  local both = parallel {
    function() return run(h, "echo x; sleep 0.05"):trim() end,
    function() return run(h, "echo y"):trim() end,
  }
  return both[1] .. both[2]
end))
'''),
        on_hosts("rolling", r'''
tell(hosts:rolling({ batches = { 1, "50%" }, pause = "50ms" }, function(h)
  return once_logged("picked " .. h.name, { h.name })[1] .. run(h, "echo up"):trim()
end))
'''),
        on_hosts("long", r'''
hosts:each(function(h)
  run(h, "for i in 1 2 3 4 5; do echo line$i; sleep 0.1; done; echo warned >&2")
end)
'''),
        on_hosts("big", r'''
tell(hosts:each({ throttle = 4 }, function(h) return #run(h, "seq 1 20000").out end))
'''),
        on_hosts("files", r'''
local at = localhost:run({'seq 1 100000 >"$ORACLE.from"; echo "$ORACLE"', quiet = true}):trim()
tell(hosts:each({ throttle = 4 }, function(h)
  run(h, "mkdir @ORACLE@.files")
  local sent = h:put(at .. ".from", "@ORACLE@.files/it", { mode = "0640" })
  local back = h:get("@ORACLE@.files/it", at .. "." .. h.name)
  run(h, "cd @ORACLE@.files && ls -A && stat -c %a it && cksum <it")
  return sent.bytes + back.bytes
end))
localhost:run 'for f in "$ORACLE".host*; do cmp "$f" "$ORACLE.from" && echo exact; done'
localhost:run 'ls -A "${ORACLE%/*}" | grep pawl || echo nothing beside them'
'''),
        on_hosts("fails", r'''
hosts:each(function(h)
  undo(function() run(h, "echo undone") end)
  run(h, h.name == "host3" and "echo bad; exit 7" or "echo good",
      { retry = { times = 1, every = "20ms" } })
end)
'''),
        on_hosts("stopped", r'''
hosts:each(function(h)
  undo(function() run(h, "echo undone") end)
  run(h, "echo begun; exec sleep 600")
end)
''', stop=HOSTS),
    ]


def main():
    options = crash.arguments(__doc__, kills=100, per_episode=60, jobs=2)
    tally = crash.Tally(options.tally, options.pawl, options.seed)
    fleet = Fleet(HOSTS)
    try:
        crash.campaign(options, lambda seed, kills: Episode(fleet, options.pawl, seed, kills), tally)
    finally:
        fleet.down()
    tally.show(len(Episode.shapes))
    return 1 if tally.lost or tally.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
