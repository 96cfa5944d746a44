// SPDX-License-Identifier: MIT
// Signals that were sent and not taken yet: per name first in, first out, kept
// until taken. Owner: the job.
#pragma once

#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"

struct signal {
    struct list link;
    struct slice name, value; // inside bytes
    uint8_t bytes[];
};

// Keeps a copy at the end of the queue.
int signals_push(struct list *queue, struct slice name, struct slice value, struct err *err);
// Takes the oldest of that name off the queue; NULL when none. The caller frees it.
struct signal *signals_take(struct list *queue, struct slice name);
void signals_release(struct list *queue);
