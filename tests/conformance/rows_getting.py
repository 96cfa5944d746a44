# SPDX-License-Identifier: MIT
"""Table 1d: get."""
import json
import time

from suite import case, still_open


@case("1d.1", "without an argument: all jobs of the user, parents only, by id")
def _(home):
    ids = [home.done("true"), home.done("exit 1"), home.start("sleep 30")]
    assert [job["id"] for job in home.get()] == ids


@case("1d.2", "by ids and names, several at once; a miss is said, the others are served")
def _(home):
    one, two = home.done("true", "--name", "one"), home.done("true", "--name", "two")
    missed = home.run("get", "one", two, "nobody", 99, one + 1, "--json", code=3)
    assert [row["id"] for row in missed.rows] == [one, two, one + 1]
    assert "nobody" in missed.said and "99" in missed.said


@case("1d.3", "by globs: * ? []; one that matches nothing is silent")
def _(home):
    for name in ("a1", "a2", "b"):
        home.done("true", "--name", name)
    assert [job["name"] for job in home.get("a*")] == ["a1", "a2"]
    assert [job["name"] for job in home.get("?[2-9]")] == ["a2"]
    assert home.get("z*") == []


@case("1d.4", "names and globs without regard to case, where asked for")
def _(home):
    jobs = [home.done("true", "--name", name) for name in ("Web1", "WEB2", "db")]
    assert home.get("web*") == []
    assert [job["id"] for job in home.get("web*", "--ignore-case")] == jobs[:2]
    assert [job["id"] for job in home.get("web1", "-i")] == jobs[:1]
    assert [job["id"] for job in home.get("-i", "--command", "TRUE")] == jobs
    home.run("remove", "web2", code=3)
    home.run("remove", "-i", "web2", "DB")
    assert [job["id"] for job in home.get()] == jobs[:1]


@case("1d.5", "by uuid, state, command")
def _(home):
    job = home.done("echo  x")
    home.done("exit 1")
    assert home.job(home.job(job)["uuid"])["id"] == job
    assert [row["id"] for row in home.get("--state", "Completed")] == [job]
    assert [row["id"] for row in home.get("--command", "echo  x")] == [job]
    assert [row["id"] for row in home.get("--command", "echo*")] == [job]


@case("1d.6", "--children: children behind their parents")
def _(home):
    one, two = home.done("true"), home.done("true")
    assert [row["id"] for row in home.get("--children")] == [one, one + 1, two, two + 1]


@case("1d.7", "--child-state: parents with such children, and these", hosts=True)
def _(home):
    home.run("invoke", "--hosts", "host1,host2", "--name", "half", "-c",
             '[ "$(hostname)" = host1 ]', code=1)
    home.done("true")
    assert [(row["host"], row["state"]) for row in home.get("--child-state", "Failed")] == \
        [(None, "Failed"), ("host2", "Failed")]


@case("1d.8", "--has-more, and without; what is unread is a number")
def _(home):
    one, two = home.done("echo x"), home.done("true")
    assert [row["id"] for row in home.get("--has-more")] == [one]
    assert [row["id"] for row in home.get("--has-more=false")] == [two]
    assert home.job(one)["unread"] == 1


@case("1d.9", "--before, --after: of the end; unfinished ones have none; --newest: the last to end")
def _(home):
    one = home.done("true")
    time.sleep(0.02)
    two = home.done("true")
    running = home.start("sleep 30")
    end = home.job(one)["ended"]
    assert [row["id"] for row in home.get("--after", end)] == [two]
    assert [row["id"] for row in home.get("--before", home.job(two)["ended"])] == [one]
    for when in ("1h", "90m", "2026-01-31", "2026-01-31T12:00", "2026-01-31T12:00:00+01:00"):
        assert [row["id"] for row in home.get("--after", when)] == [one, two], when
        assert home.get("--before", when) == [], when
    for zone in (2, -3):  # half an hour ago, and to come, as other zones call it
        stamp = "%%Y-%%m-%%dT%%H:%%M:%%S%+03d:00" % zone
        there = time.time() + zone * 3600
        assert home.get("--after", time.strftime(stamp, time.gmtime(there - 1800))), zone
        assert home.get("--after", time.strftime(stamp, time.gmtime(there + 1800))) == [], zone
    home.run("get", "--after", "2026-02-31", code=2)
    assert [row["id"] for row in home.get("--newest", "1")] == [two]
    assert running not in [row["id"] for row in home.get("--newest", "9")]


@case("1d.10", "--meta key=value, for every kind")
def _(home):
    job = home.done("true", "--meta", "ticket=42")
    flow = home.workflow("print(1)", "--meta", "ticket=42", "--meta", "env=test")
    home.wait(flow)
    home.done("true", "--meta", "ticket=43")
    assert [row["id"] for row in home.get("--meta", "ticket=42")] == [job, flow]
    assert [row["id"] for row in home.get("--meta", "ticket=42", "--meta", "env=test")] == [flow]


@case("1d.11", "jobs of one get are those of the next verb: ids, names, uuids, JSON objects")
def _(home):
    one, two = home.done("echo 1"), home.done("echo 2", "--name", "two")
    lines = "%d\ntwo\n" % one
    assert home.run("receive", "-", "--keep", stdin=lines.encode()).text == "1\n2\n"
    objects = home.run("get", "--json").out
    assert [row["id"] for row in home.run("get", "-", "--json", stdin=objects).rows] == [one, two]
    assert json.loads(objects.splitlines()[0])["id"] == one
