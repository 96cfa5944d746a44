// SPDX-License-Identifier: MIT
// pawl hosts --check: connects through the engine, so that its ssh, agent and
// configuration are what is tested, and shows how each host is.
#pragma once

#include <jansson.h>

#include "cli/command.h"

// hosts: an array of {"name", "dest", ...}. An exit code; failures are printed, and
// EXIT_JOB_FAILED says that some cannot be used.
int hosts_check(struct cli *cli, const json_t *hosts);
