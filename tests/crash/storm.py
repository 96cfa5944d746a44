#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything at once, at random: a storm over eight hosts that work.

Round after round of all shapes is run on a fleet of real sshds while, twice a second, one
fault is drawn from a seed: a cable cut and healed, a bad cable, a reboot, a power cut, a
frozen host, an ssh killed or frozen, a runner or its reader killed, the engine killed or
ended. Then all is mended, and every job must end as in a calm run: nothing lost, no
step begun more often than its host's reboots allow, output exact.

  storm.py --pawl build/release/engine/pawl                 the suite's share: 30 seconds
  storm.py --pawl ... --seconds 120 [--seed N]              longer, or again
"""
import argparse
import collections
import glob
import json
import os
import signal
import sys
import time

import crash
from fleet import Fleet, FleetEpisode, on_hosts

HOSTS = 8
FAULT_S = 0.5    # between two faults
DRAIN_S = 240    # until everything has ended, once nothing more is broken

# A reboot runs what it cut off again, and a third one in the same step would ask a person:
# hence two of a host in a round. What a step prints is checked attempt by attempt: the
# last is whole, and each one before it the beginning of that.
SHAPES = [
    on_hosts("counting", r'''
tell(hosts:each(function(h)
  local sum = 0
  for i = 1, 12 do sum = sum + run(h, "echo " .. i .. "; sleep 0.2", { quiet = true }):number() end
  return sum
end))
'''),
    on_hosts("printing", r'''
hosts:each(function(h)
  for _ = 1, 3 do run(h, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.1; done; echo end >&2") end
end)
'''),
    on_hosts("big", r'''
tell(hosts:each({ throttle = 4 }, function(h)
  return #run(h, "seq 1 20000", { quiet = true }).out + #run(h, "seq 1 9000").out
end))
'''),
    on_hosts("rolling", r'''
tell(hosts:rolling({ batches = { 1, "50%" }, pause = "1s" }, function(h)
  run(h, "echo down; sleep 0.3")
  sleep("0.5s")
  return run(h, "echo up"):trim()
end))
'''),
    on_hosts("undone", r'''
hosts:each(function(h)
  undo(function() run(h, "echo undone") end)
  run(h, "sleep 0.5; " .. (h.name == "host3" and "exit 7" or "exit 0"))
end)
'''),
]


class Weather:
    """What can go wrong, and is mended again in time. One host's troubles at a time."""

    def __init__(self, fleet, rng, engine_of):
        self.fleet, self.rng, self.engine_of = fleet, rng, engine_of
        self.mends = []                       # (when, what to call)
        self.counts = collections.Counter()
        self.reboots = collections.Counter()  # by host
        self.troubled = set()

    def later(self, seconds, mend):
        self.mends.append((time.monotonic() + seconds, mend))

    def mend_due(self, all_of_them=False):
        due = [m for m in self.mends if all_of_them or m[0] <= time.monotonic()]
        self.mends = [m for m in self.mends if m not in due]
        for _, mend in due:
            mend()

    def strike(self):
        calm = [name for name in self.fleet.names if name not in self.troubled]
        if not calm:
            return
        host = self.rng.choice(calm)
        faults = [self.cut, self.loss, self.freeze, self.reboot, self.kill_ssh, self.freeze_ssh,
                  self.kill_runner, self.kill_reader, self.kill_engine, self.end_engine]
        weights = [3, 2, 2, 2, 4, 2, 4, 1, 4, 1]
        fault = self.rng.choices(faults, weights)[0]
        if fault(host):
            self.counts[fault.__name__] += 1

    def for_a_while(self, host, seconds, mend):
        def over():
            mend()
            self.troubled.discard(host)

        self.troubled.add(host)
        self.later(self.rng.uniform(*seconds), over)

    # ---- faults; each tells whether it found what it breaks
    def cut(self, host):
        self.for_a_while(host, (0.5, 8), lambda: self.fleet.do("heal", host))
        return self.fleet.do("cut", host)

    def loss(self, host):
        self.for_a_while(host, (2, 8), lambda: self.fleet.do("loss", host, "0"))
        return self.fleet.do("loss", host, "30")

    def freeze(self, host):
        self.for_a_while(host, (0.5, 5), lambda: self.fleet.do("thaw", host))
        return self.fleet.do("freeze", host)

    def reboot(self, host):
        if self.reboots[host] >= 2: # a third might be in the same step as the first two
            return False
        self.reboots[host] += 1
        power = ["--power"] if self.rng.random() < 0.5 else []
        self.troubled.add(host)
        self.later(4, lambda: self.troubled.discard(host))
        return self.fleet.do("reboot", host, "0", *power)

    def links(self, host):
        engine = self.engine_of()
        found = []
        try:
            with open(f"/proc/{engine}/task/{engine}/children") as file:
                children = file.read().split()
            for pid in children:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
                if host in words:
                    found.append(int(pid))
        except OSError:
            pass
        return found

    def signal_links(self, host, number):
        found = self.links(host)
        for pid in found:
            send(pid, number)
        return found

    def kill_ssh(self, host):
        return bool(self.signal_links(host, signal.SIGKILL))

    def freeze_ssh(self, host):
        """It may outlive its engine: what is in its pipe then comes late."""
        found = self.signal_links(host, signal.SIGSTOP)
        if found:
            self.for_a_while(host, (0.5, 8), lambda: [send(pid, signal.SIGCONT) for pid in found])
        return bool(found)

    def kill_named(self, host, word):
        """The process that the name of the newest runner's file tells: runner.WAY.RUNNER.BIRTH.READER.BIRTH."""
        files = glob.glob(self.fleet.file(host, "/root/.local/state/pawl/spool/*/*/runner.*"))
        try:
            inside = os.path.basename(max(files, key=os.path.getmtime)).split(".")[2 + word]
        except (OSError, ValueError, IndexError):
            return False
        found = [pid for pid, words in self.fleet.processes(host)
                 if "pawl-runner" in words and number_inside(pid) == inside]
        for pid in found:
            send(pid, signal.SIGKILL)
        return bool(found)

    def kill_runner(self, host):
        return self.kill_named(host, 0)

    def kill_reader(self, host):
        return self.kill_named(host, 2)

    def kill_engine(self, _):
        send(self.engine_of(), signal.SIGKILL)
        return True

    def end_engine(self, _):
        send(self.engine_of(), signal.SIGTERM)
        return True


