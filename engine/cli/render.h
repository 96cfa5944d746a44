// SPDX-License-Identifier: MIT
// Rows for people: the table of jobs, and one JSON object per line.
#pragma once

#include "base/buf.h"
#include "cli/command.h"
#include "cli/job_row.h"
#include "cli/table.h"

// The table of jobs, row by row.
void render_begin(struct table *table);
void render_row(struct table *table, const struct job_row *row);
// All of it as text; width 0: nothing is cut.
int render_jobs(const json_t *rows, unsigned width, bool colours, struct buf *out);
// Prints rows as the options ask: --json, -q (ids), or the table (--wide).
// Whoever asks for one job is told more than fits its row: its reason, and why it
// stands still at present.
int print_explained(struct cli *cli, const json_t *rows);
int print_jobs(struct cli *cli, const json_t *rows);
int print_job(struct cli *cli, const json_t *row); // one
void print_json(const json_t *json);
// "2026-01-31 12:00:05" in local time, for a time of the API; "" for null.
const char *time_local(const char *rfc3339, char text[24]);
// The colour of a state, an SGR sequence; NULL: none.
const char *state_colour(const char *state);
// Writes all of it to standard output; an exit code.
int print_buf(struct cli *cli, const struct buf *out);
