// SPDX-License-Identifier: MIT
// The list of all jobs, as `pawl get` prints it: as the lines come, and only with the keys that
// are shown.
#pragma once

#include "base/buf.h"
#include "cli/command.h"

// query: filters, "&state=Failed"; or "". Prints as --json, -q and --wide ask. An exit code.
int listing_print(struct cli *cli, const char *query);
