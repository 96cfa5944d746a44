# SPDX-License-Identifier: MIT
"""Section 3: the limits of the specification, and that they are gone."""
import os
import subprocess

from suite import case, still_open


@case("3.1", "a closed session takes no job with it; nor does the engine's death take its work")
def _(home):
    job = home.start("echo 1; sleep 1; echo 2")
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.kill_engine()
    home.wait(job)
    assert home.received(job) == "1\n2\n"


@case("3.2", "results are on disk")
def _(home):
    job = home.done("echo kept")
    home.run("daemon", "--stop")
    assert home.received(job) == "kept\n"


@case("3.3", "results can be read again")
def _(home):
    job = home.done("echo x")
    assert [home.received(job, "--all") for _ in range(3)] == ["x\n"] * 3


@case("3.4", "a running job's results never look empty: --all, --since")
def _(home):
    job = home.start("echo x; sleep 30")
    home.until("it wrote", lambda: home.job(job)["unread"])
    home.received(job)
    assert home.received(job, "--all") == "x\n" == home.received(job, "--since", "0")


@case("3.5", "one store for a user: the same jobs from a script, a unit, a terminal")
def _(home):
    job = home.done("true")
    bare = {"PATH": os.environ["PATH"], "PAWL_HOME": home.env["PAWL_HOME"]}
    listed = subprocess.run([os.environ["PAWL"], "get", "-q"], env=bare, capture_output=True,
                            text=True, stdin=subprocess.DEVNULL, check=False, cwd="/")
    assert listed.stdout == "%d\n" % job, listed.stderr


@case("3.6", "nobody has to be signed in: units for a user and for the system are there")
def _(_home):
    units = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "systemd")
    texts = [open(os.path.join(units, name), encoding="utf-8").read()
             for name in os.listdir(units)]
    assert any("Type=notify" in text for text in texts)


@case("3.7", "gaps between ids are explained: they are children")
def _(home):
    home.done("true")
    home.done("true")
    assert [row["id"] for row in home.get("--children")] == [1, 2, 3, 4]


@case("3.8", "names for every kind")
def _(home):
    home.done("true", "--name", "local")
    home.workflow("print(1)", "--name", "flow")
    assert [row["name"] for row in home.get()] == ["local", "flow"]


still_open("3.9", "one wrapper for CIM queries, too", "pawl cim is not built yet")
still_open("3.10", "CIM without elevation, over WS-Management", "pawl cim is not built yet")


@case("3.11", "a failed part hides no success: counts, reasons, and a job for the rest", hosts=True)
def _(home):
    home.run("invoke", "--hosts", "host1,host2", "--name", "half", "-c",
             '[ "$(hostname)" = host1 ] || [ -e /tmp/mended ]', code=1)
    row = home.job("half")
    assert (row["failed"], row["total"]) == (1, 2) and "host2" in row["reason"]
    home.run("invoke", "--hosts", "host2", "--", "touch", "/tmp/mended")
    home.run("retry", "half", "--failed")
    assert home.get()[-1]["location"] == "host2" and home.get()[-1]["state"] == "Completed"


@case("3.12", "one set of states and verbs for every kind")
def _(home):
    for job in (home.start("sleep 30"), home.workflow('sleep("1h")')):
        home.run("suspend", job, "--force", "--wait")
        home.run("resume", job)
        home.run("stop", job, "--wait")
        home.run("remove", job)


@case("3.13", "children are in the JSON of their parent, and listed")
def _(home):
    job = home.done("true")
    assert home.job(job)["children"] == [job + 1]


@case("3.14", "what is old goes by itself, when that is wished: by age, count and bytes; or each job")
def _(home):
    home.run("retention", "--count", "2")
    for _ in range(4):
        home.done("true")
    home.until("two are left", lambda: len(home.get()) == 2)
    job = home.done("echo x", "--auto-remove")
    assert home.received(job) == "x\n"
    home.until("it has gone", lambda: home.run("get", job, code=None).code == 3)


@case("3.15", "a restart of the controller is survived as well as one of a target")
def _(home):
    job = home.workflow('localhost:run("true") sleep("500ms") localhost:run("echo end")')
    home.kill_engine()
    home.wait(job)
    assert home.received(job) == "end\n"


@case("3.16", "wait for any state that is named")
def _(home):
    job = home.workflow('suspend("now")')
    assert home.run("wait", job, "--for", "Suspended", "--json").row["id"] == job
    home.run("wait", job, "--for", "Nowhere", code=2)


@case("3.17", "whether there is output is a number")
def _(home):
    job = home.done("printf abc")
    assert (home.job(job)["unread"], home.job(job)["bytes"]) == (1, 3)


still_open("3.18", "a removal that can be taken back for a while", "removed is removed")
