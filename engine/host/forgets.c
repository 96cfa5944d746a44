// SPDX-License-Identifier: MIT
#include "host/forgets.h"

#include <assert.h>

enum { WAIT_MS = 250 }; // steps that follow each other end sooner than that

bool forgets_add(struct forgets *forgets, struct link_key key, uint64_t now_ms)
{
    assert(forgets->count < WIRE_FORGET_MAX);
    if (forgets->count == 0)
        forgets->due_ms = now_ms + WAIT_MS;
    forgets->keys[forgets->count++] = key;
    return forgets->count == WIRE_FORGET_MAX;
}

uint64_t forgets_due_ms(const struct forgets *forgets)
{
    return forgets->count > 0 ? forgets->due_ms : UINT64_MAX;
}

void forgets_take(struct forgets *forgets, struct buf *requests)
{
    if (forgets->count > 0)
        wire_forget(requests, forgets->keys, forgets->count);
    forgets->count = 0;
}
