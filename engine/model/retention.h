// SPDX-License-Identifier: MIT
// How long finished jobs are kept. The oldest go first, as many as are over any of the bounds.
#pragma once

#include <stdint.h>

struct retention {
    int64_t age_ms; // since their end; -1: no bound, as for the others
    int64_t count;  // so many, the newest
    int64_t bytes;  // that they hold together (model/head.h)
};
#define RETENTION_NONE ((struct retention){ -1, -1, -1 })
