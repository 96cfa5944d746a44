// SPDX-License-Identifier: MIT
// A job in a simulated world, played to its end, and what must have come of it.
#pragma once

#include "sim.h"

struct expect {
    const char *lines;    // every line the job wrote and its end, sorted, as sim_result
    int resume_at_ms;     // 0: never
    int stop_at_ms;       // 0: never
    unsigned starts;      // of commands, without a doubled one
};

// Plays a shape's job to its end, frees the world, and returns the result, which the
// caller frees. Fails the test when it is stuck, or a key was started twice.
char *play_shape(struct sim *sim, uint64_t job, int64_t limit_ms, const char *shape,
                 uint64_t seed, struct sim_counts *counts);
// Fails the test with the seed and both texts. Frees nothing.
void expect_end(struct sim *sim, uint64_t job, uint64_t seed, const struct expect *expect);
