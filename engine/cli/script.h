// SPDX-License-Identifier: MIT
// The workflow that somebody names: a file with the modules beside it, or one that Pawl
// ships, by its bare name ("restart") where there is no such file.
#pragma once

#include "cli/command.h"

// 0 with {"name","text","modules"} in *ret, a new reference; or an exit code, and said why.
int script_json(struct cli *cli, const char *path, json_t **ret);
