// SPDX-License-Identifier: MIT
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

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
