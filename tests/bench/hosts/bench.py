# SPDX-License-Identifier: MIT
"""Pawl on many hosts, beside what Debian has for the same: prints figures, asserts nothing.
hosts.sh makes the hosts, and says how it is called."""
import argparse
import os
import re
import subprocess
import sys
import threading
import time

import measure
import tools

WARM_STEPS = 200


class Bench:
    def __init__(self, args):
        self.args = args
        self.group = measure.Group("pawl-hosts-" + args.cable[2:-1])
        self.all = [f"host{i}" for i in range(1, args.hosts + 1)]
        self.fleet = tools.Fleet(args.work, self.all, args.work + "/ssh_config")
        self.pawl = tools.Pawl(self.fleet, args.pawl)
        self.tools = [self.pawl, tools.PawlByShell(self.fleet, args.pawl)]
        without = os.environ.get("PAWL_WITHOUT", "").split(",")
        for tool in (each(self.fleet) for each in tools.TOOLS):
            if tool.package in without:
                print(f"left out, as asked: {tool.name}")
            elif tool.is_there():
                self.tools.append(tool)
            else:
                print(f"left out: {tool.name} ({tool.package} is not installed: tests/support/packages.sh bench)")

    def few(self, count):
        return self.all[:count]

    def about(self):
        print(f"machine    {os.cpu_count()} cores, load {measure.load()}, a flush of the store's disk "
              f"{measure.flush_ms(self.args.work + '/flush'):.2f} ms")
        print("versions   " + "; ".join(dict.fromkeys(tool.version() for tool in self.tools)), flush=True)

    def series(self, title, hosts, warm, what, check, tools=None):
        series = measure.Series(title, self.args.runs)
        for tool in tools or self.tools:
            if getattr(tool, what, None):
                series.take(tool.name, lambda tool=tool: self.once(tool, hosts, warm, what, check))
        series.go()
        series.show()

    def once(self, tool, hosts, warm, what, check):
        tool.prepare(hosts, warm)
        argv = getattr(tool, what)(hosts, warm) if what == "hostname" else getattr(tool, what)(hosts)
        return measure.run(self.group, argv, lambda path: check(hosts, path), tool.env)

    # ---- what is asked for

    def hostname(self):
        for count in (1, 8, 32, 128):
            if count <= len(self.all):
                for warm in (False, True):
                    self.series(f"hostname on {count}, {'warm' if warm else 'cold'}", self.few(count), warm,
                                "hostname", each_is_named)
        self.fleet.masters_end()

    def steps(self):
        hosts = self.few(32)
        self.series(f"ten steps on each of {len(hosts)}; pdsh, clush over masters that are up", hosts, False,
                    "steps", each_is_named)
        self.fleet.masters_end()

    def output(self):
        hosts = self.few(8)
        self.series(f"{tools.BYTES / 1e6:.0f} MB of output from each of {len(hosts)}", hosts, False, "output",
                    self.all_bytes)
        for tool in self.tools:
            if getattr(tool, "output", None):
                self.peak(tool, "output", hosts)

    def all_bytes(self, hosts, path):
        """xargs has a file for each host; the others print it all, some with names before it."""
        got = [f"{self.args.work}/got.{h}" for h in hosts]
        size = sum(os.path.getsize(p) for p in [path] + got if os.path.exists(p))
        for p in got:
            if os.path.exists(p):
                os.unlink(p)
        return None if size >= tools.BYTES * len(hosts) else f"only {size} bytes"

    def peak(self, tool, what, hosts):
        self.pawl.stop()
        tool.prepare(hosts, False)
        argv = getattr(tool, what)(hosts)
        peak = measure.Peak(self.group)
        measure.run(self.group, argv, lambda path: None, tool.env)
        all_kb, one_kb = peak.stop()
        print(f"  {tool.name:24}memory at most {all_kb / 1024:.1f} MiB, {one_kb / 1024:.1f} MiB in one process",
              flush=True)
        self.all_bytes(hosts, "output")

    def warm_step(self):
        """What one more step costs, by the difference between a workflow of many and one of one."""
        hosts = self.few(8)
        self.pawl.prepare(hosts, False)
        for command in ("true", tools.STEP):
            self.one_warm_step(hosts, command)
        self.kept_shell(hosts)

    def one_warm_step(self, hosts, command):
        def workflow(steps):
            return self.pawl.workflow(hosts, f"warm{steps}.lua", "workflow { about = 'warm steps' }\n"
                                      f"hosts:each(function(h) for i = 1, {steps} do h:run '{command}' end end)\n")

        engine = self.pawl.status()["pid"]
        few, many = workflow(1), workflow(1 + WARM_STEPS)
        subprocess.run(few, env=self.pawl.env, stdout=subprocess.DEVNULL)
        taken = []
        for _ in range(self.args.runs):
            at = []
            for argv in (few, many):
                begun = (measure.process_cpu_s(engine), self.ssh_cpu_s(engine), self.group.cpu_s(), time.monotonic(),
                         self.last_pid(hosts[0]), packets(self.args.cable + hosts[0][4:]), syscalls(engine))
                subprocess.run(argv, env=self.pawl.env, stdout=subprocess.DEVNULL)
                ended = (measure.process_cpu_s(engine), self.ssh_cpu_s(engine), self.group.cpu_s(), time.monotonic(),
                         self.last_pid(hosts[0]), packets(self.args.cable + hosts[0][4:]), syscalls(engine))
                at.append([e - b for b, e in zip(begun, ended)])
            each = len(hosts) * WARM_STEPS
            of = (each, each, each, WARM_STEPS, WARM_STEPS, WARM_STEPS, each)
            taken.append([(many - few) / n for few, many, n in zip(*at, of)])
        middle = [measure.statistics.median(column) for column in zip(*taken)]
        print(f"\na warm step, `{command}`, {len(hosts)} hosts at once   (load {measure.load()})\n"
              f"  CPU: {middle[0] * 1e3:.3f} ms engine, {middle[1] * 1e3:.3f} ms ssh, {middle[2] * 1e3:.3f} ms all of the controller; "
              f"{middle[3] * 1e3:.2f} ms from one to the next\n"
              f"  on its host: {middle[4]:.2f} new processes; {middle[5]:.1f} packets both ways; {middle[6]:.1f} reads and writes of the engine",
              flush=True)

    def kept_shell(self, hosts):
        """A floor: shells that are kept open over plain ssh, one word each way."""
        shells = [subprocess.Popen(["ssh", "-F", self.fleet.plain, host, "sh"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, bufsize=0) for host in hosts]

        def work(shell, count):
            for _ in range(count):
                shell.stdin.write(b"/bin/true; echo $?\n")
                shell.stdout.readline()

        def all_work(count):
            threads = [threading.Thread(target=work, args=(shell, count)) for shell in shells]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        all_work(1)
        begun, at = sum(measure.process_cpu_s(shell.pid) for shell in shells), time.monotonic()
        all_work(WARM_STEPS)
        used, took = sum(measure.process_cpu_s(shell.pid) for shell in shells) - begun, time.monotonic() - at
        for shell in shells:
            shell.stdin.close()
            shell.wait()
        print(f"\n/bin/true in a shell kept open by ssh, {len(hosts)} hosts at once\n"
              f"  CPU: {used / WARM_STEPS / len(hosts) * 1e3:.3f} ms ssh; {took / WARM_STEPS * 1e3:.2f} ms from one to the next", flush=True)

    def ssh_cpu_s(self, engine):
        pids = subprocess.run(["pgrep", "-P", str(engine), "ssh"], capture_output=True, text=True).stdout.split()
        return sum(measure.process_cpu_s(pid) for pid in pids)

    def last_pid(self, host):
        """The last number that the host gave to a process, told from inside by one more."""
        pid = open(f"{self.args.fleet}/h/{host}/pid1").read().split()[0]
        got = subprocess.run(["nsenter", "-t", pid, "-p", "-m", "cat", "/proc/loadavg"], capture_output=True, text=True)
        return int(got.stdout.split()[4])

    def idle(self):
        """The engine's own memory, with a link to each host and without any."""
        self.pawl.prepare(self.all, False)
        subprocess.run(self.pawl.hostname(self.few(1), True), env=self.pawl.env, stdout=subprocess.DEVNULL)
        time.sleep(2)
        pid = self.pawl.status()["pid"]
        links, before = self.pawl.status()["links"], measure.status_kb(pid, "RssAnon")
        subprocess.run(self.pawl.hostname(self.all, True), env=self.pawl.env, stdout=subprocess.DEVNULL)
        time.sleep(2)
        more, after = self.pawl.status()["links"] - links, measure.status_kb(pid, "RssAnon")
        ssh = subprocess.run(["pgrep", "-P", str(pid), "ssh"], capture_output=True, text=True).stdout.split()
        print(f"\n{more} more idle links   {(after - before) / max(more, 1):.1f} kB of the engine's memory each "
              f"(with what the job itself left), and an ssh of {sum(map(measure.own_kb, ssh)) / max(len(ssh), 1):.0f} kB", flush=True)

    def crowd(self):
        """All hosts at once."""
        runs, self.args.runs = self.args.runs, min(self.args.runs, 3)
        fast = [tool for tool in self.tools if not isinstance(tool, tools.Ansible)]
        for warm in (False,):
            self.series(f"hostname on {len(self.all)}, cold", self.all, warm, "hostname", each_is_named, fast)
        self.args.runs = runs
        self.pawl.prepare(self.all, False)
        peak = measure.Peak(self.group)
        one = measure.run(self.group, self.pawl.hostname(self.all, False), lambda path: each_is_named(self.all, path), self.pawl.env)
        all_kb, one_kb = peak.stop()
        print(f"  pawl: {one.why or 'no failure'}, memory at most {one_kb / 1024:.1f} MiB of the engine, {all_kb / 1024:.0f} MiB with all ssh")

    def end(self):
        self.fleet.masters_end()
        for tool in self.tools:
            if isinstance(tool, tools.Ansible):
                tool.end_own()
        self.pawl.stop()
        self.group.close()


def each_is_named(hosts, path):
    with open(path, errors="replace") as f:
        seen = set(re.findall(r"host\d+", f.read()))
    missing = [h for h in hosts if h not in seen]
    return f"{len(missing)} hosts did not answer" if missing else None


def packets(cable):
    return sum(int(open(f"/sys/class/net/{cable}/statistics/{way}_packets").read()) for way in ("rx", "tx"))


def syscalls(pid):
    words = open(f"/proc/{pid}/io").read().split()
    return int(words[words.index("syscr:") + 1]) + int(words[words.index("syscw:") + 1])


def main():
    parser = argparse.ArgumentParser(prog="hosts.sh")
    for name in ("pawl", "work", "fleet", "cable"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("what", nargs="*")
    bench = Bench(parser.parse_args())
    os.chdir(bench.args.work)
    try:
        bench.about()
        for name in bench.args.what or ("hostname", "steps", "output", "warm_step", "idle"):
            getattr(bench, name)()
        print()
        bench.about()
    finally:
        bench.end()


if __name__ == "__main__":
    sys.exit(main())
