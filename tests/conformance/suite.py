# SPDX-License-Identifier: MIT
"""What a case of the conformance suite is, and what it is given.

A case is a function with @case(ROW, TITLE); it gets a Home, which is an engine of its own
in an empty directory, and says what is wrong by assert. A row that is not built is named
by still_open(ROW, TITLE, REASON): it is listed, and never counted as passed.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time

PAWL = os.path.abspath(os.environ.get("PAWL", "build/release/engine/pawl"))
HOSTS_SH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "hosts.sh")
PATIENCE_S = 60
CASES = []


class Case:
    """needs: "" (nothing), "root", or "hosts": real ones in namespaces, which need root."""

    def __init__(self, row, title, run=None, reason=None, needs=""):
        self.row, self.title, self.run, self.reason, self.needs = row, title, run, reason, needs


def case(row, title, hosts=False, root=False):
    def add(function):
        CASES.append(Case(row, title, run=function,
                          needs="hosts" if hosts else "root" if root else ""))
        return function
    return add


def still_open(row, title, reason):
    CASES.append(Case(row, title, reason=reason))


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def text(self):
        return self.out.decode()

    @property
    def said(self):
        return self.err.decode()

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self):
        assert len(self.rows) == 1, "one row expected: %s" % self.text
        return self.rows[0]


class Home:
    """An engine of its own. `pawl` is called with what it is expected to exit with."""

    def __init__(self, fleet=None):
        self.work = tempfile.mkdtemp(prefix="pawl-conformance-")
        self.fleet = fleet
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("XDG_STATE_HOME", "PAWL_SPOOL", "PAWL_INVENTORY", "PAWL_CRASH_POINT")}
        self.env["PAWL_HOME"] = os.path.join(self.work, "home")
        if fleet:
            self.env["PAWL_SSH_CONFIG"] = fleet.ssh_config

    def run(self, *args, code=0, stdin=b"", env=None, cwd=None):
        done = subprocess.run([PAWL, *map(str, args)], input=stdin, capture_output=True,
                              env={**self.env, **(env or {})}, cwd=cwd or self.work,
                              timeout=PATIENCE_S, check=False)
        result = Result(done)
        assert code is None or result.code == code, "pawl %s: exit code %d, wanted %s: %s%s" % (
            " ".join(map(str, args)), result.code, code, result.text[-300:], result.said[-300:])
        if result.code in (2, 3, 4, 5):
            assert result.said.startswith("pawl: ") or "\npawl: " in result.said, \
                "a refusal without a word: %r" % result.said
        return result

    def popen(self, *args, **kwargs):
        return subprocess.Popen([PAWL, *map(str, args)], env=self.env, cwd=self.work, **kwargs)

    def start(self, text, *options, **kwargs):
        """Shell text in the background: its id."""
        return self.run("start", "-c", text, "--json", *options, **kwargs).row["id"]

    def workflow(self, text, *options, name="w.lua", code=0):
        self.file(name, text)
        return self.run("run", "-d", name, "--json", *options, code=code).row["id"]

    def get(self, *args, **kwargs):
        return self.run("get", *args, "--json", **kwargs).rows

    def job(self, who):
        return self.get(who)[0]

    def child(self, who):
        return self.get(who, "--children")[1]

    def state(self, who):
        return self.job(who)["state"]

    def wait(self, *who, code=0):
        return self.run("wait", *who, "--timeout", PATIENCE_S, code=code)

    def done(self, text, *options):
        """The id of a job that has finished."""
        job = self.start(text, *options)
        self.wait(job)
        return job

    def received(self, *who, code=0):
        return self.run("receive", *who, code=code).text

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "never: %s" % what
            time.sleep(0.02)

    def becomes(self, who, state):
        self.until("%s is %s" % (who, state), lambda: self.state(who) == state)

    def path(self, name):
        return os.path.join(self.work, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def gate(self, name):
        """Shell text that waits until the case opens the gate."""
        return "until [ -e '%s' ]; do sleep 0.02; done" % self.path("gate." + name)

    def open(self, name):
        self.file("gate." + name, "")

    def kill_engine(self):
        status = json.loads(self.run("status", "--json").out)
        os.kill(status["pid"], 9)
        self.until("the engine is gone", lambda: not os.path.exists("/proc/%d/exe" % status["pid"]))

    def close(self):
        if os.path.exists(self.env["PAWL_HOME"]):
            self.run("suspend", "--state", "Running,Blocked", code=None)
            self.run("stop", "--state",
                     "NotStarted,Running,Blocked,Suspending,Suspended,Disconnected,Stopping",
                     "--force", code=None)
            self.run("remove", "--state", "Completed,Failed,Stopped", code=None)
            # The kills of what was stopped by force are orders: they are carried out first.
            for _ in range(100):
                if not left_over(self.env["PAWL_HOME"], "sleep"):
                    break
                time.sleep(0.05)
            self.run("daemon", "--stop", code=None)
        left = left_over(self.env["PAWL_HOME"])
        shutil.rmtree(self.work, ignore_errors=True)
        assert not left, "processes are left behind: %s" % left


def left_over(home, word=None):
    """Processes that carry this home in their environment, runners aside while they end."""
    mark = ("PAWL_HOME=%s" % home).encode()
    for attempt in range(60):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as f:
                    if mark not in f.read().split(b"\0"):
                        continue
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    found.append(f.read().replace(b"\0", b" ")[:80].decode(errors="replace"))
            except OSError:
                continue
        if word:
            return [text for text in found if word in text]
        if not found:
            return []
        time.sleep(0.05)
    return found


class Fleet:
    """Real sshd hosts in namespaces: host1 to hostN, for as long as the suite runs."""

    def __init__(self, count):
        self.dir = tempfile.mkdtemp(prefix="pawl-fleet-")
        self.env = {**os.environ, "PAWL_HOSTS_DIR": os.path.join(self.dir, "hosts")}
        self.ssh_config = os.path.join(self.dir, "ssh_config")
        for attempt in range(8):
            self.env["PAWL_HOSTS_NET"] = "10.%d" % (130 + (os.getpid() + 11 * attempt) % 100)
            if self.hosts("up", count, os.getpid()).returncode == 0:
                with open(self.ssh_config, "w", encoding="utf-8") as f:
                    f.write(self.hosts("ssh-config").stdout)
                return
            self.hosts("down")
        raise RuntimeError("the hosts do not come up")

    def hosts(self, *args):
        return subprocess.run([HOSTS_SH, *map(str, args)], env=self.env, text=True,
                              capture_output=True, check=False)

    def close(self):
        self.hosts("down")
        shutil.rmtree(self.dir, ignore_errors=True)


def hosts_are_possible():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0
