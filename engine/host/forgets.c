// SPDX-License-Identifier: MIT
#include "host/forgets.h"

#include <assert.h>

// Steps that follow each other mostly end sooner than WAIT_MS; none waits longer than
// WAIT_MAX_MS. What is to be forgotten may be as much as went over the link, and is soon to be
// room again where that is MUCH.
enum { WAIT_MS = 1000, WAIT_MAX_MS = 5000, MUCH = 256 * 1024 };

void forgets_hurry(struct forgets *forgets)
{
    forgets->at_once = true;
}

void forgets_weigh(struct forgets *forgets, uint64_t bytes)
{
    forgets->bytes += bytes;
}

static bool has(const struct forgets *forgets, struct link_key key)
{
    for (unsigned i = 0; i < forgets->count; i++)
        if (link_key_equal(forgets->keys[i], key))
            return true;
    return false;
}

bool forgets_add(struct forgets *forgets, struct link_key key, uint64_t now_ms)
{
    assert(forgets->count < WIRE_FORGET_MAX);
    if (has(forgets, key))
        return forgets->at_once;
    if (forgets->count == 0)
        forgets->last_ms = now_ms + WAIT_MAX_MS;
    forgets->due_ms = now_ms + WAIT_MS < forgets->last_ms ? now_ms + WAIT_MS : forgets->last_ms;
    forgets->keys[forgets->count++] = key;
    return forgets->count == WIRE_FORGET_MAX || forgets->bytes >= MUCH || forgets->at_once;
}

uint64_t forgets_due_ms(const struct forgets *forgets)
{
    return forgets->count > 0 ? forgets->due_ms : UINT64_MAX;
}

void forgets_take(struct forgets *forgets, struct buf *requests)
{
    if (forgets->count == 0)
        return;
    wire_forget(requests, forgets->keys, forgets->count);
    forgets->count = 0;
    forgets->bytes = 0;
}