def number_inside(pid):
    """What a process is called in its own namespace."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next(line.split()[-1] for line in file if line.startswith("NSpid:"))
    except OSError:
        return None


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Storm(FleetEpisode):
    shapes = SHAPES

    def __init__(self, fleet, pawl, seed):
        super().__init__(fleet, pawl, seed, 0)
        self.weather = Weather(fleet, self.rng, lambda: self.engine.pid)

    def alive(self):
        return self.engine.poll() is None

    def states(self):
        return [(shape, number, self.job(number)["state"]) for shape, number in self.jobs]

    def blow(self, seconds):
        self.start_all()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.weather.mend_due()
            self.weather.strike()
            self.keep_alive()
            time.sleep(FAULT_S)
        self.weather.mend_due(all_of_them=True)

    def drain(self):
        end = time.monotonic() + DRAIN_S
        while time.monotonic() < end:
            open_jobs = [s for s in self.states() if s[2] not in ("Completed", "Failed", "Stopped")]
            if not open_jobs:
                return
            time.sleep(0.2)
        raise SystemExit("stuck: " + ", ".join(f"{s.name}={n} {state}" for s, n, state in open_jobs) +
                         f"; see {self.home}")

    # ---- what is left
    def attempts(self, number):
        """Outcomes by host and step: one for each attempt, in order."""
        _, data = self.ask("GET", f"/v1/jobs/{number}/steps")
        found = collections.defaultdict(list)
        for line in data.splitlines():
            step = json.loads(line)
            found[f"{step['host']} {step['strand']}/{step['ordinal']}"].append(step["outcome"])
        return found

    def output(self, number):
        """Bytes by host, step, stream and attempt."""
        _, data = self.ask("GET", f"/v1/jobs/{number}/records")
        found, last = collections.defaultdict(lambda: collections.defaultdict(str)), 0
        for line in data.splitlines():
            record = json.loads(line)
            assert record["seq"] == last + 1, f"job {number}: seq {record['seq']} after {last}"
            last = record["seq"]
            if record["stream"] != "warning":
                found[f"{self.place(record)} {record['stream']}"][record["attempt"]] += str(record.get("data"))
        return found

    def faults_of(self, shape, number, calm):
        """Everything about a job that is not as it must be, in words."""
        row, faults = self.job(number), []
        for key in ("state", "reason"):
            if row[key] != calm[key]:
                faults.append(f"{key}: {row[key]!r}, expected {calm[key]!r}")
        faults += self.output_faults(self.output(number), calm["output"])
        faults += self.start_faults(number, calm)
        return faults

    def output_faults(self, got, calm):
        faults = [f"no output: {place}" for place in calm if place not in got]
        for place, by_attempt in got.items():
            want = next(iter(calm.get(place, {"": None}).values()))
            *cut, last = [by_attempt[attempt] for attempt in sorted(by_attempt)]
            if last != want:
                faults.append(f"output of {place}: {last[-200:]!r}, expected {str(want)[-200:]!r}")
            if want and not all(want.startswith(part) for part in cut):
                faults.append(f"output of attempts of {place} that were cut off")
        return faults

    def start_faults(self, number, calm):
        """A step is begun once, and once more for each attempt that a reboot cut off."""
        lines = self.starts(number)
        begun = collections.Counter(f"{host} {place}" for _, place, _, host in lines)
        faults = [f"never begun: {place}" for place in calm["begun"] if place not in begun]
        if len(lines) != len({tuple(line) for line in lines}):
            faults.append("one attempt was begun twice")
        for place, outcomes in self.attempts(number).items():
            interrupted = outcomes.count("interrupted")
            if begun[place] > 1 + interrupted:
                faults.append(f"{place} was begun {begun[place]} times: {outcomes}")
            if interrupted > self.weather.reboots[place.split()[0]]:
                faults.append(f"{place} was interrupted more often than its host: {outcomes}")
        return faults

    def snapshot(self):
        """What a calm run leaves."""
        return {shape.name: {**{key: self.job(number)[key] for key in ("state", "reason")},
                             "output": self.output(number),
                             "begun": {f"{host} {place}" for _, place, _, host in self.starts(number)}}
                for shape, number in self.jobs}


def calm_run(fleet, pawl):
    storm = Storm(fleet, pawl, 0)
    storm.start_all()
    storm.drain()
    left = storm.snapshot()
    storm.finish()
    return left


def round_of(storm, seconds, calm):
    storm.blow(seconds)
    storm.drain()
    faults = [f"{shape.name} (job {number}): {text}" for shape, number in storm.jobs
              for text in storm.faults_of(shape, number, calm[shape.name])]
    for text in faults:
        print("  " + text, file=sys.stderr)
    if faults:
        print(f"  kept {storm.home}", file=sys.stderr)
    storm.finish(keep=bool(faults))
    return len(faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--seconds", type=float, default=30, help="of bad weather, in rounds of 15")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    fleet, counts, faults, rounds = Fleet(HOSTS), collections.Counter(), 0, 0
    try:
        calm = calm_run(fleet, options.pawl)
        begun = time.monotonic()
        while time.monotonic() - begun < options.seconds:
            storm = Storm(fleet, options.pawl, f"{options.seed}.{rounds}")
            faults += round_of(storm, min(15, options.seconds), calm)
            counts += storm.weather.counts
            rounds += 1
    finally:
        fleet.down()
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"rounds {rounds}, faults {sum(counts.values())}, shapes {len(SHAPES)}, wrong {faults}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
