#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills the engine while schedules start a job every second, one for each overlap.

Half of the engines end themselves at a labelled point, all the others at any moment.
Then no nominal time may have two jobs, each run that a schedule counts must be a job,
and the command of each job that completed must have run once: a log outside Pawl counts.

  schedule_kills.py --pawl build/release/engine/pawl                  the suite's share
  schedule_kills.py --pawl ... --seconds 600 --seed 7                 longer, other dice
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

POINTS = ["commit.before", "commit.after", "reply.before"]
OVERLAPS = ["parallel", "queue", "skip", "replace"]


class Home:
    def __init__(self, pawl, directory):
        self.pawl = pawl
        self.log = os.path.join(directory, "ran.")
        self.env = dict(os.environ, PAWL_HOME=os.path.join(directory, "home"))

    def run(self, *words, **more):
        return subprocess.run([self.pawl, *words], capture_output=True, text=True, check=False,
                              env=dict(self.env, **more))

    def rows(self, *words):
        return [json.loads(line) for line in self.run(*words, "--json").stdout.splitlines()]

    def add_all(self):
        for i, overlap in enumerate(OVERLAPS):
            added = self.run("schedule", "add", overlap, "--every", "1s", "--overlap", overlap, "--",
                             "start", "-c", f"echo x >>'{self.log}{overlap}'; sleep 0.{3 * i}")
            if added.returncode:
                sys.exit(f"schedule_kills: {added.stderr}")

    def kill(self):
        """The engine that runs, if one does: it may have come to its point."""
        for status in self.rows("status"):
            try:
                os.kill(status["pid"], signal.SIGKILL)
            except ProcessLookupError:
                pass

    def count(self, overlap):
        try:
            with open(self.log + overlap, encoding="ascii") as log:
                return len(log.readlines())
        except FileNotFoundError:
            return 0


def faults_of(home, overlap, jobs):
    shown = home.rows("schedule", "show", overlap)[0]
    nominals = [job["nominal"] for job in jobs]
    completed = sum(job["state"] == "Completed" for job in jobs)
    stopped = sum(job["state"] == "Stopped" for job in jobs)
    ran = home.count(overlap)
    print(f"{overlap}: {len(jobs)} jobs, {completed} completed, {stopped} stopped, {ran} commands")
    if len(set(nominals)) != len(nominals):
        yield "a nominal time has two jobs"
    if nominals != sorted(nominals):
        yield "they were not started in order"
    if shown["runs"] != len(jobs):
        yield f"{shown['runs']} runs are counted"
    if completed + stopped != len(jobs) or (stopped and overlap != "replace"):
        yield "some have neither completed nor been replaced"
    if not completed <= ran <= len(jobs):
        yield "commands ran more or less often than once"
    if not jobs:
        yield "nothing ran"


def campaign(home, seconds, dice):
    kills, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        point = {}
        if dice.random() < 0.5:
            point["PAWL_CRASH_POINT"] = f"{dice.choice(POINTS)}:{dice.randint(1, 12)}"
        home.run("get", **point)  # starts an engine
        time.sleep(dice.uniform(0, 1.2))
        home.kill()
        kills += 1
    return kills


def judge(home):
    faults = []
    home.run("schedule", "disable", "*")
    if home.run("wait", "--schedule", "*", "--force", "--timeout", "60").returncode:
        faults.append("not all of them end")
    jobs = home.rows("get")
    for overlap in OVERLAPS:
        mine = [job for job in jobs if job["schedule"] == overlap]
        faults += [f"{overlap}: {fault}" for fault in faults_of(home, overlap, mine)]
    home.run("daemon", "--stop")
    doctor = home.run("doctor")
    if doctor.returncode:
        faults.append(doctor.stdout + doctor.stderr)
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="pawl-schedule-kills-")
    home = Home(os.path.abspath(given.pawl), directory)
    try:
        home.add_all()
        kills = campaign(home, given.seconds, random.Random(given.seed))
        faults = judge(home)
    finally:
        home.run("daemon", "--stop")
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{kills} kills")
    for fault in faults:
        print(f"FAILED: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
