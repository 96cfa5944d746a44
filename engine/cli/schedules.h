// SPDX-License-Identifier: MIT
// The parts of `pawl schedule`: a new schedule's body, and schedules as people read them.
#pragma once

#include <jansson.h>

#include "cli/command.h"

// The body of POST /v1/schedules, of the options and of what stands behind --. An exit
// code; a failure is printed.
int schedule_body(struct cli *cli, json_t **ret);

// As the options ask: --json, -q (names), or the table with what people should know below.
int schedules_print(struct cli *cli, const json_t *rows);
// All of one, a line for each fact.
int schedule_print(struct cli *cli, const json_t *row);
