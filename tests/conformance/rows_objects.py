# SPDX-License-Identifier: MIT
"""Tables 1b and 1c: what a job is, and its states."""
from suite import case, still_open


@case("1b.1", "a parent and at least one child, whatever the kind")
def _(home):
    local, flow = home.done("true"), home.workflow("print(1)")
    home.wait(flow)
    for job in (local, flow):
        rows = home.get(job, "--children")
        assert len(rows) == 2 and rows[1]["parent"] == job and rows[0]["children"] == [job + 1]


@case("1b.2", "ids from one counter, parent then children, never given again")
def _(home):
    one = home.done("true")
    home.run("remove", one)
    home.kill_engine()
    two = home.start("true")
    assert (one, two) == (1, 3)


@case("1b.3", "a uuid for each job and child, kept for ever")
def _(home):
    job = home.done("true")
    before = [row["uuid"] for row in home.get(job, "--children")]
    home.kill_engine()
    assert [row["uuid"] for row in home.get(job, "--children")] == before and len(set(before)) == 2
    assert home.job(before[0])["id"] == job and home.job(before[1])["id"] == job + 1


@case("1b.4", "a child is called Job<id>, and found so; ID:HOST means it, too")
def _(home):
    job = home.done("true")
    for who in ("Job%d" % (job + 1), "%d:localhost" % job, job + 1):
        row = home.job(who)
        assert row["id"] == job + 1 and row["name"] == "Job%d" % (job + 1)


@case("1b.5", "the type is shown, and is blank for a child")
def _(home):
    job = home.done("true")
    lines = home.run("get", job, "--children").text.splitlines()
    assert lines[1].split()[2] == "local" and "local " not in lines[2].replace("localhost", "")


@case("1b.6", "the reason is on the child, and summed up on the parent")
def _(home):
    job = home.done("exit 7")
    assert home.child(job)["reason"] and "7" in home.child(job)["reason"]
    assert "7" in home.job(job)["reason"] and home.job(job)["exit_code"] == 7


@case("1b.7", "HasMoreData: unread or not finished; Unread and Bytes are exact")
def _(home):
    job = home.start("echo one; %s" % home.gate("go"))
    home.until("it wrote", lambda: home.job(job)["unread"] == 1)
    assert home.job(job)["bytes"] == 4
    home.received(job)
    assert home.job(job)["unread"] == 0 and home.job(job)["has_more"]
    home.open("go")
    home.wait(job)
    assert not home.job(job)["has_more"]
    assert home.child(job)["unread"] == 0


