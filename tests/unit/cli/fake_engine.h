// SPDX-License-Identifier: MIT
// An engine for the tests of the command line: control, with a port in memory that
// answers every change a few milliseconds later and lets new jobs end by themselves.
#pragma once

#include "cli/cli.h"

// Jobs at its start: 1 "disks", Completed, three records; 3 "web01", Failed;
// 5 "web02", Suspended. A new job named "slow" stays Running until it is stopped, and
// writes a record every 20 ms; "crash" makes the engine exit in the middle of it, once
// (a file of that name in the home remembers); "fatal" in the home ends it at once.
int fake_engine_main(const struct daemon_options *options);
