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

// Fails the test with the seed and both texts. Frees nothing.
void expect_end(struct sim *sim, uint64_t job, uint64_t seed, const struct expect *expect);
