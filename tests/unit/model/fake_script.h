// SPDX-License-Identifier: MIT
// A script without Lua: what a strand yields next is a pure function of a seed,
// its path, and how many steps it has made. Drives the model's fold as the core
// does, live or on replay.
#pragma once

#include "model/job.h"

struct fake;

// The next effect of a strand; n counts its resumes from 0.
typedef void (*fake_fn)(const struct fake *fake, const struct strand *strand, uint32_t n,
                        struct effect *ret);

struct fake {
    struct job job;
    fake_fn next;
    uint64_t seed;
    struct buf journal;   // encoded events, back to back
    struct buf trace;     // one line per effect, in the order strands yielded
    struct map resumes;   // strand path hash -> count + 1
    char names[8][4];     // backing for step names
};

void fake_init(struct fake *fake, fake_fn next, uint64_t seed);
void fake_release(struct fake *fake);
// Appends the event, folds it, runs, intends until nothing moves. The job's answer.
int fake_take(struct fake *fake, struct event *event, struct err *err);
void fake_start(struct fake *fake);
// For hosts of these names: an encoded array as in model/target.h; the ids are 2, 3, ...
void fake_start_on(struct fake *fake, struct slice hosts);
// Folds a recorded event and runs; makes no intents.
int fake_replay(struct fake *fake, const struct event *event, struct err *err);
// A text of everything that is open: equal jobs give equal texts.
void fake_describe(const struct fake *fake, struct buf *ret);
uint64_t fake_mix(uint64_t a, uint64_t b);
