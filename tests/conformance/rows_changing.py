# SPDX-License-Identifier: MIT
"""Tables 1f and 1g: wait, stop, remove, suspend, resume; sessions."""
import subprocess
import time

from suite import case, still_open


@case("1f.1", "wait: until settled; --force: finished; --for STATE")
def _(home):
    job = home.workflow('suspend("look") wait_signal("go")')
    assert home.run("wait", job, "--json").row["state"] == "Suspended"
    home.run("resume", job)
    assert home.run("wait", job, "--for", "Running", "--json").row["id"] == job
    home.run("signal", job, "go")
    assert home.run("wait", job, "--force", "--json").row["state"] == "Completed"
    home.run("wait", job, "--for", "Suspended", code=4)


@case("1f.2", "--any: the first of them, with a job")
def _(home):
    home.start("sleep 30")
    two = home.start("sleep 0.2")
    assert [row["id"] for row in home.run("wait", "*", "--any", "--json").rows] == [two]


@case("1f.3", "--timeout: those that are there are printed, exit 124; 0 only looks")
def _(home):
    one, two = home.done("true"), home.start("sleep 30")
    began = time.monotonic()
    waited = home.run("wait", one, two, "--timeout", "0.3", "--json", code=124)
    assert [row["id"] for row in waited.rows] == [one] and time.monotonic() - began < 20
    home.run("wait", two, "--timeout", "0", code=124)


@case("1f.4", "a Blocked job ends the waiting at once, named; not when --any is met by another")
def _(home):
    job = home.workflow('ask("well?")')
    home.becomes(job, "Blocked")
    said = home.run("wait", job, code=4).said
    assert str(job) in said and "pawl answer" in said
    home.run("wait", job, home.done("true"), "--any")


@case("1f.5", "selectors on all of them: ids, names, globs, uuids, states")
def _(home):
    job = home.done("true", "--name", "one")
    for who in (job, "one", "o*", home.job(job)["uuid"]):
        assert home.run("wait", who, "-q").text == "%d\n" % job
    assert home.run("wait", "--state", "Completed", "-q").text == "%d\n" % job


@case("1f.6", "stop: the process is gone; a finished job is passed over; its output is still there")
def _(home):
    job = home.start("echo $$; exec sleep 300")
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.run("stop", job, "--wait")
    pid = home.received(job, "--keep").split()[0]
    assert subprocess.run(["kill", "-0", pid], capture_output=True, check=False).returncode
    assert home.state(job) == "Stopped"
    home.run("stop", job, code=4)
    assert home.received(job).startswith(pid)
    over = home.done("true", "--name", "web")
    for which in ("web", "w*", "W*", "--state"):
        runs = home.start("sleep 300", "--name", "web")
        which = {"W*": ["W*", "-i"], "--state": ["--type", "local"]}.get(which, [which])
        assert [row["id"] for row in home.run("stop", *which, "--dry-run", "--json").rows] == [runs]
        for verb in ("suspend", "resume", "stop"):
            home.run(verb, *which, *(["--force", "--wait"] if verb == "suspend" else []))
        home.becomes(runs, "Stopped")
    assert home.state(over) == "Completed"
    home.run("stop", "w*")
    home.run("stop", "web", code=4)


@case("1f.7", "stop --dry-run, and of remove, suspend and resume: who is meant, and nothing is done")
def _(home):
    jobs = [home.start("sleep 300", "--name", "dry%d" % n) for n in (1, 2)]
    home.run("remove", "dry*", "--dry-run", code=4)
    for verb in ("stop", "suspend", "remove --force"):
        verb, *force = verb.split()
        assert [row["id"] for row in home.run(verb, "dry*", "--dry-run", "--json", *force).rows] == jobs
        assert "dry1" in home.run(verb, "dry*", "--dry-run", *force).text
    home.run("stop", "dry9", "--dry-run", code=3)
    assert [home.state(job) for job in jobs] == ["Running", "Running"]
    home.run("suspend", "dry2", "--force", "--wait")
    assert [row["id"] for row in home.run("resume", "dry*", "--dry-run", "--json").rows] == jobs[1:]
    assert home.state("dry2") == "Suspended"


@case("1f.8", "remove: finished jobs only, whatever the selector; --force stops first")
def _(home):
    done, running = home.done("true"), home.start("sleep 30", "--name", "running")
    for who in (running, "running", home.job(running)["uuid"]):
        home.run("remove", who, code=4)
    home.run("remove", "--state", "Running", code=4)
    assert home.job(running)["id"] == running
    home.run("remove", done + 1, code=4)
    home.run("remove", code=2)
    home.run("remove", done)
    home.run("remove", running, "--force")
    assert home.get() == []


@case("1f.9", "the end of a session changes nothing: no client, no terminal, no login")
def _(home):
    client = home.popen("start", "-c", "sleep 1; echo x", stdout=subprocess.PIPE,
                        start_new_session=True)
    client.communicate()
    home.wait(1)
    assert home.received(1) == "x\n"


# ---- 1g
@case("1g.1", "suspend: at the next step, returns at once; --wait; --force: now")
def _(home):
    job = home.workflow('localhost:run("sleep 300") print("never")')
    home.becomes(job, "Running")
    home.run("suspend", job)
    assert home.state(job) == "Suspending"
    home.run("suspend", job, "--force", "--wait")
    assert home.state(job) == "Suspended"


@case("1g.2", "resume: only what is Suspended; goes on where it stood")
def _(home):
    job = home.workflow('print(1) suspend("look") print(2)')
    home.wait(job)
    home.kill_engine()
    home.run("resume", job, "--wait")
    assert home.received(job) == "1\n2\n"
    home.run("resume", job, code=4)


@case("1g.3", "no session is needed: jobs are seen from anywhere")
def _(home):
    job = home.start("sleep 30")
    assert home.run("get", "-q", env={"TERM": "dumb", "HOME": "/"}, cwd="/").text == "%d\n" % job


@case("1g.4", "a host's work goes on without a link; what was not acknowledged comes again", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1", "--json", "-c",
                   "for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done").row["id"]
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.kill_engine()
    home.wait(job)
    assert home.received(job) == "1\n2\n3\n4\n5\n6\n"


@case("1g.5", "invoke -d: starts there and leaves", hosts=True)
def _(home):
    began = time.monotonic()
    home.run("invoke", "-d", "--hosts", "host1", "--", "sleep", "60")
    assert time.monotonic() - began < 20


still_open("1g.6", "a debugger for jobs", "pawl history shows each step; there is no breakpoint")


@case("1g.7", "a host is rebooted, and waited for", hosts=True)
def _(home):
    job = home.workflow('hosts:each(function(h) h:reboot{ timeout = "5m" } h:run("echo up") end)',
                        "--hosts", "host2")
    home.wait(job)
    assert home.received(job) == "up\n"
