// SPDX-License-Identifier: MIT
// A map from 64-bit keys to pointers, which it borrows. Open addressing with
// linear probing; at most three quarters full; no tombstones (a removal shifts
// its followers back). Iteration order is unspecified and must never be seen by
// a script. Owner: whoever embeds it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;
    void *value; // NULL: a free slot
};

struct map {
    struct map_slot *slots; // NULL until the first entry
    size_t count;
    size_t cap; // a power of two
};

void map_init(struct map *map);
void map_release(struct map *map);
// The value, or NULL.
void *map_get(const struct map *map, uint64_t key);
// Adds or replaces; value must not be NULL. -ENOMEM leaves the map as it was.
int map_put(struct map *map, uint64_t key, void *value);
// Removes and returns the value, or NULL.
void *map_take(struct map *map, uint64_t key);
// Walks: start with *at = 0; NULL at the end. The map must not change meanwhile.
void *map_next(const struct map *map, size_t *at);
