// SPDX-License-Identifier: MIT
// Seeding: each word is SipHash of the path with the job's uuid as its key; the
// first byte tells the words apart. All zero words, which the generator cannot
// leave, would take four preimages of zero; one word is forced odd all the same.
#include "lua/random.h"

#include "base/buf.h"
#include "base/hash.h"

void random_seed(struct random *random, struct uuid job, struct slice path, uint64_t number)
{
    struct hash_key key;
    uint8_t salt[16] = { 0 };

    memcpy(key.bytes, job.bytes, sizeof(key.bytes));
    for (uint8_t i = 0; i < 4; i++) {
        salt[0] = i;
        for (int b = 0; b < 8; b++)
            salt[8 + b] = (uint8_t)(number >> (8 * b));
        random->s[i] = fingerprint_of(slice_of(salt, sizeof(salt)), &key) ^
                       fingerprint_of(path, &key);
    }
    random->s[0] |= 1;
    random->seeded = true;
}

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->s;
    uint64_t ret = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return ret;
}

double random_real(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

// Draws within the smallest mask that holds max until one fits: at most two
// draws on average, and no bias.
uint64_t random_below(struct random *random, uint64_t max)
{
    uint64_t mask = max;
    uint64_t ret;

    for (int shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    do
        ret = random_next(random) & mask;
    while (ret > max);
    return ret;
}
