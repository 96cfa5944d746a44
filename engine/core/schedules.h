// SPDX-License-Identifier: MIT
// Schedules in memory, for the files of core that are about them: what each is, its zone,
// and which of its instances are unfinished or kept. What is here may be ahead of the
// disk by the open batch, as a resident is; what people see comes from the store.
//
//   schedule_table.c   loading them, finding one, showing them; instances come and go
//   schedules.c        looking at the clock, and what is then done
//   schedule_change.c  what people ask for
//   schedule_job.c     what their jobs are made of
//
// Invariant: the rows of a new job and the row of its schedule, which says that its
// nominal time is dealt with, go into the same batch.
#pragma once

#include "core/change.h"

struct planned {
    struct list link;      // in engine.schedules
    struct schedule s;     // its texts are in bytes, failure and queue
    struct buf bytes, failure, queue;
    struct zone *zone;     // NULL: UTC
    struct buf trouble;    // why it stands still; empty: it does not
    struct list instances; // oldest first: the unfinished, and with --keep the finished
    size_t unfinished, finished; // of them
    uint64_t turn;         // that it was added in
    int64_t wake_ms;       // wall clock: when to look at it again; INT64_MAX: never
};

struct instance {
    struct list link;
    struct planned *of;
    uint64_t job_id;
    uint64_t turn;         // that it was started in; 0: before this engine
    bool finished;
};

// schedule_table.c
// A new one, known from here on, of encoded bytes (copied).
int planned_new(struct engine *engine, struct slice bytes, struct planned **ret, struct err *err);
void planned_free(struct engine *engine, struct planned *planned);
struct planned *planned_find(struct engine *engine, struct slice name); // NULL: none
// A job of it. -ENOMEM.
int planned_instance(struct engine *engine, struct planned *planned, uint64_t job_id,
                     bool finished);
// Its row goes with the open batch.
void planned_put(struct engine *engine, struct planned *planned);
// What its jobs are made of can be read: it was added in a batch that has landed.
bool planned_is_committed(const struct engine *engine, const struct planned *planned);
// So are all its instances: they can be stopped and removed.
bool planned_has_landed(const struct engine *engine, const struct planned *planned);
// Look at it soon.
void planned_wake(struct engine *engine, struct planned *planned);
// NULL and 0: UTC. -ENOENT in words.
int schedule_zone(struct engine *engine, const struct schedule *schedule, struct zone **ret,
                  struct err *err);
int64_t schedule_now_ms(const struct engine *engine); // wall clock

// schedules.c
// An instance, now, in the open batch; its row is not put. nominal 0: outside of the plan.
int planned_start(struct engine *engine, struct planned *planned, int64_t nominal_ms,
                  uint64_t *ret_id, struct err *err);
// Nothing waits any more; what did is counted as left out.
void planned_drop_queue(struct planned *planned);

// schedule_job.c
void schedule_job_encode(const struct change *start, struct buf *buf);
int schedule_job_start(struct engine *engine, const struct schedule *schedule, int64_t nominal_ms,
                       uint64_t *ret_id, struct err *err);
