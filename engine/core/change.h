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
};
int change_find(struct engine *engine, uint64_t id, struct found *found, struct err *err);
// The job is gone with this turn: nobody sees it any more, its rows are reclaimed later.
void change_tombstone(struct engine *engine, const struct found *found);
int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
// A new job made of what an old one was made of, but for its name (empty: its own) and hosts.
int start_again(struct engine *engine, const struct event_started *old, struct slice name,
                struct slice hosts, uint64_t *id, struct err *err);
int change_rename(struct engine *engine, const struct change *change, uint64_t *id,
                  struct err *err);
int change_retry(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err);
