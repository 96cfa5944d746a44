# SPDX-License-Identifier: MIT
"""Times programs, the CPU they use with everything they start, and their memory.

The bench runs in a CPU group of its own, which whatever it starts belongs to, also what
has left it (masters, the engine); the simulated hosts are in another. Where the kernel has
no such groups, CPU is not told."""
import glob
import os
import statistics
import subprocess
import threading
import time

FLUSHES = 101
SAMPLE_S = 0.05
SETTLE_TRIES = 100


class Group:
    """The CPU seconds, and the processes, of the controller's side."""

    def __init__(self, hosts):
        self.dir = None
        for base, usage in (("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup", "cpu.stat")):
            if os.access(base + "/cgroup.procs", os.W_OK):
                self.dir, self.usage = f"{base}/pawl-bench-{os.getpid()}", usage
                self.hosts_dir = f"{base}/{hosts}"
                os.makedirs(self.dir, exist_ok=True)
                with open(self.dir + "/cgroup.procs", "w") as f:
                    f.write(str(os.getpid()))
                return

    def cpu_s(self):
        return self.used_s(self.dir)

    def hosts_cpu_s(self):
        return self.used_s(self.hosts_dir)

    def settle(self):
        """Until the hosts are done with what the run before has left, logins that end mostly."""
        for _ in range(SETTLE_TRIES if self.dir else 0):
            before = self.hosts_cpu_s()
            time.sleep(SAMPLE_S)
            if self.hosts_cpu_s() - before < SAMPLE_S / 50:
                return

    def used_s(self, dir):
        if not self.dir:
            return float("nan")
        with open(f"{dir}/{self.usage}") as f:
            words = f.read().split()
        return int(words[0]) / 1e9 if len(words) == 1 else int(words[words.index("usage_usec") + 1]) / 1e6

    def pids(self):
        if not self.dir:
            return []
        with open(self.dir + "/cgroup.procs") as f:
            return [int(pid) for pid in f.read().split() if int(pid) != os.getpid()]

    def close(self):
        if not self.dir:
            return
        with open(os.path.dirname(self.dir) + "/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))
        for _ in range(100):
            try:
                return os.rmdir(self.dir)
            except OSError:  # something is still ending
                time.sleep(0.05)


class Run:
    """One run of a program: did it do what it should, and what did it cost."""

    def __init__(self, wall_s, cpu_s, hosts_cpu_s, why):
        self.wall_s, self.cpu_s, self.hosts_cpu_s, self.why = wall_s, cpu_s, hosts_cpu_s, why


def run(group, argv, check, env=None, to=None):
    """check(path of the output) says what is wrong with it, or None."""
    path = to or "output"
    group.settle()
    with open(path, "wb") as out, open("errors", "wb") as err:
        cpu, hosts, begun = group.cpu_s(), group.hosts_cpu_s(), time.monotonic()
        code = subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env)
        wall = time.monotonic() - begun
        cpu, hosts = group.cpu_s() - cpu, group.hosts_cpu_s() - hosts
    why = check(path)
    if code and not why:
        why = f"exit code {code}"
    if why:
        with open("errors", errors="replace") as err:
            why += ": " + err.read(300).strip().replace("\n", "; ")
    return Run(wall, cpu, hosts, why)


class Peak(threading.Thread):
    """The largest memory of all processes together while it runs (pages that are shared
    count by their share), and of one process alone."""

    def __init__(self, group):
        super().__init__(daemon=True)
        self.group, self.over = group, threading.Event()
        self.all_kb = self.one_kb = 0
        self.start()

    def run(self):
        while not self.over.wait(SAMPLE_S):
            each = [own_kb(pid) for pid in self.group.pids()]
            self.all_kb = max(self.all_kb, sum(each))
            self.one_kb = max([self.one_kb] + each)

    def stop(self):
        self.over.set()
        self.join()
        return self.all_kb, self.one_kb


def own_kb(pid):
    """Without pages of files (programs, the store), which the kernel can drop."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for line in f:
                if line.startswith("Pss_Anon:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def status_kb(pid, key):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def process_cpu_s(pid):
    """Of a process that lives, in all its threads, to the nanosecond."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as f:
            total += int(f.read().split()[0])
    return total / 1e9


def flush_ms(path):
    times, page = [], bytes(4096)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(FLUSHES):
        begun = time.monotonic()
        os.pwrite(fd, page, 0)
        os.fdatasync(fd)
        times.append((time.monotonic() - begun) * 1e3)
    os.close(fd)
    os.unlink(path)
    return statistics.median(times)


def load():
    with open("/proc/loadavg") as f:
        return " ".join(f.read().split()[:3])


class Series:
    """The runs of several programs, taken in turn: what the machine does meanwhile hits all
    of them alike. One that is slow, or fails, has fewer."""
    SLOW_S, SLOW_RUNS = 15, 3

    def __init__(self, title, runs):
        self.title, self.runs, self.taken, self.whys = title, runs, {}, {}

    def take(self, name, once):
        """once() prepares, runs and gives a Run."""
        self.taken.setdefault(name, (once, []))

    def go(self):
        for i in range(self.runs):
            order = list(self.taken)
            order = order[i % len(order):] + order[:i % len(order)]
            for name in order:
                self.one(name, i)

    def one(self, name, i):
        once, done = self.taken[name]
        if name in self.whys or (i >= self.SLOW_RUNS and self.median(name) > self.SLOW_S):
            return
        result = once()
        if result.why:
            self.whys[name] = result.why
        else:
            done.append(result)

    def median(self, name, key="wall_s"):
        done = self.taken[name][1]
        return statistics.median(getattr(r, key) for r in done) if done else float("nan")

    def show(self):
        """A row each, fastest first; the ratio is to pawl, round by round, in the middle."""
        print(f"\n{self.title}   (load {load()})")
        print(f"  {'':24}{'s':>9}{'least':>9}{'most':>9}{'to pawl':>9}{'CPU s':>9}{'theirs':>9}  runs")
        for name in sorted(self.taken, key=lambda n: (n in self.whys, self.median(n))):
            if name in self.whys:
                print(f"  {name:24}  failed: {self.whys[name][:300]}")
                continue
            done = self.taken[name][1]
            walls = [r.wall_s for r in done]
            print(f"  {name:24}{self.median(name):9.3f}{min(walls):9.3f}{max(walls):9.3f}"
                  f"{self.ratio(name):9.2f}{self.median(name, 'cpu_s'):9.3f}{self.median(name, 'hosts_cpu_s'):9.3f}  {len(done)}", flush=True)

    def ratio(self, name):
        pairs = zip(self.taken[name][1], self.taken["pawl"][1]) if "pawl" in self.taken else ()
        ratios = [a.wall_s / b.wall_s for a, b in pairs]
        return statistics.median(ratios) if ratios else float("nan")
