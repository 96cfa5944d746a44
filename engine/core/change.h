// SPDX-License-Identifier: MIT
// Between change.c (what may be asked of jobs) and start.c (making one).
#pragma once

#include "core/state.h"

// Has the script all modules that it and they require by name?
int modules_check(struct value_doc *doc, struct slice script_name, const struct texts *texts,
                  struct err *err);
// Removes a finished job with --auto-remove, if all of it was received. False: that
// cannot be said yet, because its end or a mark is still on its way to disk.
bool change_sweep(struct engine *engine, uint64_t job_id);
// Removes a finished job whose time is over.
void change_expire(struct engine *engine, const struct ended_job *job);
int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
// A new job made of what an old one was made of, but for its name (empty: its own) and hosts.
int start_again(struct engine *engine, const struct event_started *old, struct slice name,
                struct slice hosts, uint64_t *id, struct err *err);
int change_retry(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
