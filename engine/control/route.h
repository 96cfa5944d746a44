// SPDX-License-Identifier: MIT
// Which function answers which method and path: one const table.
#pragma once

#include "control/exchange.h"

enum { ROUTE_SELECTOR_MAX = 320 }; // a uuid, or ID:HOST with the longest host name

struct route {
    const char *method;
    const char *path; // "*" stands for one segment: the selector of a job
    exchange_fn fn;
};

// Finds the route and copies the selector (empty when the path has none).
// -ENXIO: no such path; -ENOTSUP: the path has other methods.
int route_find(const char *method, const char *path, const struct route **ret,
               char selector[ROUTE_SELECTOR_MAX], struct err *err);
