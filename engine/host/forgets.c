// SPDX-License-Identifier: MIT
#include "host/forgets.h"

#include <assert.h>

// Steps that follow each other mostly end sooner than that. What is to be forgotten may be as
// much as went over the link, and is soon to be room again where that is much.
enum { WAIT_MS = 1000, MUCH = 256 * 1024 };

void forgets_hurry(struct forgets *forgets)
{
    forgets->at_once = true;
}

void forgets_weigh(struct forgets *forgets, uint64_t bytes)
{
    forgets->bytes += bytes;
}

bool forgets_add(struct forgets *forgets, struct link_key key, uint64_t now_ms)
{
    assert(forgets->count < WIRE_FORGET_MAX);
    forgets->due_ms = now_ms + WAIT_MS;
    forgets->keys[forgets->count++] = key;
    return forgets->count == WIRE_FORGET_MAX || forgets->bytes >= MUCH || forgets->at_once;
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
    forgets->bytes = 0;
}
