// SPDX-License-Identifier: MIT
// Schedules in the fake world: asking for them, and seeing what became of them.
#pragma once

#include "unit/core/fake_world.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, JOBS_MAX = 2000 };
#define DAY ((int64_t)24 * HOUR)
#define LONG "wait_signal('go')"
#define BRIEF "print('x')"

// ---- asking: the schedule is called "s" unless it has a name
int ask_add(struct fake_world *w, const struct schedule *schedule, const char *script);
// Granted, and everything that comes of it.
void add(struct fake_world *w, struct schedule schedule, const char *script);
void add_every(struct fake_world *w, int64_t every_ms, enum schedule_overlap overlap,
               const char *script);
int ask_named(struct fake_world *w, enum change_kind kind);
void asked(struct fake_world *w, enum change_kind kind);

// ---- seeing
struct jobs {
    uint64_t ids[JOBS_MAX];
    int64_t nominals[JOBS_MAX];
    enum job_state states[JOBS_MAX];
    size_t count, unfinished;
};
// Of schedules. Fails when two of them stand for the same time.
struct jobs jobs_of(struct fake_world *w);

struct seen {
    struct schedule s; // its texts are gone
    int64_t next_ms;
    size_t unfinished, queued, count;
    char notice[ERR_TEXT_MAX], failure[ERR_TEXT_MAX];
};
// The only one, or the last by name.
struct seen see(struct fake_world *w);
