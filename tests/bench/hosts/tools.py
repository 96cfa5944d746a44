# SPDX-License-Identifier: MIT
"""How each program does the same work on the same hosts. Each has room for all hosts at
a time (fan-out, forks), and nothing else is tuned but what its manual says is for speed."""
import json
import os
import shutil
import subprocess
import time

STEP = "hostname"  # an external program, once in each step
BYTES = 10_000_000
OUTPUT = f"yes 0123456789012345678901234567890123456789012345678901234567890 | head -c {BYTES}"


class Fleet:
    def __init__(self, work, hosts, plain_config):
        self.work, self.hosts, self.plain = work, hosts, plain_config
        self.mux = f"{work}/ssh_config.mux"
        os.makedirs(f"{work}/mux", exist_ok=True)
        with open(self.mux, "w") as f:
            f.write(f"Host *\n  ControlPath {work}/mux/%n\nInclude {plain_config}\n")
        self.masters = set()

    def config(self, warm):
        return self.mux if warm else self.plain

    def masters_up(self, hosts):
        """A master for each host, which the warm runs of everybody but pawl go through."""
        for host in hosts:
            if host not in self.masters:
                subprocess.run(["ssh", "-F", self.mux, "-fNM", host], check=True,
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.masters.add(host)

    def masters_end(self):
        for host in self.masters:
            subprocess.run(["ssh", "-F", self.mux, "-O", "exit", host], stderr=subprocess.DEVNULL)
        self.masters.clear()

    def file(self, name, text):
        path = f"{self.work}/{name}"
        with open(path, "w") as f:
            f.write(text)
        return path

    def list_file(self, hosts):
        return self.file(f"list.{len(hosts)}", "".join(h + "\n" for h in hosts))


class Tool:
    """argv of a run; steps_of and output_of may be None: it is not asked to."""
    program = None  # what must be installed
    env = None

    def __init__(self, fleet):
        self.fleet = fleet

    def is_there(self):
        return shutil.which(self.program) is not None

    def version(self):
        return debian_version(self.package)

    def prepare(self, hosts, warm):
        if warm:
            self.fleet.masters_up(hosts)

    def loop(self, argv):
        """The steps of a program that knows no steps: it is called for each of them."""
        return ["sh", "-c", 'for i in 1 2 3 4 5 6 7 8 9 10; do "$@" || exit; done', "loop"] + argv


def debian_version(package):
    got = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return f"{package} {got.stdout}" if got.returncode == 0 else package


class Xargs(Tool):
    name, program, package = "xargs ssh", "xargs", "openssh-client"

    def hostname(self, hosts, warm):
        return self.each(hosts, warm, STEP)

    def each(self, hosts, warm, command):
        return ["xargs", "-a", self.fleet.list_file(hosts), "-P", str(len(hosts)), "-I{}",
                "ssh", "-F", self.fleet.config(warm), "{}", command]

    def steps(self, hosts):
        """One session per host, whose shell runs the ten commands."""
        return self.each(hosts, False, "\n".join([STEP] * 10))

    def output(self, hosts):
        return ["xargs", "-a", self.fleet.list_file(hosts), "-P", str(len(hosts)), "-I{}", "sh", "-c",
                f"exec ssh -F {self.fleet.plain} {{}} '{OUTPUT}' >{self.fleet.work}/got.{{}}"]


class Kept(Xargs):
    """The least that nothing is lost by: a command in a session of its own, what it writes and its
    exit code on the host's disk. No claim, no message, no checkpoint: a floor, and no tool."""
    name = "the same, kept on disk"
    hostname = None

    def steps(self, hosts):
        step = (f"(echo $$ >$i.pid; exec setsid {STEP}) >$i.out 2>$i.err </dev/null; echo $? >$i.rc; "
                "read -r line <$i.out; echo $line")
        return self.each(hosts, False, f"mkdir kept.$$; cd kept.$$; for i in 1 2 3 4 5 6 7 8 9 10; do {step}; done; rm -r ../kept.$$")

    def output(self, hosts):
        argv = super().output(hosts)
        argv[-1] = argv[-1].replace(OUTPUT, OUTPUT + " >kept.$$; cat kept.$$; rm kept.$$")
        return argv


class Pdsh(Tool):
    name, program, package = "pdsh", "pdsh", "pdsh"

    def prepare(self, hosts, warm):
        super().prepare(hosts, warm)
        self.env = dict(os.environ, PDSH_SSH_ARGS_APPEND=f"-F {self.fleet.config(warm)}")

    def hostname(self, hosts, _warm):
        return self.command(hosts, STEP)

    def command(self, hosts, command):
        return ["pdsh", "-R", "ssh", "-S", "-f", str(len(hosts)), "-w", ",".join(hosts), command]

    def steps(self, hosts):
        self.prepare(hosts, True)
        return self.loop(self.command(hosts, STEP))

    def output(self, hosts):
        return self.command(hosts, OUTPUT)


class Pssh(Tool):
    name, program, package = "pssh", "parallel-ssh", "pssh"

    def hostname(self, hosts, warm):
        return ["parallel-ssh", "-h", self.fleet.list_file(hosts), "-p", str(len(hosts)), "-i",
                "-x", f"-F {self.fleet.config(warm)}", STEP]


class Clush(Tool):
    name, program, package = "clush", "clush", "clustershell"

    def hostname(self, hosts, warm):
        return self.command(hosts, warm, STEP)

    def command(self, hosts, warm, command):
        return ["clush", "-S", "-f", str(len(hosts)), "-o", f"-F {self.fleet.config(warm)}", "-w",
                ",".join(hosts), command]

    def steps(self, hosts):
        self.fleet.masters_up(hosts)
        return self.loop(self.command(hosts, True, STEP))

    def output(self, hosts):
        return self.command(hosts, False, OUTPUT)


class Ansible(Tool):
    name, program, package = "ansible", "ansible", "ansible-core"
    strategy = {}

    def prepare(self, hosts, warm):
        super().prepare(hosts, warm)
        ours = {"ANSIBLE_PIPELINING": "True", "ANSIBLE_FORKS": str(len(hosts)), "ANSIBLE_CONFIG": self.fleet.file("ansible.cfg", ""),
                "ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_HOST_KEY_CHECKING": "True",
                "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_SSH_ARGS": f"-F {self.fleet.config(warm)}", "ANSIBLE_LOCAL_TEMP": self.fleet.work + "/ansible"}
        if not warm:  # masters of its own, new in every run
            self.end_own()
            ours["ANSIBLE_SSH_ARGS"] += " -o ControlMaster=auto -o ControlPersist=60s"
            ours["ANSIBLE_SSH_CONTROL_PATH"] = f"{self.fleet.work}/cp/%%h"
        self.env = {**os.environ, **ours, **self.strategy}

    def end_own(self):
        dir = self.fleet.work + "/cp"
        os.makedirs(dir, exist_ok=True)
        for name in os.listdir(dir):
            subprocess.run(["ssh", "-S", f"{dir}/{name}", "-O", "exit", "x"], stderr=subprocess.DEVNULL)

    def inventory(self, hosts):
        return self.fleet.list_file(hosts)

    def hostname(self, hosts, _warm):
        return ["ansible", "all", "-i", self.inventory(hosts), "-m", "ansible.builtin.command", "-a", STEP]

    def steps(self, hosts):
        self.prepare(hosts, False)
        tasks = [{"ansible.builtin.command": STEP}] * 10
        play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
        return ["ansible-playbook", "-v", "-i", self.inventory(hosts), self.fleet.file("ten.json", json.dumps(play))]

    def output(self, hosts):
        self.prepare(hosts, False)
        return ["ansible", "all", "-i", self.inventory(hosts), "-m", "ansible.builtin.shell", "-a", OUTPUT]


class Mitogen(Ansible):
    name, package = "ansible with mitogen", "ansible-mitogen"
    plugins = "/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy"
    strategy = {"ANSIBLE_STRATEGY_PLUGINS": plugins, "ANSIBLE_STRATEGY": "mitogen_linear"}

    def is_there(self):
        return super().is_there() and os.path.isdir(self.plugins)


class Pawl(Tool):
    """Cold: the engine runs and has no link. Warm: it has one to each host."""
    name = "pawl"

    def __init__(self, fleet, program):
        super().__init__(fleet)
        self.program = program
        self.env = dict(os.environ, PAWL_HOME=fleet.work + "/home", PAWL_SSH_CONFIG=fleet.plain)

    def is_there(self):
        return True

    def version(self):
        return self.call("version").stdout.strip()

    def call(self, *args):
        return subprocess.run([self.program, *args], env=self.env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)

    def status(self):
        return json.loads(self.call("status", "--json").stdout)

    def prepare(self, hosts, warm):
        if warm:
            self.call(*self.hostname(hosts, True)[1:])
        else:
            self.stop()
            self.start()

    def start(self):
        self.call("daemon")
        while self.status()["links"] < 1:  # this machine's own
            time.sleep(0.01)

    def stop(self):
        self.call("daemon", "--stop")

    def clean(self):
        self.call("remove", "--all", "--force")

    def hostname(self, hosts, _warm):
        return [self.program, "invoke", "--hosts", ",".join(hosts), STEP]

    def workflow(self, hosts, name, text):
        return [self.program, "run", self.fleet.file(name, text), "--hosts", ",".join(hosts)]

    def ten(self, hosts, step):
        return self.workflow(hosts, "ten.lua", "workflow { about = 'ten steps on each host' }\n"
                             f"hosts:each(function(h) for i = 1, 10 do h:{step} end end)\n")

    def steps(self, hosts):
        return self.ten(hosts, f"exec {{ '{STEP}' }}")

    def output(self, hosts):
        return [self.program, "invoke", "--hosts", ",".join(hosts), "-c", OUTPUT]


class PawlByShell(Pawl):
    """The same engine, whose steps are texts for a shell."""
    name = "pawl, steps by sh"
    hostname = output = None

    def steps(self, hosts):
        return self.ten(hosts, f"run '{STEP}'")


TOOLS = (Xargs, Kept, Pdsh, Pssh, Clush, Ansible, Mitogen)
