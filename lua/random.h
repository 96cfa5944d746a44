// SPDX-License-Identifier: MIT
// xoshiro256** (Blackman and Vigna), the generator that Lua 5.4 uses too, with
// seeds of ours: one generator per strand, seeded from the job's uuid and the
// strand's path, so that a new branch never shifts another's numbers. A value.
#pragma once

#include "base/id.h"
#include "base/slice.h"

struct random {
    uint64_t s[4];
    bool seeded;
};

// path and number tell apart what shares a job.
void random_seed(struct random *random, struct uuid job, struct slice path, uint64_t number);
uint64_t random_next(struct random *random);
// In [0, 1), 53 bits.
double random_real(struct random *random);
// In 0 .. max, each equally likely.
uint64_t random_below(struct random *random, uint64_t max);
