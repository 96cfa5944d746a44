# SPDX-License-Identifier: MIT
"""Table 2b: what every step and every workflow may be told."""
import time

from suite import case, still_open


@case("2b.1", "every finished step is a checkpoint; nothing has to be said for it")
def _(home):
    job = home.workflow("""
        for i = 1, 3 do localhost:run("echo " .. i .. " >>'%s'") end
        wait_signal("go")
        localhost:run("echo 4 >>'%s'")
    """ % (home.path("log"), home.path("log")))
    home.until("it waits", lambda: home.run("history", job, "--json").text.count('"done"') == 3)
    home.kill_engine()
    home.run("signal", job, "go")
    home.wait(job)
    assert open(home.path("log"), encoding="utf-8").read() == "1\n2\n3\n4\n"


@case("2b.2", "a failed step is tried again: times, every, backoff")
def _(home):
    job = home.workflow("""
        localhost:run { "echo x >>'%s'; [ $(wc -l <'%s') -ge 3 ]",
                        retry = { times = 5, every = "10ms", backoff = 2 } }
    """ % (home.path("log"), home.path("log")))
    home.wait(job)
    assert home.state(job) == "Completed"
    assert [step["attempt"] for step in home.run("history", job, "--json").rows] == [1, 2, 3]


@case("2b.3", "a step has a timeout, for each host by itself", hosts=True)
def _(home):
    job = home.workflow("""
        hosts:each(function(h)
            h:run { h.name == "host1" and "sleep 60" or "echo fine", timeout = "2s" }
        end)
    """, "--hosts", "host1,host2")
    home.wait(job)
    assert {row["host"]: row["state"] for row in home.get(job, "--children") if row["host"]} == \
        {"host1": "Failed", "host2": "Completed"}


@case("2b.4", "a host that is not there is tried for as long as was said", hosts=True)
def _(home):
    home.fleet.hosts("kill", "host3")
    try:
        done = home.run("invoke", "--hosts", "host3", "--connect-retry", "1s", "--", "true", code=1)
        assert "unreachable" in done.said or "host3" in done.said
    finally:
        home.fleet.hosts("start", "host3")


@case("2b.5", "the whole workflow has a timeout, without the time it was suspended")
def _(home):
    job = home.workflow('workflow { timeout = "700ms" } suspend("look") sleep("1h")')
    home.wait(job)
    time.sleep(1)
    home.run("resume", job)
    home.wait(job)
    assert home.state(job) == "Failed" and "timed out" in home.job(job)["reason"]


@case("2b.6", "... and one of elapsed time; what is over keeps its history")
def _(home):
    job = home.workflow('workflow { elapsed_timeout = "300ms" } localhost:run("true") sleep("1h")')
    home.wait(job)
    assert home.state(job) == "Failed"
    assert home.run("history", job, "--json").rows[0]["state"] == "done"


@case("2b.7", "run is always a job; in the foreground unless -d")
def _(home):
    home.file("w.lua", 'print("x")')
    assert home.run("run", "w.lua").text == "x\n"
    assert home.get()[0]["type"] == "workflow"


@case("2b.8", "hosts, and how they are reached, at the start or by the inventory", hosts=True)
def _(home):
    home.file("hosts.ini", "[all]\nweb ansible_host=host1 site=ber\n")
    job = home.workflow('hosts:each(function(h) h:run("hostname; echo " .. h.vars.site) end)',
                        "--hosts", "@all", "-i", "hosts.ini", "--ssh-option", "ConnectTimeout=20")
    home.wait(job)
    assert home.received(job) == "host1\nber\n"


@case("2b.9", "values for each host", hosts=True)
def _(home):
    home.file("hosts.ini", "[all]\nhost1 n=1\nhost2 n=2\n")
    job = home.workflow('hosts:each(function(h) print(h.name, h.vars.n) end)',
                        "--hosts", "@all", "-i", "hosts.ini")
    home.wait(job)
    assert sorted(home.received(job, "--no-host").splitlines()) == ["host1\t1", "host2\t2"]


@case("2b.10", "free facts are kept with the job")
def _(home):
    job = home.workflow("print(1)", "--meta", "ticket=42")
    assert home.job(job)["meta"] == {"ticket": "42"}


@case("2b.11", "steps have names, and say how far they are")
def _(home):
    job = home.workflow('localhost:run { "true", name = "first" } progress(1, 2, "half")')
    home.wait(job)
    assert home.run("history", job, "--json").rows[0]["name"] == "first"
    assert home.job(job)["progress"]["text"] == "half"


@case("2b.12", "on an error: stop, go on, or suspend for a person")
def _(home):
    job = home.workflow("""
        local r = localhost:run { "exit 3", on_error = "continue" }
        print(r.ok, r.code)
        localhost:run { "[ -e '%s' ]", on_error = "suspend" }
        print("mended")
    """ % home.path("mended"))
    home.wait(job)
    assert home.state(job) == "Suspended" and home.job(job)["reason"]
    home.file("mended", "")
    home.run("resume", job, "--wait")
    assert home.received(job) == "false\t3\nmended\n"


@case("2b.13", "the result of a step: output, errors, code, and more")
def _(home):
    job = home.workflow("""
        local r = localhost:run "echo out; echo err >&2"
        print(r.out == "out\\n", r.err == "err\\n", r.code, r.host)
    """)
    home.wait(job)
    assert home.received(job).endswith("true\ttrue\t0\tlocalhost\n")


@case("2b.14", "a step runs here or on a host; modules are required, and pinned with the job")
def _(home):
    home.file("m.lua", "return { n = 1 }")
    job = home.workflow('local m = require("m") wait_signal("go") print(m.n)')
    home.file("m.lua", "return { n = 2 }")
    home.kill_engine()
    home.run("signal", job, "go")
    home.wait(job)
    assert home.received(job) == "1\n"


@case("2b.15", "limits never refuse what could wait", hosts=True)
def _(home):
    jobs = [home.run("invoke", "-d", "--hosts", "host1,host2,host3", "--throttle", "1", "--json",
                     "--", "true").row["id"] for _ in range(5)]
    home.wait(*jobs)
    assert {home.state(job) for job in jobs} == {"Completed"}


still_open("2b.16", "allowed hosts or commands for one workflow alone",
           "whoever may use the engine's socket may do what its user may")
