// SPDX-License-Identifier: MIT
// The options of `start`, and those it shares with `run`, as the body of POST /v1/jobs.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "cli/options.h"

#define OPTIONS_JOB                                                          \
    { "name", 0, "NAME", "name of the job; else Job<id>" },                  \
    { "meta", 0, "K=V", "a fact kept with the job; may be repeated" },       \
    { "env", 0, "K=V", "an environment variable; may be repeated" },         \
    { "cwd", 0, "DIR", "where it runs; else here" },                         \
    { "auto-remove", 0, NULL, "remove the job when it has finished" }

// name, meta, env, cwd, auto_remove: into body.
int job_body(const struct options *options, json_t *body, struct err *err);
// The same of a job elsewhere: only what --env and --cwd say.
int job_body_bare(const struct options *options, json_t *body, struct err *err);
// What to run and how: into params; a line for the Command column: into body.
int local_params(const struct options *options, json_t *params, json_t *body, struct err *err);
