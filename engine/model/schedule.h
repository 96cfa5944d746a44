// SPDX-License-Identifier: MIT
// A schedule: when jobs are to be started, and what becomes of a time at which the one
// before is unfinished, or at which nobody was there. Pure decisions; the core has the
// clock, the jobs and the store.
//
// Each occurrence has a nominal time (UTC), and runs at most once: what is at or before
// done_unix_ms is dealt with for ever, whatever becomes of the clock. An occurrence is
// due at its nominal time, or with jitter somewhat later, but before the next one's.
#pragma once

#include "model/cron.h"
#include "model/head.h"

// id, name; the first of each is what is taken when nothing is said
#define SCHEDULE_OVERLAPS(X)                                                        \
    X(SKIP, "skip")         /* an occurrence is left out */                         \
    X(QUEUE, "queue")       /* it waits until those before it are finished */       \
    X(PARALLEL, "parallel") /* it is started beside them */                         \
    X(REPLACE, "replace")   /* they are stopped, and it is started when they have ended */

#define SCHEDULE_MISSES(X)                                                          \
    X(RUN_ONCE, "run-once") /* one instance for all that were missed: the latest */ \
    X(SKIP, "skip")         /* none */

enum schedule_kind { SCHEDULE_CRON, SCHEDULE_EVERY, SCHEDULE_BOOT, SCHEDULE_KIND_COUNT };

enum schedule_overlap {
#define X(id, text) OVERLAP_##id,
    SCHEDULE_OVERLAPS(X)
#undef X
    OVERLAP_COUNT
};

enum schedule_missed {
#define X(id, text) MISSED_##id,
    SCHEDULE_MISSES(X)
#undef X
    MISSED_COUNT
};

const char *schedule_overlap_name(enum schedule_overlap overlap);
const char *schedule_missed_name(enum schedule_missed missed);
int schedule_overlap_parse(struct slice text, enum schedule_overlap *ret, struct err *err);
int schedule_missed_parse(struct slice text, enum schedule_missed *ret, struct err *err);

enum {
    SCHEDULE_NAME_MAX = 100,
    SCHEDULE_QUEUE_MAX = 1000,  // occurrences that wait
    SCHEDULE_EVERY_MIN_MS = 1000,
    SCHEDULE_GRACE_MS = 60 * 1000, // so late an occurrence is not missed
    SCHEDULE_KEEP_MAX = 1000000,
};

struct schedule {
    // as it was asked for; never changes
    struct uuid uuid;
    struct slice name;
    enum schedule_kind kind;
    struct slice cron_text;
    struct cron cron;           // parsed from it
    struct slice timezone;      // of cron; empty: the engine's
    int64_t every_ms;
    enum schedule_overlap overlap;
    enum schedule_missed missed;
    int64_t jitter_ms;          // 0: none
    uint64_t keep;              // finished instances; 0: all
    enum job_type type;         // of its jobs, for people
    struct slice command;       // the same
    int64_t created_unix_ms;    // what intervals are counted from
    // what became of it
    bool enabled;
    int64_t done_unix_ms;
    struct uuid boot_id;        // BOOT: the last boot that is dealt with
    uint64_t runs;
    int64_t last_unix_ms;       // nominal time of the last instance; 0: none yet
    uint64_t last_job;
    uint64_t skips;             // occurrences left out for what was unfinished
    int64_t skip_unix_ms;       // the last of them, because
    uint64_t skip_job;          // this job
    enum job_state skip_state;  // was so
    int64_t missed_unix_ms;     // the last occurrence that nobody was there for; 0: none
    int64_t failed_unix_ms;     // the last one whose job could not be started; 0: none,
    struct slice failure;       // and why
    struct slice queue;         // i64be nominal times that wait, oldest first
};

// Everything that can be wrong with what was asked; parses cron_text. ERR_USAGE.
int schedule_check(struct schedule *schedule, struct err *err);
void schedule_encode(const struct schedule *schedule, struct buf *buf);
// Slices point into bytes. ERR_CORRUPT.
int schedule_decode(struct slice bytes, struct value_doc *doc, struct schedule *ret,
                    struct err *err);
bool schedule_name_is_sound(struct slice name);

// ---- times. zone: of a CRON; NULL: UTC. A BOOT has none.

// The first occurrence later than a time. False: none, or none within fifty years.
bool schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t after_ms,
                   int64_t *ret_ms);
// The latest with after_ms < occurrence <= until_ms, without walking through all of them.
bool schedule_latest(const struct schedule *schedule, const struct zone *zone, int64_t after_ms,
                     int64_t until_ms, int64_t *ret_ms);
// When an occurrence is due: the same at each call.
int64_t schedule_due_ms(const struct schedule *schedule, const struct zone *zone,
                        int64_t nominal_ms);

enum occurrence_kind { OCCURRENCE_NONE, OCCURRENCE_DUE, OCCURRENCE_MISSED };

struct occurrence {
    enum occurrence_kind kind;
    int64_t nominal_ms; // DUE, MISSED: of the latest; those before it are missed with it
    int64_t wake_ms;    // NONE: when to look again; INT64_MAX: never
};

struct occurrence schedule_look(const struct schedule *schedule, const struct zone *zone,
                                int64_t now_ms);

// ---- overlap
enum schedule_act { SCHEDULE_START, SCHEDULE_LEAVE_OUT, SCHEDULE_WAIT, SCHEDULE_REPLACE };

// What to do with an occurrence while so many instances are unfinished.
enum schedule_act schedule_meets(const struct schedule *schedule, size_t unfinished);
size_t schedule_queued(const struct schedule *schedule);
int64_t schedule_queue_at(const struct schedule *schedule, size_t i);
