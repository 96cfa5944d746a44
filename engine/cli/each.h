// SPDX-License-Identifier: MIT
// Verbs that do the same to several jobs: each is asked, and a refusal of one keeps
// none of the others from being served. With --dry-run the selected jobs are shown, and
// nothing is asked.
#pragma once

#include "cli/command.h"

// Calls fn for the row of every selected job.
int each_row(struct cli *cli, void (*fn)(struct cli *cli, const json_t *row));
// POST /v1/jobs/ID/verb with body (taken) for every selected job from args[first].
// With --json the rows after the change are printed. With --wait, and a goal that
// is not NULL ("finished", "Suspended"), returns when the jobs have reached it.
int each_job(struct cli *cli, size_t first, const char *verb, json_t *body, const char *goal);
