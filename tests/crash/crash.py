#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills the engine with SIGKILL at labelled points and checks what is left.

An episode is one home: all shapes are started in it, and engine after engine is
run with a crash point of its own ("commit.before:7": the seventh pass), until
every job has ended. Then each job must look as in a calm run (same state, same
reason, same records byte for byte), every command must have been started exactly
as often as in the calm run by a log outside Pawl, and every once() body at most
once per attempt.

  crash.py --pawl build/release/engine/pawl             the suite's share
  crash.py --pawl ... --campaign 20000 --tally FILE     until so many kills, in one run or many
Prints points, kills, lost, doubled; exits 1 when anything was lost or doubled.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from shapes import SHAPES

LABELS = ["commit.before", "commit.after", "start.before", "start.after", "attach.before",
          "output.before", "forget.before", "forget.after", "once.before", "once.after",
          "reply.before"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("pawl", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Broken(Exception):
    """The engine died before it answered."""


class Episode:
    shapes = SHAPES
    passes = [1, 1, 1, 2, 2, 3, 4, 6]  # of a point, until the engine ends there

    def __init__(self, pawl, seed, kills_max):
        self.pawl, self.rng, self.kills_max = pawl, random.Random(seed), kills_max
        self.home = tempfile.mkdtemp(prefix="pawl-crash-")
        self.oracle = os.path.join(self.home, "oracle")
        self.engine = None
        self.kills = collections.Counter()
        self.points_tried = 0

    # ---- what an episode on other hosts does otherwise
    def engine_env(self):
        return {}

    def body(self, shape):
        env = {"PATH": os.environ["PATH"], "ORACLE": self.oracle}
        return {"type": "workflow", "name": shape.name, "command": shape.name, "cwd": "/", "env": env,
                "script": {"name": shape.name + ".lua", "text": shape.script}}

    # ---- engines
    def boot(self, point=None):
        env = dict(os.environ, PAWL_HOME=self.home, ORACLE=self.oracle, **self.engine_env())
        env.pop("PAWL_CRASH_POINT", None)
        if point:
            env["PAWL_CRASH_POINT"] = point
        self.log = open(os.path.join(self.home, "engine.log"), "ab")
        self.engine = subprocess.Popen([self.pawl, "daemon", "--foreground"], env=env,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                       start_new_session=True)
        self.point = point

    def alive(self):
        if self.engine.poll() is None:
            return True
        if self.engine.returncode == -signal.SIGKILL:
            self.kills[self.point.split(":")[0]] += 1
        elif self.engine.returncode != 0:
            raise SystemExit(f"engine ended with {self.engine.returncode}: see {self.home}/engine.log")
        return False

    def next_point(self):
        if sum(self.kills.values()) >= self.kills_max:
            return None
        label = self.rng.choice(LABELS)
        return f"{label}:{self.rng.choice(self.passes)}"

    def keep_alive(self):
        if self.engine is None or not self.alive():
            self.points_tried += 1
            self.boot(self.next_point())

    # ---- requests, repeated with one uuid until they are answered
    def ask_once(self, method, path, body, request):
        try:
            connection = UnixConnection(os.path.join(self.home, "engine.sock"))
            headers = {"Pawl-Request": request} if request else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
            return response.status, data
        except (OSError, http.client.HTTPException) as error:
            raise Broken(str(error)) from error

    def ask(self, method, path, body=None, change=False):
        request = str(uuid.UUID(int=self.rng.getrandbits(128), version=4)) if change else None
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.keep_alive()
            try:
                status, data = self.ask_once(method, path, body, request)
                if status != 503:
                    return status, data
            except Broken:
                time.sleep(0.005)
        raise SystemExit(f"{method} {path}: no answer within 60 s; see {self.home}")

    def job(self, number):
        status, data = self.ask("GET", f"/v1/jobs/{number}")
        return json.loads(data) if status == 200 else None

    # ---- the run
    def start_all(self):
        self.jobs = []
        for shape in self.shapes:
            status, data = self.ask("POST", "/v1/jobs", self.body(shape), change=True)
            if status != 201:
                raise SystemExit(f"{shape.name}: {status} {data.decode()}")
            self.jobs.append((shape, json.loads(data)["id"]))

    def steer(self, shape, number, row, done):
        """Sends what the shape needs, once each."""
        key = (number, "signal")
        if shape.signal and key not in done:
            self.ask("POST", f"/v1/jobs/{number}/signal", {"name": shape.signal, "value": {"n": 1}}, True)
            done.add(key)
        # At suspend(), and after a step that was cut off three times: here is the person.
        if row["state"] == "Suspended":
            self.ask("POST", f"/v1/jobs/{number}/resume", {}, True)
        key = (number, "stop")
        if shape.stop and key not in done and len(self.starts(number)) == shape.stop:
            self.ask("POST", f"/v1/jobs/{number}/stop", {"grace_ms": 2000}, True)
            done.add(key)

    def run(self, limit=120):
        self.start_all()
        open_jobs, done, end = list(self.jobs), set(), time.monotonic() + limit
        while open_jobs and time.monotonic() < end:
            still = []
            for shape, number in open_jobs:
                row = self.job(number)
                if row["state"] not in ("Completed", "Failed", "Stopped"):
                    self.steer(shape, number, row, done)
                    still.append((shape, number))
            open_jobs = still
            time.sleep(0.005)
        if open_jobs:
            raise SystemExit("stuck: " + ", ".join(f"{s.name}={n}" for s, n in open_jobs) +
                             f"; see {self.home}")

    # ---- what is left
    def oracle_lines(self, suffix=""):
        try:
            with open(self.oracle + suffix) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def starts(self, number):
        """What the commands of a job have told: job, step, attempt, and on a host its name."""
        return [line.split() for line in self.oracle_lines() if line.startswith(f"{number} ")]

    def result(self, shape, number):
        row = self.job(number)
        _, data = self.ask("GET", f"/v1/jobs/{number}/records")
        streams = collections.defaultdict(str)
        last = 0
        for line in data.splitlines():
            record = json.loads(line)
            assert record["seq"] == last + 1, f"{shape.name}: seq {record['seq']} after {last}"
            last = record["seq"]
            value = record.get("data", record.get("value", record.get("data_b64")))
            streams[f"{self.place(record)} {record['stream']}"] += (
                value if isinstance(value, str) else json.dumps(value, sort_keys=True))
        lines = self.starts(number)
        # An attempt that was claimed but never begun is followed by another: only the
        # count of starts of a step is the same in every run, not their numbers.
        return {"state": row["state"], "reason": row["reason"], "streams": dict(streams),
                "starts": [" ".join(line[3:] + line[1:2]) for line in lines],
                "twice": len(lines) - len({tuple(line) for line in lines})}

    def place(self, record):
        return record["step"]

    def once_excess(self):
        """once() bodies that ran more often than they had attempts."""
        excess = 0
        bodies = collections.Counter(self.oracle_lines(".once"))
        for shape, number in self.jobs:
            if shape.name != "once":
                continue
            _, data = self.ask("GET", f"/v1/jobs/{number}/steps")
            attempts = collections.Counter()
            for line in data.splitlines():
                step = json.loads(line)
                attempts[f"{number} {step['name']}"] += 1
            for body, n in bodies.items():
                excess += max(0, n - attempts[body])
        return excess

    def finish(self, keep=False):
        if self.engine and self.engine.poll() is None:
            self.engine.terminate()
            try:
                self.engine.wait(20)
            except subprocess.TimeoutExpired:
                raise SystemExit(f"the engine does not end on SIGTERM; see {self.home}")
        self.log.close()
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)


def calm_results(episode):
    episode.run()
    results = {shape.name: episode.result(shape, number) for shape, number in episode.jobs}
    episode.finish()
    return results


def differences(expected, got):
    lost, doubled = [], []
    for key in ("state", "reason", "streams"):
        if expected[key] != got[key]:
            lost.append(f"{key}: expected {str(expected[key])[:300]!r}, got {str(got[key])[:300]!r}")
    want, have = collections.Counter(expected["starts"]), collections.Counter(got["starts"])
    for start in want - have:
        lost.append(f"never started: {start}")
    for start in have - want:
        doubled.append(f"started once more: {start}")
    if got["twice"]:
        doubled.append(f"{got['twice']} attempts were started twice")
    return lost, doubled


def check(episode, expected):
    lost = doubled = 0
    for shape, number in episode.jobs:
        shape_lost, shape_doubled = differences(expected[shape.name], episode.result(shape, number))
        for text in shape_lost + shape_doubled:
            print(f"  {shape.name} (job {number}): {text}", file=sys.stderr)
        lost += len(shape_lost)
        doubled += len(shape_doubled)
    excess = episode.once_excess()
    if excess:
        print(f"  once: {excess} bodies ran twice in one attempt", file=sys.stderr)
    return lost, doubled + excess


def run_episode(episode, seed, expected):
    keep = True
    try:
        episode.run()
        lost, doubled = check(episode, expected)
        keep = bool(lost or doubled)
    finally:
        if keep:
            print(f"  seed {seed}: kept {episode.home}", file=sys.stderr)
        episode.finish(keep)
    return episode.kills, lost, doubled


class Tally:
    """What was done so far. With a file, a campaign goes on where an earlier run of it
    stopped, whatever stopped it; the file says which binaries took how many kills."""

    def __init__(self, path, pawl, seed):
        self.path = path
        self.kills = collections.Counter()
        self.programs = collections.Counter()
        self.lost = self.doubled = self.episodes = 0
        self.seconds = 0.0
        self.next_seed = seed
        with open(pawl, "rb") as program:
            self.program = hashlib.sha256(program.read()).hexdigest()[:12]
        if path and os.path.exists(path):
            self.load()

    def load(self):
        with open(self.path) as file:
            kept = json.load(file)
        self.kills.update(kept["kills"])
        self.programs.update(kept["programs"])
        self.lost, self.doubled = kept["lost"], kept["doubled"]
        self.episodes, self.seconds = kept["episodes"], kept["seconds"]
        self.next_seed = kept["next_seed"]

    def save(self):
        if not self.path:
            return
        kept = {key: getattr(self, key) for key in
                ("kills", "programs", "lost", "doubled", "episodes", "seconds", "next_seed")}
        with open(self.path + ".new", "w") as file:
            json.dump(kept, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def add(self, kills, lost, doubled, seconds):
        self.kills += kills
        self.programs[self.program] += sum(kills.values())
        self.lost += lost
        self.doubled += doubled
        self.episodes += 1
        self.seconds += seconds
        self.save()

    def take_seed(self):
        self.next_seed += 1
        return self.next_seed - 1

    def show(self, shapes):
        for label in LABELS + sorted(set(self.kills) - set(LABELS)):
            print(f"{label:16s} {self.kills[label]} kills")
        points = len([label for label in LABELS if self.kills[label]])
        print(f"points {points} of {len(LABELS)}, shapes {shapes}, episodes {self.episodes}, "
              f"kills {sum(self.kills.values())}, lost {self.lost}, doubled {self.doubled}, "
              f"{self.seconds:.0f} s, binaries {len(self.programs)}")


def campaign(options, make, tally):
    """Episodes that make(seed, kills) gives, until so many engines were killed."""
    expected = calm_results(make(0, 0))
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def submit():
            seed = tally.take_seed()
            return pool.submit(run_episode, make(seed, options.per_episode), seed, expected)

        running = {submit() for _ in range(options.jobs)}
        while running:
            done, running = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                kills, lost, doubled = future.result()
                now = time.monotonic()
                tally.add(kills, lost, doubled, now - begun)
                begun = now
                if tally.episodes > 20 + options.campaign:
                    raise SystemExit("the crash points are not met any more: no kills")
                if sum(tally.kills.values()) < options.campaign:
                    running.add(submit())


def arguments(doc, kills, per_episode, jobs):
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--campaign", type=int, default=kills, metavar="KILLS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-episode", type=int, default=per_episode)
    parser.add_argument("--jobs", type=int, default=jobs, help="episodes at a time; most of one is waiting")
    parser.add_argument("--tally", metavar="FILE", help="go on with the campaign that FILE tells of")
    return parser.parse_args()


def main():
    options = arguments(__doc__, kills=300, per_episode=60, jobs=6)
    tally = Tally(options.tally, options.pawl, options.seed)

    campaign(options, lambda seed, kills: Episode(options.pawl, seed, kills), tally)
    tally.show(len(SHAPES))
    return 1 if tally.lost or tally.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
