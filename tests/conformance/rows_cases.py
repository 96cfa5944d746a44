# SPDX-License-Identifier: MIT
"""Section 5: the conformance cases, by their numbers."""
import os
import subprocess

from suite import PAWL, case, still_open


@case("5.1", "a job of that name is returned at once")
def _(home):
    row = home.run("start", "--name", "My Job", "-c", "sleep 5", "--json").row
    assert (row["name"], row["type"]) == ("My Job", "local") and row["state"]


@case("5.3", "without a name: Job and its id")
def _(home):
    row = home.run("start", "-c", "true", "--json").row
    assert row["name"] == "Job%d" % row["id"]


@case("5.5", "three hosts: parent N, children N+1 to N+3 in the order of the hosts, then N+4", hosts=True)
def _(home):
    row = home.run("invoke", "-d", "--hosts", "host3,host1,host2", "--json", "--", "true").row
    rows = home.get(row["id"], "--children")
    assert [r["id"] for r in rows] == [1, 2, 3, 4]
    assert [r["host"] for r in rows] == [None, "host3", "host1", "host2"]
    assert home.start("true") == 5


@case("5.7", "a body that itself starts and receives a job")
def _(home):
    job = home.start('"$PAWL" start -c "echo inner" --name inner >/dev/null; "$PAWL" receive inner --wait',
                     env={"PAWL": PAWL})
    home.wait(job)
    assert home.received(job) == "inner\n"


@case("5.9", "two lines of standard input, in order")
def _(home):
    job = home.run("start", "--stdin", "-", "--json", "--", "cat", stdin=b"one\ntwo\n").row["id"]
    home.wait(job)
    assert home.received(job) == "one\ntwo\n"


