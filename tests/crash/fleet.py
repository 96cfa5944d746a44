# SPDX-License-Identifier: MIT
"""A fleet of real sshds (tests/support/hosts.sh) for crash.py's episodes.

The hosts are up as long as this process lives; their files are seen from here, so
that nothing must be asked over the links that are tried. An episode has a store of
its own and so its own spool on each host, and logs of its own: /root/oracle.NAME.
"""
import os
import subprocess
import sys
import tempfile

import crash
from shapes import Shape

HOSTS_SH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "hosts.sh")
NETWORKS, FIRST_NETWORK = 100, 20
SKIPPED = 77


def possible():
    probe = ("for c in unshare nsenter setpriv ip bridge nft ssh ssh-keygen /usr/sbin/sshd; do "
             "command -v $c >/dev/null || exit 1; done; "
             "unshare --net --pid --mount --uts --ipc --fork true")
    return os.geteuid() == 0 and subprocess.run(["sh", "-c", probe], capture_output=True).returncode == 0


class Fleet:
    def __init__(self, count):
        if not possible():
            print("skipped: hosts in namespaces need root")
            raise SystemExit(SKIPPED)
        self.dir = tempfile.mkdtemp(prefix="pawl-fleet-")
        self.names = [f"host{i}" for i in range(1, count + 1)]
        for attempt in range(10):
            network = FIRST_NETWORK + (os.getpid() + 7 * attempt) % NETWORKS
            self.env = dict(os.environ, PAWL_HOSTS_DIR=self.dir, PAWL_HOSTS_NET=f"10.{network}")
            if self.do("up", str(count), str(os.getpid())):
                return
            self.do("down")
        raise SystemExit("the hosts do not come up")

    def do(self, *words):
        done = subprocess.run([HOSTS_SH, *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            print(f"hosts.sh {' '.join(words)}: {done.stderr.strip()}", file=sys.stderr)
        return done.returncode == 0

    @property
    def config(self):
        return os.path.join(self.dir, "ssh_config")

    def file(self, host, path):
        """A file below /root, /srv, /opt or /mnt of a host."""
        return os.path.join(self.dir, "h", host, "fs", path.lstrip("/"))

    def init_of(self, host):
        """The number here of a host's first process; None while it is down."""
        try:
            with open(os.path.join(self.dir, "h", host, "pid1")) as file:
                pid = int(file.read().split()[0])
            os.readlink(f"/proc/{pid}/ns/pid")
            return pid
        except (OSError, ValueError, IndexError):
            return None

    def processes(self, host):
        """Number and arguments of every process of a host."""
        init, found = self.init_of(host), []
        if not init:
            return found
        space = os.readlink(f"/proc/{init}/ns/pid")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/ns/pid") == space:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        found.append((int(pid), file.read().decode(errors="replace").split("\0")))
            except OSError:
                pass
        return found

    def down(self):
        self.do("down")


class FleetEpisode(crash.Episode):
    """Its shapes run on all hosts of a fleet."""

    def __init__(self, fleet, pawl, seed, kills_max):
        super().__init__(pawl, seed, kills_max)
        self.fleet = fleet
        self.log_name = "oracle." + os.path.basename(self.home)

    def engine_env(self):
        return {"PAWL_SSH_CONFIG": self.fleet.config}

    def body(self, shape):
        body = super().body(shape)
        body["hosts"] = [{"name": name} for name in self.fleet.names]
        body["script"]["text"] = shape.script.replace("@ORACLE@", "/root/" + self.log_name)
        return body

    def oracle_lines(self, suffix=""):
        if suffix:
            return super().oracle_lines(suffix)
        lines = []
        for host in self.fleet.names:
            try:
                with open(self.fleet.file(host, "/root/" + self.log_name)) as file:
                    lines += [f"{line} {host}" for line in file.read().splitlines()]
            except FileNotFoundError:
                pass
        return lines

    def place(self, record):
        return f"{record['host']} {record['step']}"


PRELUDE = r'''
local function run(h, text, opts)
  opts = opts or {}
  opts[1] = 'echo "$PAWL_JOB $PAWL_STEP $PAWL_ATTEMPT" >>@ORACLE@; ' .. text
  return h:run(opts)
end
local function once_logged(name, value)
  return once(name, function()
    local f = io.open(os.getenv("ORACLE") .. ".once", "a")
    f:write(job.id .. " " .. name .. "\n")
    f:close()
    return value
  end)
end
local function tell(r)
  for _, h in ipairs(hosts) do print(h.name, r.values[h.name]) end
end
'''


def on_hosts(name, script, **more):
    return Shape(name, script, prelude=PRELUDE, **more)
