// SPDX-License-Identifier: MIT
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

enum { ARRAY_FIRST = 64 };

void *array_room(void *items, size_t count, size_t *cap, size_t item_size)
{
    size_t more = *cap ? *cap * 2 : ARRAY_FIRST;
    void *grown;

    if (count < *cap)
        return items;
    if (more < *cap || more > SIZE_MAX / item_size)
        return NULL;
    grown = realloc(items, more * item_size);
    if (grown)
        *cap = more;
    return grown;
}

size_t array_place(const void *items, size_t count, size_t item_size, uint64_t key)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint64_t at;
        memcpy(&at, (const char *)items + mid * item_size, sizeof(at));
        if (at < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void *array_insert(void *items, size_t count, size_t *cap, size_t item_size, size_t at)
{
    char *grown = array_room(items, count, cap, item_size);

    if (grown)
        memmove(grown + (at + 1) * item_size, grown + at * item_size, (count - at) * item_size);
    return grown;
}
