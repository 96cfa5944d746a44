// SPDX-License-Identifier: MIT
// The query parameters of a request, checked: every misuse is a sentence that
// names the parameter and the value.
#pragma once

#include "control/exchange.h"

// The first value of a parameter, or NULL; borrowed from the connection.
const char *query_text(const struct exchange *x, const char *name);
// 1, true, yes, or a name without a value switch it on; absent is off.
bool query_flag(const struct exchange *x, const char *name);
// A number in 0 .. 2^53; absent: fallback.
int query_number(const struct exchange *x, const char *name, int64_t fallback, int64_t *ret,
                 struct err *err);

typedef int (*query_fn)(void *arg, struct slice text, struct err *err);
// Calls fn with every value of a parameter, each split at commas when `split`,
// until it returns negative; returns that.
int query_each(const struct exchange *x, const char *name, bool split, query_fn fn, void *arg,
               struct err *err);
// A whole number of digits only, up to 2^53. -EINVAL.
int number_parse(struct slice text, int64_t *ret);
