// SPDX-License-Identifier: MIT
// Verbs that ask the same change of several jobs: each is asked, a refusal of one
// keeps none of the others from being served.
#pragma once

#include "cli/command.h"

// POST /v1/jobs/ID/verb with body (taken) for every selected job from args[first].
// With --json the rows after the change are printed. With --wait, and a goal that
// is not NULL ("finished", "Suspended"), returns when the jobs have reached it.
int each_job(struct cli *cli, size_t first, const char *verb, json_t *body, const char *goal);
