# SPDX-License-Identifier: MIT
"""Table 1a: kinds of jobs, and starting one."""
import os
import time

from suite import case, still_open


@case("1a.1", "start returns at once; the job is on disk and runs in no client")
def _(home):
    began = time.monotonic()
    job = home.start("sleep 30; echo end")
    assert time.monotonic() - began < 10
    home.kill_engine()
    assert home.state(job) == "Running"


@case("1a.2", "every start prints one row: Id Name Type State HasMoreData Location Command")
def _(home):
    lines = home.run("start", "--", "df", "-h", "/").text.splitlines()
    assert lines[0].split() == ["Id", "Name", "Type", "State", "HasMoreData", "Location", "Command"]
    assert lines[1].split()[:3] == ["1", "Job1", "local"] and lines[1].endswith("df -h /")
    assert len(lines) == 2
    assert set(home.run("start", "-c", "true", "--json").row) >= {"id", "uuid", "state", "command"}


@case("1a.3", "a local job has one child, at localhost, and may talk to others itself")
def _(home):
    job = home.done("true")
    assert home.job(job)["type"] == "local" and home.job(job)["location"] == "localhost"
    assert home.job(job)["children"] == [job + 1]


@case("1a.4", "a remote job has one child per host; each gets the inner command only", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2", "--json", "--", "hostname").row["id"]
    home.wait(job)
    assert home.job(job)["type"] == "remote" and home.job(job)["location"] == "host1,host2"
    assert {(r["host"], r["data"]) for r in home.run("receive", job, "--json").rows} == \
        {("host1", "host1\n"), ("host2", "host2\n")}


still_open("1a.5", "a job of CIM queries", "CIM over WS-Management is not built yet (pawl cim)")
still_open("1a.6", "a WMI job", "the CIM job is to cover it; DCOM will not be built")


@case("1a.7", "a workflow is a job; its target is rebooted and it goes on", hosts=True)
def _(home):
    job = home.workflow('hosts:each(function(h) h:run("echo a") h:reboot() h:run("echo b") end)',
                        "--hosts", "host3")
    home.wait(job)
    assert home.job(job)["type"] == "workflow" and home.state(job) == "Completed"
    assert home.received(job) == "a\nb\n"


@case("1a.8", "a scheduled job: a definition, and ordinary jobs that it starts")
def _(home):
    home.run("schedule", "add", "tick", "--every", "1s", "--", "start", "-c", "echo tick")
    home.until("it has run", lambda: len(home.get("--type", "local")) > 0)
    home.run("schedule", "remove", "tick")
    assert home.get()[0]["schedule"] == "tick"


still_open("1a.9", "a job when an event happens (a path changes, a signal)",
           "no triggers but time and boot; a workflow that waits for a signal does it")


@case("1a.10", "a strand for each item, in parallel: a workflow's parallel map")
def _(home):
    job = home.workflow("""
        local branches = {}
        for i = 1, 6 do branches[i] = function() localhost:run("echo " .. i) return i end end
        local values = parallel(branches)
        local sum = 0
        for _, v in ipairs(values) do sum = sum + v end
        print("sum", sum)
    """)
    home.wait(job)
    assert "sum\t21" in home.received(job), home.received(job, code=0)


@case("1a.11", "every kind is visible to get, whoever asks")
def _(home):
    home.done("true")
    home.wait(home.workflow("print(1)"))
    assert [job["type"] for job in home.get()] == ["local", "workflow"]


@case("1a.12", "inline: words of a command, shell text, a script in Lua")
def _(home):
    words = home.run("start", "--json", "--", "printf", "%s|", "a b", "*", "$HOME").row["id"]
    text = home.start("echo $((1 + 2)); echo \"$1\"", "--", "x y")
    home.wait(words, text)
    assert home.received(words) == "a b|*|$HOME|"
    assert home.received(text) == "3\nx y\n"
    lua = home.workflow("print(1 + 2)")
    home.wait(lua)
    assert home.received(lua) == "3\n"


@case("1a.13", "a file is read at start: a later edit changes nothing")
def _(home):
    file = home.file("s.sh", "%s\necho old $1\n" % home.gate("go"))
    job = home.run("start", "--file", file, "--json", "--", "arg").row["id"]
    home.until("it runs", lambda: home.state(job) == "Running")
    home.file("s.sh", "echo new\n")
    home.kill_engine()
    home.open("go")
    home.wait(job)
    assert home.received(job) == "old arg\n"


@case("1a.14", "a name of one's own, twice if one likes; else Job<id>; ids are not chosen")
def _(home):
    one, two = home.start("true", "--name", "same"), home.start("true", "--name", "same")
    assert [job["id"] for job in home.get("same")] == [one, two]
    other = home.start("true")
    assert home.job(other)["name"] == "Job%d" % other
    home.run("rename", other, "named")
    assert home.job("named")["id"] == other


@case("1a.15", "as another user, from its home; one that is not there is a failure in words", root=True)
def _(home):
    job = home.done("id -un; pwd", "--as", "nobody")
    assert home.received(job, code=0).startswith("nobody\n"), home.job(job)
    job = home.done("true", "--as", "no-such-user")
    assert home.state(job) == "Failed" and "no-such-user" in home.job(job)["reason"] + home.run(
        "receive", job).said, home.job(job)["reason"]


@case("1a.16", "another interpreter, another architecture; refused at once when it is not there")
def _(home):
    job = home.done("import sys; print(sys.version_info[0])", "--shell", "python3")
    assert home.received(job) == "3\n"
    assert "no-such-interpreter" in home.run("start", "--shell", "no-such-interpreter", "-c", "x",
                                             code=2).said
    job = home.done("uname -m", "--arch", "linux32")
    assert home.received(job) in ("i686\n", "i386\n", "armv8l\n", "armv7l\n")
    assert "pdp11" in home.run("start", "--arch", "pdp11", "-c", "true", code=2).said


@case("1a.17", "text that runs before the body; its output comes first")
def _(home):
    job = home.done("echo body $X", "--init", "echo init; X=1")
    assert home.received(job) == "init\nbody 1\n"


@case("1a.18", "arguments, and standard input that is kept and given again")
def _(home):
    job = home.run("start", "--stdin", "-", "--retry", "1", "--json", "-c",
                   'cat; [ -e "$1" ] || { touch "$1"; exit 1; }', "--", home.path("flag"),
                   stdin=b"one\ntwo\n").row["id"]
    home.wait(job)
    assert home.received(job) == "one\ntwo\none\ntwo\n"


@case("1a.19", "a directory, ours unless named; one that is not there is refused before the start")
def _(home):
    os.mkdir(home.path("a 'b"))
    here = home.done("pwd")
    there = home.done("pwd", "--cwd", home.path("a 'b"))
    assert home.received(here) == home.work + "\n"
    assert home.received(there) == home.path("a 'b") + "\n"
    count = len(home.get())
    for wrong in (home.path("missing"), "", " "):
        home.run("start", "--cwd", wrong, "-c", "true", code=2)
    assert len(home.get()) == count


@case("1a.20", "redirections of the text happen inside the job")
def _(home):
    job = home.done("echo x >f; echo y >&2", "--cwd", home.work)
    assert open(home.path("f"), encoding="utf-8").read() == "x\n"
    assert home.run("receive", job).said == "y\n"


@case("1a.21", "a definition is started now, and remembered like any other run of it")
def _(home):
    home.run("schedule", "add", "nightly", "--cron", "0 3 * * *", "--", "start", "-c", "echo n")
    job = home.run("schedule", "run", "nightly", "--json").row["id"]
    home.wait(job)
    assert home.job(job)["schedule"] == "nightly"
    assert home.received(job) == "n\n"


@case("1a.22", "invoke: a job of any name, hosts, user, options of ssh; in the foreground or not",
      hosts=True)
def _(home):
    done = home.run("invoke", "--hosts", "host1", "--name", "front", "--user", "root", "--ssh-option",
                    "ConnectTimeout=20", "--", "echo", "x")
    assert done.text == "x\n" and home.job("front")["state"] == "Completed"
    assert home.run("invoke", "-d", "--hosts", "host1", "--", "true").text.startswith("Id ")


@case("1a.23", "at most N at once; the others are NotStarted; 32 unless said", hosts=True)
def _(home):
    job = home.run("invoke", "-d", "--hosts", "host1,host2,host3", "--throttle", "1", "--json", "--",
                   "sleep", "60").row["id"]
    home.until("one runs", lambda: [c["state"] for c in home.get(job, "--children")[1:]].count(
        "Running") == 1)
    assert [c["state"] for c in home.get(job, "--children")[1:]].count("NotStarted") == 2


@case("1a.24", "a failing host stops no other", hosts=True)
def _(home):
    done = home.run("invoke", "--hosts", "host1,host2", "--json", "-c",
                    '[ "$(hostname)" = host2 ] || exit 3; echo fine', code=1)
    job = home.get()[0]
    assert job["state"] == "Failed" and job["failed"] == 1 and job["total"] == 2
    assert "fine" in done.text
