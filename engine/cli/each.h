// SPDX-License-Identifier: MIT
// Verbs that do the same to several jobs: each is asked, and a refusal of one keeps
// none of the others from being served. With --dry-run the selected jobs are shown, and
// nothing is asked.
#pragma once

#include "cli/select.h"

// Calls fn for the row of every selected job. concerns: those that it does not refuse.
int each_row(struct cli *cli, void (*fn)(struct cli *cli, const json_t *row), select_fn concerns);
// POST /v1/jobs/ID/verb with body (taken) for every selected job that the verb is about
// (select.h).
// With --json the rows after the change are printed. With --wait, and a goal that
// is not NULL ("finished", "Suspended"), returns when the jobs have reached it.
int each_job(struct cli *cli, const char *verb, json_t *body, const char *goal,
             select_fn concerns);
bool each_unfinished(const json_t *row); // the verb is about jobs that are not finished
