// SPDX-License-Identifier: MIT
// What the verbs that start jobs post, made of their command line: texts, files, standard
// input, modules, hosts and environment are read here and now. Each gives 0 and a new
// body for POST /v1/jobs, or an exit code, and has said why.
#pragma once

#include "cli/command.h"

int start_body(struct cli *cli, json_t **ret);
int invoke_body(struct cli *cli, json_t **ret);
int run_body(struct cli *cli, json_t **ret);
