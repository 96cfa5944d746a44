// SPDX-License-Identifier: MIT
#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { MAP_FIRST = 8 };

// Fibonacci mixing: job ids and event numbers are small and consecutive.
static size_t home_of(uint64_t key, size_t cap)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (cap - 1);
}

void map_init(struct map *map) { *map = (struct map){ 0 }; }

void map_release(struct map *map)
{
    free(map->slots);
    map_init(map);
}

static struct map_slot *find(const struct map *map, uint64_t key)
{
    size_t i;

    if (!map->cap)
        return NULL;
    i = home_of(key, map->cap);
    while (map->slots[i].value && map->slots[i].key != key)
        i = (i + 1) & (map->cap - 1);
    return &map->slots[i];
}

void *map_get(const struct map *map, uint64_t key)
{
    struct map_slot *slot = find(map, key);

    return slot ? slot->value : NULL;
}

static int grow(struct map *map)
{
    struct map bigger = { .cap = map->cap ? map->cap * 2 : MAP_FIRST, .count = map->count };

    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->cap; i++)
        if (map->slots[i].value)
            *find(&bigger, map->slots[i].key) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return 0;
}

int map_put(struct map *map, uint64_t key, void *value)
{
    struct map_slot *slot;

    assert(value);
    if ((map->count + 1) * 4 > map->cap * 3 && grow(map) < 0)
        return -ENOMEM;
    slot = find(map, key);
    if (!slot->value)
        map->count++;
    *slot = (struct map_slot){ key, value };
    return 0;
}

void *map_take(struct map *map, uint64_t key)
{
    struct map_slot *slot = find(map, key);
    void *value = slot ? slot->value : NULL;
    size_t hole, i;

    if (!value)
        return NULL;
    hole = (size_t)(slot - map->slots);
    // Shift back every follower whose home is not between the hole and itself.
    for (i = (hole + 1) & (map->cap - 1); map->slots[i].value; i = (i + 1) & (map->cap - 1)) {
        size_t home = home_of(map->slots[i].key, map->cap);
        if (((i - home) & (map->cap - 1)) >= ((i - hole) & (map->cap - 1))) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (struct map_slot){ 0 };
    map->count--;
    return value;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->cap) {
        struct map_slot *slot = &map->slots[(*at)++];
        if (slot->value)
            return slot->value;
    }
    return NULL;
}
