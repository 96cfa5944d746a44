// SPDX-License-Identifier: MIT
// Rows for people: the table of jobs, and one JSON object per line.
#pragma once

#include "base/buf.h"
#include "cli/command.h"
#include "cli/job_row.h"
#include "cli/table.h"

// Are the times of a job's beginning and end shown? As times, or, for whoever sits there
// now, as how long ago that was.
struct render_times {
    bool shown;
    int64_t now_s; // seconds since 1970; 0: as times
};

// As the options and the terminal ask: with --wide.
struct render_times render_times_of(const struct cli *cli);
// The table of jobs, row by row.
void render_begin(struct table *table, const struct render_times *times);
void render_row(struct table *table, const struct job_row *row, const struct render_times *times);
// All of it as text; width 0: nothing is cut.
int render_jobs(const json_t *rows, unsigned width, bool colours, struct buf *out);
// The same, whole, and when they began and ended.
int render_jobs_wide(const json_t *rows, int64_t now_s, bool colours, struct buf *out);
// All of it as the options and the terminal ask.
void render_for(const struct cli *cli, const json_t *rows, struct buf *out);
// Prints rows as the options ask: --json, -q (ids), or the table (--wide).
// Whoever asks for one job is told more than fits its row: its reason, and why it
// stands still at present.
int print_explained(struct cli *cli, const json_t *rows);
int print_jobs(struct cli *cli, const json_t *rows);
int print_job(struct cli *cli, const json_t *row); // one
void print_json(const json_t *json);
// "2026-01-31 12:00:05" in local time, for a time of the API; "" for null.
const char *time_local(const char *rfc3339, char text[24]);
// "just now", "40 s ago", "3 min ago", "5 h ago", "2 days ago"; beyond a month, or ahead of
// now, as time_local.
const char *time_ago(const char *rfc3339, int64_t now_s, char text[24]);
// The colour of a state, an SGR sequence; NULL: none.
const char *state_colour(const char *state);
// Writes all of it to standard output; an exit code.
int print_buf(struct cli *cli, const struct buf *out);
