# SPDX-License-Identifier: MIT
"""Table 1e: receive."""
from suite import case, still_open


@case("1e.1", "results once; nothing is deleted before its job is removed")
def _(home):
    job = home.done("echo x")
    assert home.received(job) == "x\n"
    assert home.received(job) == ""
    assert home.received(job, "--all") == "x\n"
    home.run("remove", job)
    home.run("receive", job, "--all", code=3)


@case("1e.2", "--keep leaves what was read unread; with --wait, too")
def _(home):
    job = home.start("echo x; sleep 0.3; echo y")
    assert home.received(job, "--keep", "--wait") == "x\ny\n"
    assert home.received(job, "--keep") == "x\ny\n"
    assert home.received(job) == "x\ny\n"


@case("1e.3", "everything again: --all, --since")
def _(home):
    job = home.workflow('for i = 1, 3 do print(i) sleep("1ms") end')
    home.wait(job)
    home.received(job)
    assert home.received(job, "--all") == "1\n2\n3\n"
    assert home.received(job, "--since", "2") == "3\n"


still_open("1e.4", "named readers, each with a mark of its own (--cursor NAME)",
           "JOBS.md has one mark for each part of a job; --since keeps another reader's place")


@case("1e.5", "of a running job: what is there; next time only what is new")
def _(home):
    job = home.start("echo 1; %s; echo 2" % home.gate("go"))
    home.until("it wrote", lambda: home.job(job)["unread"])
    assert home.received(job) == "1\n"
    assert home.received(job) == ""
    home.open("go")
    home.wait(job)
    assert home.received(job) == "2\n"


@case("1e.6", "a parent gives all its children's; --no-recurse its own; a child is received alone")
def _(home):
    job = home.workflow('print("own") localhost:run("echo part")')
    home.wait(job)
    assert home.received("%d:localhost" % job) == "part\n"
    assert home.received(job, "--no-recurse") == "own\n"
    assert home.received(job) == ""
    assert home.received(job, "--all") == "own\npart\n"


@case("1e.7", "several jobs, by any selector; --host picks parts of them", hosts=True)
def _(home):
    for name in ("a1", "a2"):
        home.run("invoke", "-d", "--hosts", "host1,host2", "--name", name, "-c", "hostname")
    home.wait("a1", "a2")
    assert home.received("a*", "--host", "host2") == "host2\nhost2\n"
    assert home.received("a1", "a2") == "host1: host1\n" * 2


@case("1e.8", "--wait: until it is settled, --force: finished, --timeout: not longer")
def _(home):
    job = home.workflow('print(1) suspend("look") print(2)')
    assert home.received(job, "--wait") == "1\n"
    home.run("receive", job, "--wait", "--force", "--timeout", "0.3", code=124)
    home.run("resume", job)
    assert home.received(job, "--wait", "--force") == "2\n"


@case("1e.9", "--auto-remove: jobs that were named, when they are finished, all of it out")
def _(home):
    one, two = home.start("echo 1"), home.start("echo 2")
    assert home.received(one, "--wait", "--auto-remove") == "1\n"
    assert [row["id"] for row in home.get()] == [two]
    held = home.workflow('suspend("look")')
    home.received(held, "--wait", "--auto-remove")
    assert home.state(held) == "Suspended"
    home.run("receive", two, "--auto-remove", code=2)


@case("1e.10", "--events, --with-job: changes of state and the job itself among the records")
def _(home):
    job = home.start("echo x")
    lines = home.run("receive", job, "--wait", "--events", "--with-job", "--json").rows
    assert lines[0]["id"] == job and lines[-1]["state"] == "Completed"
    assert [line["data"] for line in lines if "data" in line] == ["x\n"]


@case("1e.11", "output to standard output, errors to standard error, others when asked for")
def _(home):
    job = home.workflow('localhost:run("echo out; echo err >&2") log.warn("w") log.debug("d")')
    home.wait(job)
    all_of_it = home.run("receive", job, "--keep")
    assert all_of_it.text == "out\n" and all_of_it.said == "err\nwarning: w\n"
    assert home.run("receive", job, "--keep", "--stream", "debug").said == "debug: d\n"


@case("1e.12", "the reason of a failure is delivered once, and shown by get for ever")
def _(home):
    job = home.done("exit 7")
    assert "7" in home.run("receive", job).said
    assert home.run("receive", job).said == ""
    assert "7" in home.job(job)["reason"]


@case("1e.13", "of a job whose host is away: what has come, and no waiting", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host3", "--json", "-c",
                   "echo 1; sleep 20; echo 2").row["id"]
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.fleet.hosts("cut", "host3")
    assert home.received(job) == "1\n"
    home.fleet.hosts("heal", "host3")
    home.wait(job)
    assert home.received(job) == "2\n"


@case("1e.14", "on disk, not in memory: a long output stops nothing")
def _(home):
    job = home.done("head -c 20000000 /dev/zero | tr '\\0' x")
    assert home.job(job)["bytes"] == 20000000
    assert len(home.run("receive", job).out) == 20000000


still_open("1e.15", "a quota for each job's output (--on-full block/drop/fail)",
           "what is bounded is the disk: a full one stops the writing, and nothing is lost")
