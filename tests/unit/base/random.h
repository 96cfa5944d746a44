// SPDX-License-Identifier: MIT
// Numbers for property tests: xorshift64* (Vigna 2016), the same sequence for the same
// seed on every machine. The state is the caller's and is never zero.
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

// From 0 to n - 1.
static inline size_t random_below(uint64_t *state, size_t n)
{
    return (size_t)(random_next(state) >> 33) % n;
}