@case("1b.8", "the location lists the hosts; --wide never cuts it", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2,host3", "--json", "--", "true").row["id"]
    assert "host1,host2,host3" in home.run("get", job, "--wide").text


@case("1b.9", "the command, whole in JSON, the last column of the table; the child has it, too")
def _(home):
    text = "true " + "x" * 300
    job = home.done(text)
    assert home.job(job)["command"] == text and home.child(job)["command"] == text
    assert home.run("get", job, "--wide").text.rstrip().endswith(text)


@case("1b.10", "a status of what is done so far")
def _(home):
    job = home.workflow('progress(2, 5, "copying") wait_signal("go")')
    home.until("it says so", lambda: home.job(job)["progress"] == {"done": 2, "total": 5,
                                                                   "text": "copying"})


@case("1b.11", "children are listed with their parent, and named in its JSON")
def _(home):
    job = home.done("true")
    assert [row["id"] for row in home.get(job, "--children")] == [job, job + 1]


@case("1b.12", "times of its making, its beginning and its end")
def _(home):
    job = home.start(home.gate("go"))
    assert home.job(job)["created"] and home.job(job)["ended"] is None
    home.open("go")
    home.wait(job)
    row = home.job(job)
    assert row["created"] <= row["started"] <= row["ended"]


@case("1b.13", "every stream, apart, in the order of their writing")
def _(home):
    job = home.workflow("""
        print("output") log.info("information") log.warn("warning") log.verbose("verbose")
        log.debug("debug") progress(1, 2) localhost:run("echo error >&2")
    """)
    home.wait(job)
    streams = [r["stream"] for r in home.run("receive", job, "--json", "--keep").rows]
    assert streams == ["output", "information", "warning", "verbose", "debug", "progress",
                       "error"], streams
    text = home.run("receive", job, "--keep", "--stream", "verbose", "--stream", "debug").err
    assert text == b"verbose: verbose\ndebug: debug\n", text
    usual = home.run("receive", job)
    assert usual.out == b"output\n", usual.out
    assert usual.err == b"information\nwarning: warning\nerror\n", usual.err


@case("1b.14", "every record carries its host, child, time and number", hosts=True)
def _(home):
    home.run("invoke", "--hosts", "host1,host2", "--name", "two", "--", "echo", "x")
    records = home.run("receive", "two", "--all", "--json").rows
    assert {r["host"] for r in records} == {"host1", "host2"}
    assert len({r["job"] for r in records}) == 2
    assert [r["seq"] for r in records] == [1, 2] and all(r["time"] for r in records)
    assert home.run("receive", "two", "--all", "--no-host").text == "x\nx\n"


@case("1b.15", "structured records are kept as such, and shown as a table of chosen fields")
def _(home):
    job = home.workflow('emit{ name = "a", size = 1 } emit{ name = "bb", size = 22 }')
    home.wait(job)
    assert home.run("receive", job, "--all", "--json").rows[0]["value"] == {"name": "a", "size": 1}
    assert home.run("receive", job, "--fields", "name,size").text == "name  size\na     1\nbb    22\n"


@case("1b.16", "changes of state as events")
def _(home):
    job = home.start("true")
    rows = [r for r in home.run("receive", job, "--wait", "--events", "--json").rows if "state" in r]
    assert [r["state"] for r in rows if r["id"] == job][-1] == "Completed"
    assert [r["state"] for r in rows if r["id"] == job + 1][-1] == "Completed"


# ---- 1c
@case("1c.1", "the states, by their names")
def _(home):
    said = home.run("get", "--state", "Nowhere", code=2).said
    for state in ("NotStarted", "Running", "Blocked", "Suspending", "Suspended", "Disconnected",
                  "Stopping", "Completed", "Failed", "Stopped"):
        assert home.get("--state", state) == []
        assert state in said, said


@case("1c.2", "finished and settled decide about wait, receive and remove alike")
def _(home):
    job = home.workflow('suspend("look")')
    home.wait(job)
    assert home.state(job) == "Suspended"
    home.run("remove", job, code=4)
    assert home.run("wait", job, "--force", "--timeout", "0", code=124)


@case("1c.3", "NotStarted becomes Running; the time of its beginning is written once")
def _(home):
    away = home.run("invoke", "-d", "--json", "--hosts", "127.0.0.1:1", "--", "true").row["id"]
    row = home.job(away)
    assert (row["state"], row["started"]) == ("NotStarted", None), row
    home.run("stop", away, "--wait")
    job = home.start("sleep 30")
    home.becomes(job, "Running")
    began = home.job(job)["started"]
    assert began
    home.run("suspend", job, "--force", "--wait")
    home.run("resume", job)
    home.becomes(job, "Running")
    assert home.job(job)["started"] == began


@case("1c.4", "Completed: exit 0, or one of --ok-exit; what is on standard error fails nothing")
def _(home):
    assert home.state(home.done("echo bad >&2")) == "Completed"
    assert home.state(home.done("exit 4", "--ok-exit", "0,4")) == "Completed"


@case("1c.5", "Failed: another exit code, a signal, a timeout, an error of the script")
def _(home):
    for text, options, word in (("exit 4", (), "4"), ("kill -9 $$", (), "KILL"),
                                ("sleep 30", ("--timeout", "0.2"), "time")):
        job = home.done(text, *options)
        assert home.state(job) == "Failed" and word.lower() in home.job(job)["reason"].lower(), \
            home.job(job)["reason"]
    job = home.workflow('localhost:run("true") error("no")')
    home.wait(job)
    assert home.state(job) == "Failed" and "no" in home.job(job)["reason"]


@case("1c.6", "Stopping, then Stopped; the wish outlives the engine")
def _(home):
    job = home.start("trap '' TERM; while :; do sleep 0.1; done")
    home.becomes(job, "Running")
    home.run("stop", job, "--grace", "1s")
    home.kill_engine()
    home.becomes(job, "Stopped")


@case("1c.7", "Blocked: asks, is answered, runs on")
def _(home):
    job = home.workflow('print(ask("which?"))')
    home.becomes(job, "Blocked")
    assert home.run("wait", job, code=4)
    home.run("answer", job, "this")
    home.wait(job)
    assert home.received(job) == "this\n"


@case("1c.8", "Disconnected: the work goes on there; the link comes back, and so does Running",
      hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host2", "--json", "-c",
                   "echo 1; sleep 25; echo 2").row["id"]
    home.until("it wrote", lambda: home.job(job)["unread"] == 1)
    home.fleet.hosts("cut", "host2")
    home.becomes(job, "Disconnected")
    home.fleet.hosts("heal", "host2")
    home.wait(job)
    assert home.received(job) == "1\n2\n"


@case("1c.9", "Suspending, Suspended, Running: for every kind")
def _(home):
    job = home.start("%s; echo x" % home.gate("end"))
    home.becomes(job, "Running")
    home.run("suspend", job)
    assert home.state(job) == "Suspending"
    home.open("end")
    home.becomes(job, "Suspended")
    home.run("resume", job, "--wait")
    assert home.received(job) == "x\n" and home.state(job) == "Completed"
    job = home.workflow('localhost:run("true") wait_signal("go") localhost:run("echo y")')
    home.run("suspend", job, "--wait")
    home.run("signal", job, "go")
    home.kill_engine()
    assert home.state(job) == "Suspended"
    home.run("resume", job, "--wait")
    assert home.received(job) == "y\n"


still_open("1c.10", "AtBreakpoint", "there is no debugger of workflows; the name is reserved")


@case("1c.11", "a parent is Failed only when all its children are over; meanwhile it says 1/2 failed",
      hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "-c",
                   '[ "$(hostname)" = host1 ] && exit 1; sleep 3').row["id"]
    home.until("one has failed", lambda: home.job(job)["failed"] == 1)
    assert home.state(job) == "Running" and "1/2 failed" in home.run("get", job).text
    home.wait(job)
    assert home.state(job) == "Failed"


@case("1c.12", "Failed before Stopped before Completed, for every kind", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "-c",
                   '[ "$(hostname)" = host1 ] || sleep 60').row["id"]
    home.until("one is done", lambda: [c["state"] for c in home.get(job, "--children")[1:]].count(
        "Completed") == 1)
    home.run("stop", job, "--wait")
    assert home.state(job) == "Stopped"


@case("1c.13", "a parent is Blocked while a child is")
def _(home):
    job = home.workflow('ask("go on?")')
    home.becomes(job, "Blocked")
    home.run("answer", job, "yes")
    home.wait(job)
    assert home.state(job) == "Completed"


@case("1c.14", "a parent is Disconnected when every child is, or is over", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "-c",
                   '[ "$(hostname)" = host1 ] && exit 0; sleep 25').row["id"]
    home.until("one is done", lambda: [c["state"] for c in home.get(job, "--children")[1:]].count(
        "Completed") == 1)
    home.fleet.hosts("cut", "host2")
    home.becomes(job, "Disconnected")
    home.fleet.hosts("heal", "host2")
    home.wait(job)
    assert home.state(job) == "Completed"


@case("1c.15", "a parent is Suspended when its children are, or are over")
def _(home):
    job = home.workflow('localhost:run("true") suspend("now")')
    home.becomes(job, "Suspended")
    assert home.child(job)["state"] == "Suspended"


@case("1c.16", "stop reaches all children; a host that is away gets it when it is back", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "-c",
                   "echo $$; exec sleep 300").row["id"]
    home.until("both write", lambda: home.job(job)["unread"] == 2)
    home.fleet.hosts("cut", "host2")
    home.run("stop", job, "--force", "--wait")
    assert home.state(job) == "Stopped"
    home.fleet.hosts("heal", "host2")
    pid = next(r["data"].strip() for r in home.run("receive", job, "--all", "--json").rows
               if r["host"] == "host2" and r["stream"] == "output")
    home.until("the order has arrived", lambda: home.run(
        "invoke", "--hosts", "host2", "-c", "kill -0 %s 2>/dev/null && exit 1; exit 0" % pid,
        code=None).code == 0)

