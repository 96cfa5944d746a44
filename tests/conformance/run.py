#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py [--list] [PREFIX]...: the conformance suite (README.md says what it is about).

Every case runs against the binary that $PAWL names, in an engine of its own. PREFIX: only
rows that begin so. --list prints the rows without running any. Exit code 0: all that is
built conforms; 77: nothing could be run here.
"""
import os
import sys
import time
import traceback

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position

import suite
import rows_starting
import rows_objects
import rows_getting
import rows_receiving
import rows_changing
import rows_schedules
import rows_workflows
import rows_limits
import rows_cases

assert all((rows_starting, rows_objects, rows_getting, rows_receiving, rows_changing,
            rows_schedules, rows_workflows, rows_limits, rows_cases))


def run_one(case, fleet):
    """None, or what went wrong."""
    home = suite.Home(fleet if case.needs == "hosts" else None)
    wrong = None
    try:
        case.run(home)
    except Exception:  # pylint: disable=broad-except # a case may fail in any way
        wrong = traceback.format_exc()
    try:
        home.close()
    except AssertionError as error:
        wrong = (wrong or "") + str(error)
    return wrong


def chosen(prefixes):
    return [case for case in suite.CASES
            if not prefixes or any(case.row.startswith(prefix) for prefix in prefixes)]


def show(word, case, more=""):
    print("%-7s %-6s %s%s" % (word, case.row, case.title, more), flush=True)


def main(args):
    listing = "--list" in args
    cases = chosen([arg for arg in args if not arg.startswith("-")])
    names = [case.row for case in suite.CASES]
    counts = {"ok": 0, "FAILED": 0, "open": 0, "skipped": 0}
    fleet = None

    assert len(names) == len(set(names)), "a row is named twice: %s" % sorted(
        {name for name in names if names.count(name) > 1})
    if any(case.needs == "hosts" for case in cases) and not listing and suite.hosts_are_possible():
        fleet = suite.Fleet(3)
    for case in cases:
        began = time.monotonic()
        if listing:
            print("%s\t%s\t%s" % (case.row, case.title, case.reason or ""))
        elif case.reason:
            counts["open"] += 1
            show("open", case, ": " + case.reason)
        elif (case.needs == "hosts" and not fleet) or (case.needs == "root" and os.geteuid()):
            counts["skipped"] += 1
            show("skipped", case, ": it needs root")
        else:
            wrong = run_one(case, fleet)
            counts["FAILED" if wrong else "ok"] += 1
            show("FAILED" if wrong else "ok", case, "" if time.monotonic() - began < 5 else
                 " (%.0f s)" % (time.monotonic() - began))
            if wrong:
                print(wrong, flush=True)
    if fleet:
        fleet.close()
    if listing:
        return 0
    print(", ".join("%d %s" % (n, word) for word, n in counts.items()))
    return 1 if counts["FAILED"] else 0 if counts["ok"] else 77


sys.exit(main(sys.argv[1:]))