@case("5.11", "a file of ten lines of output, and with --init eleven")
def _(home):
    file = home.file("ten.sh", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; done\n")
    one = home.run("start", "--file", file, "--json").row["id"]
    two = home.run("start", "--file", file, "--init", "echo 0", "--json").row["id"]
    home.wait(one, two)
    assert len(home.received(one).split()) == 10 and len(home.received(two).split()) == 11


@case("5.13", "a directory with spaces and a quote")
def _(home):
    os.mkdir(home.path("it's a dir"))
    assert home.received(home.done("pwd", "--cwd", home.path("it's a dir"))) == \
        home.path("it's a dir") + "\n"


@case("5.15", "else the caller's directory")
def _(home):
    assert home.received(home.done("pwd")) == home.work + "\n"


@case("5.17", "an unknown interpreter or architecture is refused in its own words")
def _(home):
    assert "no-such" in home.run("start", "--shell", "no-such", "-c", "x", code=2).said
    assert "vax" in home.run("start", "--arch", "vax", "-c", "true", code=2).said


@case("5.19", "an error that was written, and a good end: Completed, and the error received")
def _(home):
    job = home.done("echo oops >&2")
    assert home.state(job) == "Completed" and home.run("receive", job).said == "oops\n"


@case("5.21", "the same job by name, id, uuid and state")
def _(home):
    job = home.done("true", "--name", "n")
    row = home.job(job)
    for who in (("n",), (job,), (row["uuid"],), ("--state", "Completed")):
        assert home.get(*who) == [row]


@case("5.23", "get --children, --child-state Completed: parent, then child")
def _(home):
    job = home.done("true")
    for option in (("--children",), ("--child-state", "Completed")):
        assert [row["id"] for row in home.get(job, *option)] == [job, job + 1]


@case("5.25", "'a*' two; zzz an error; 'z*' nothing and no error")
def _(home):
    for name in ("a1", "a2", "b"):
        home.done("true", "--name", name)
    assert len(home.get("a*")) == 2
    home.run("get", "zzz", code=3)
    assert home.get("z*") == []


@case("5.27", "--newest 1: the last to end")
def _(home):
    slow = home.start("sleep 0.4")
    home.done("true")
    home.wait(slow)
    assert [row["id"] for row in home.get("--newest", "1")] == [slow]


@case("5.29", "received again and again, an endless counter has no gap and no repeat")
def _(home):
    job = home.start("i=0; while :; do i=$((i + 1)); echo $i; sleep 0.002; done")
    text = ""
    while len(text.split()) < 200:
        text += home.received(job)
    assert [int(n) for n in text.split()] == list(range(1, len(text.split()) + 1))


@case("5.31", "a drained running job gives nothing, and no error")
def _(home):
    job = home.start("echo x; sleep 30")
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.received(job)
    assert home.received(job) == ""


@case("5.33", "receive --wait --events: result, and a change of state of child and parent")
def _(home):
    job = home.start(home.gate("go") + "; echo x")
    reader = home.popen("receive", job, "--wait", "--events", stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE, text=True)
    home.open("go")
    out, err = reader.communicate(timeout=60)
    assert out == "x\n"
    assert "job %d: Completed" % job in err and "job %d: Completed" % (job + 1) in err


@case("5.35", "several with --wait --auto-remove: printed, and none is left")
def _(home):
    jobs = [home.start("sleep 0.%d; echo %d" % (i, i)) for i in (3, 1, 2)]
    assert home.received(*jobs, "--wait", "--auto-remove") == "3\n1\n2\n"
    assert home.get() == []


@case("5.37", "receive --no-recurse on the parent of a command: nothing")
def _(home):
    assert home.received(home.done("echo x"), "--no-recurse") == ""


@case("5.39", "receive on a remote job: all its children's, each with its host", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "--", "hostname").row["id"]
    home.wait(job)
    assert sorted(home.received(job).splitlines()) == ["host1: host1", "host2: host2"]


@case("5.41", "wait on a finished job returns it at once, its results unread")
def _(home):
    job = home.done("echo x", "--name", "n")
    for who in (("n",), (job,), (home.job(job)["uuid"],), ("--state", "Completed")):
        row = home.run("wait", *who, "--json").row
        assert row["id"] == job and row["has_more"]


@case("5.43", "wait --timeout 1 of a sleeper: none printed, 124, still Running")
def _(home):
    job = home.start("sleep 10")
    waited = home.run("wait", job, "--timeout", "1", "--json", code=124)
    assert waited.rows == [] and home.state(job) == "Running"


@case("5.45", "wait --any: exactly one, the others unharmed")
def _(home):
    jobs = [home.start("sleep %d" % n) for n in (1, 20, 30)]
    assert [row["id"] for row in home.run("wait", *jobs, "--any", "--json").rows] == [jobs[0]]
    assert [home.state(job) for job in jobs[1:]] == ["Running"] * 2


@case("5.47", "wait on a blocked job: an error that names it; answered, it runs on")
def _(home):
    job = home.workflow('print(ask("name?"))')
    home.becomes(job, "Blocked")
    assert "job %d" % job in home.run("wait", job, code=4).said
    home.run("answer", job, "me")
    home.wait(job)
    assert home.received(job) == "me\n"


@case("5.49", "stopped, removed by force, or done: process and group are gone")
def _(home):
    for how in (("stop", "--wait"), ("remove", "--force")):
        job = home.start("sleep 300 & echo $!; echo $$; wait")
        home.until("it wrote", lambda j=job: len(home.received(j, "--all").split()) == 2)
        pids = home.received(job, "--all").split()
        home.run(how[0], job, how[1])
        home.until("they are gone", lambda p=pids: all(
            subprocess.run(["kill", "-0", pid], capture_output=True, check=False).returncode
            for pid in p))


@case("5.51", "remove of a running job: an error, and it is still listed")
def _(home):
    job = home.start("sleep 30")
    home.run("remove", job, code=4)
    assert home.job(job)["id"] == job


@case("5.53", "a completed job is removed by name, id, uuid and state")
def _(home):
    for how in (lambda j: ("n",), lambda j: (j,), lambda j: (home.job(j)["uuid"],),
                lambda j: ("--state", "Completed")):
        job = home.done("true", "--name", "n")
        home.run("remove", *how(job))
        home.run("get", job, code=3)


@case("5.55", "throttle 2 of 3: 2 Running, 1 NotStarted; remove --force frees all", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2,host3", "--throttle", "2", "--json", "--",
                   "sleep", "60").row["id"]
    home.until("two run", lambda: sorted(c["state"] for c in home.get(job, "--children")[1:]) ==
               ["NotStarted", "Running", "Running"])
    home.run("remove", job, "--force")
    assert home.get() == []


@case("5.57", "one of two raises: it is Failed with its reason, the other Completed, the parent Failed",
      hosts=True)
def _(home):
    job = home.workflow("""
        hosts:each(function(h)
            if h.name == "host1" then error("thrown") end
            h:run("echo Hello")
        end)
        print("after")
    """, "--hosts", "host1,host2")
    home.wait(job)
    children = {row["host"]: row for row in home.get(job, "--children") if row["host"]}
    assert home.state(job) == "Failed" and children["host2"]["state"] == "Completed"
    assert children["host1"]["state"] == "Failed" and "thrown" in children["host1"]["reason"]
    assert "Hello\n" in home.received(job)


@case("5.59", "all children stopped one by one: the parent is Stopped", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "-c", "sleep 300").row["id"]
    home.until("both run", lambda: all(row["state"] == "Running" for row in home.get(job, "--children")))
    home.run("stop", "%d:host1" % job, "--wait")
    assert [row["state"] for row in home.get(job, "--children")] == ["Running", "Stopped", "Running"]
    home.run("stop", job + 2, "--wait")
    home.wait(job)
    assert [row["state"] for row in home.get(job, "--children")] == ["Stopped"] * 3
    assert home.job(job)["reason"] == "2 of 2 hosts were stopped, the first: host1"


@case("5.61", "one host reachable, one closed: a result and an error", hosts=True)
def _(home):
    home.fleet.hosts("kill", "host3")
    try:
        done = home.run("invoke", "--hosts", "host1,host3", "--connect-retry", "1s", "--", "echo", "x",
                        code=1)
        assert "host1: x\n" in done.text and "host3" in done.said
    finally:
        home.fleet.hosts("start", "host3")


@case("5.63", "the client is killed: the job runs on under its id")
def _(home):
    client = home.popen("start", "-c", "sleep 30", "--follow", stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
    home.until("it runs", lambda: home.get("--state", "Running"))
    client.kill()
    client.wait()
    assert home.state(1) == "Running"


@case("5.65", "step, suspend, step with the first one's value: resumed at the second, nothing twice")
def _(home):
    job = home.workflow("""
        local a = localhost:run("echo x >>'%s'; echo value"):trim()
        suspend("look")
        localhost:run("echo got " .. a)
    """ % home.path("log"))
    home.wait(job)
    assert home.state(job) == "Suspended"
    home.kill_engine()
    home.run("resume", job, "--wait")
    assert home.received(job) == "value\ngot value\n"
    assert open(home.path("log"), encoding="utf-8").read() == "x\n"


@case("5.67", "a plain job is suspended and resumed, too (PowerShell: not supported)")
def _(home):
    job = home.start("sleep 0.5; echo x")
    home.run("suspend", job, "--force", "--wait")
    home.run("resume", job, "--wait")
    assert home.received(job) == "x\n"


@case("5.69", "a workflow reboots its target, and goes on with the next step", hosts=True)
def _(home):
    job = home.workflow("""
        hosts:each(function(h)
            local before = h:facts().boot_id
            h:reboot()
            print(h:facts().boot_id ~= before)
        end)
    """, "--hosts", "host2")
    home.wait(job)
    assert home.received(job) == "true\n"


@case("5.71", "in parallel over three, throttle 2: at most 2 at once, all results", hosts=True)
def _(home):
    job = home.workflow("""
        local r = hosts:each({ throttle = 2 }, function(h) h:run("sleep 0.3") return h.name end)
        print(r.values.host1, r.values.host2, r.values.host3)
    """, "--hosts", "host1,host2,host3")
    most = 0
    while home.state(job) in ("NotStarted", "Running"):
        most = max(most, [c["state"] for c in home.get(job, "--children")[1:]].count("Running"))
    assert home.received(job) == "host1\thost2\thost3\n" and most <= 2


@case("5.73", "a step's timeout on one of two hosts: its child Failed, the other goes on", hosts=True)
def _(home):
    job = home.workflow("""
        hosts:each(function(h)
            h:run { h.name == "host1" and "sleep 60" or "true", timeout = "2s" }
            h:run("echo on")
        end)
    """, "--hosts", "host1,host2")
    home.wait(job)
    assert [c["state"] for c in home.get(job, "--children")[1:]] == ["Failed", "Completed"]


@case("5.75", "on_error = suspend: Suspended with a reason; resume runs the step again")
def _(home):
    job = home.workflow('localhost:run { "[ -e \'%s\' ]", on_error = "suspend" }' % home.path("ok"))
    home.wait(job)
    assert home.state(job) == "Suspended" and home.job(job)["reason"]
    home.file("ok", "")
    home.run("resume", job, "--wait")
    assert home.state(job) == "Completed"


@case("5.77", "by meta: only that job")
def _(home):
    job = home.workflow("print(1)", "--meta", "ticket=42")
    home.workflow("print(1)", "--meta", "ticket=4")
    assert [row["id"] for row in home.get("--meta", "ticket=42")] == [job]


still_open("5.79", "a CIM method called by a job", "pawl cim is not built yet")


@case("5.81", "a schedule fires while its last run is active: skip, parallel, queue, replace")
def _(home):
    home.run("schedule", "add", "skip", "--every", "1s", "--overlap", "skip", "--", "start", "-c",
             "sleep 60")
    home.run("schedule", "add", "parallel", "--every", "1s", "--overlap", "parallel", "--", "start",
             "-c", "sleep 60")
    home.run("schedule", "add", "replace", "--every", "1s", "--overlap", "replace", "--", "start",
             "-c", "exec sleep 60")
    home.run("schedule", "add", "queue", "--every", "1s", "--overlap", "queue", "--", "start", "-c",
             "sleep 60")

    def of(name, *states):
        return [j for j in home.get() if j["schedule"] == name and (not states or j["state"] in states)]
    home.until("two at once", lambda: len(of("parallel", "Running")) >= 2)
    home.until("one in place of another", lambda: of("replace", "Stopped"))
    home.run("schedule", "disable", "*")
    assert len(of("skip")) == 1 and len(of("queue")) == 1

