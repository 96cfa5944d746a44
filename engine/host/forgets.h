// SPDX-License-Identifier: MIT
// Keys that are to be forgotten, and wait for others to go with them: each request costs a
// process on the target, however many keys it names.
// Owner: the session. A plain value; zero is empty.
#pragma once

#include "host/wire.h"

struct forgets {
    struct link_key keys[WIRE_FORGET_MAX];
    unsigned count;
    uint64_t due_ms;  // when those that are here have waited long enough ...
    uint64_t last_ms; // ... whatever else comes
    uint64_t bytes;   // that went over the link meanwhile, and may lie on the target's disk
    bool at_once;     // the target's disk was full: its room is needed
};

// From now on none waits.
void forgets_hurry(struct forgets *forgets);
// Bytes that went over the link, to the target or from it.
void forgets_weigh(struct forgets *forgets, uint64_t bytes);
// True when they are to be sent now: no more would fit, or they may take much room.
bool forgets_add(struct forgets *forgets, struct link_key key, uint64_t now_ms);
// When to send them; UINT64_MAX: there are none.
uint64_t forgets_due_ms(const struct forgets *forgets);
// Appends the request, when there is any key, and is empty.
void forgets_take(struct forgets *forgets, struct buf *requests);
