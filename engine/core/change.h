// SPDX-License-Identifier: MIT
// Between change.c (what may be asked of jobs) and start.c (making one).
#pragma once

#include "core/state.h"

// Has the script all modules that it and they require by name?
int modules_check(struct value_doc *doc, struct slice script_name, const struct texts *texts,
                  struct err *err);
// What a change needs to know of a job that may be finished.
struct found {
    uint64_t id; // the parent's
    struct uuid uuid;
    enum job_state state;     // newest known
    enum job_state committed; // on disk
    bool auto_remove, damaged;
    uint64_t last_seq;
    size_t child_count;
    int64_t ended_unix_ms;
};
int change_find(struct engine *engine, uint64_t id, struct found *found, struct err *err);
// Is this the id of one of several children of the job?
int change_is_part(struct engine *engine, uint64_t id, bool *ret, struct err *err);
// The job, awake. ERR_STATE: it is finished, and cannot be `verb` any more.
int change_unfinished(struct engine *engine, uint64_t id, const char *verb,
                      struct resident **ret, struct err *err);
// The job is gone with this turn: nobody sees it any more, its rows are reclaimed later.
void change_tombstone(struct engine *engine, const struct found *found);
// Removes a finished job whose time is over.
void change_expire(struct engine *engine, const struct ended_job *job);
int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
// Would it be started, as things are? Changes nothing.
int start_check(struct engine *engine, const struct change *change, struct err *err);
// The same as change_start for an instance of a schedule (NULL: of none); nominal 0: it is
// outside of the plan.
int start_instance(struct engine *engine, const struct change *change,
                   const struct schedule *schedule, int64_t nominal_unix_ms, uint64_t *id,
                   struct err *err);
// stop.c: of a job, or, with a child's id, of its part on one host.
int change_stop(struct engine *engine, const struct change *change, uint64_t *id, struct err *err);
int change_remove(struct engine *engine, const struct change *change, uint64_t *id,
                  struct err *err);
// schedule_change.c
int change_schedule_add(struct engine *engine, const struct change *change, uint64_t *id,
                        struct err *err);
int change_schedule_enable(struct engine *engine, const struct change *change, uint64_t *id,
                           struct err *err);
int change_schedule_disable(struct engine *engine, const struct change *change, uint64_t *id,
                            struct err *err);
int change_schedule_remove(struct engine *engine, const struct change *change, uint64_t *id,
                           struct err *err);
int change_schedule_run(struct engine *engine, const struct change *change, uint64_t *id,
                        struct err *err);
// A new job made of what an old one was made of, but for its name (empty: its own) and hosts.
int start_again(struct engine *engine, const struct event_started *old, struct slice name,
                struct slice hosts, uint64_t *id, struct err *err);
int change_rename(struct engine *engine, const struct change *change, uint64_t *id,
                  struct err *err);
int change_retry(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
