# SPDX-License-Identifier: MIT
"""Table 1h: schedules."""
from suite import case, still_open


def schedules(home):
    return {row["name"]: row for row in home.run("schedule", "list", "--json").rows}


@case("1h.1", "registered: command or file, name, triggers, options, arguments; run now")
def _(home):
    file = home.file("s.sh", "echo $1 $X\n")
    home.run("schedule", "add", "s", "--cron", "0 3 * * *", "--", "start", "--file", file, "--init",
             "X=init", "--meta", "k=v", "--", "arg")
    home.file("s.sh", "echo changed\n")
    job = home.run("schedule", "run", "s", "--json").row["id"]
    home.wait(job)
    assert home.received(job) == "arg init\n" and home.job(job)["meta"] == {"k": "v"}


@case("1h.2", "triggers: calendar, interval, boot; jitter; on and off")
def _(home):
    for name, when in (("cron", ("--cron", "*/5 * * * 1-5", "--jitter", "10s")),
                       ("every", ("--every", "1h", "--jitter", "10s")), ("boot", ("--at-boot",))):
        home.run("schedule", "add", name, *when, "--", "start", "-c", "true")
    assert set(schedules(home)) == {"cron", "every", "boot"}
    home.run("schedule", "disable", "cron", "every")
    home.run("schedule", "enable", "every")
    assert [schedules(home)[n]["enabled"] for n in ("cron", "every")] == [False, True]
    home.run("schedule", "add", "wrong", "--cron", "61 * * * *", "--", "start", "-c", "true", code=2)


still_open("1h.3", "triggers: a login, a path that changes", "time and boot only")


@case("1h.4", "overlapping runs: skip, queue, parallel, replace")
def _(home):
    for policy in ("skip", "queue", "parallel", "replace"):
        home.run("schedule", "add", policy, "--every", "1h", "--overlap", policy, "--", "start", "-c",
                 "true")
        assert schedules(home)[policy]["overlap"] == policy
    home.run("schedule", "add", "x", "--every", "1h", "--overlap", "never", "--", "start", "-c", "true",
             code=2)


@case("1h.5", "instances are ordinary jobs, kept on disk, by any verb")
def _(home):
    home.run("schedule", "add", "s", "--every", "1s", "--", "start", "-c", "echo x")
    home.until("it has run", lambda: home.get("--state", "Completed"))
    home.run("schedule", "remove", "s")
    job = home.get("--state", "Completed")[0]
    assert job["schedule"] == "s" and job["nominal"]
    assert home.received(job["id"]) == "x\n"
    home.run("remove", job["id"])


@case("1h.6", "a failing instance is a Failed job, like any other")
def _(home):
    home.run("schedule", "add", "s", "--every", "1s", "--", "start", "-c", "exit 3")
    home.until("it has failed", lambda: home.get("--state", "Failed"))
    home.run("schedule", "remove", "s")


@case("1h.7", "a number of results is kept")
def _(home):
    home.run("schedule", "add", "s", "--every", "1s", "--keep", "1", "--", "start", "-c", "true")
    home.until("three have run", lambda: (home.get() or [{"id": 0}])[-1]["id"] >= 5)
    home.run("schedule", "disable", "s")
    home.until("one is left", lambda: len(home.get()) == 1)

