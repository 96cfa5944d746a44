// SPDX-License-Identifier: MIT
// get --watch: the table, drawn anew in its place while it changes; in a pipe, or with
// --json, the rows that have changed. Until Ctrl-C, which is its ordinary end.
#pragma once

#include "cli/command.h"

// query: as for select_jobs. An exit code.
int watch_jobs(struct cli *cli, const char *query);
