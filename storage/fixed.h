// SPDX-License-Identifier: MIT
// Rows whose value is a fixed number of u64: marks, tails, and the two indexes.
#pragma once

#include "storage/keys.h"

void fixed_put(struct batch *batch, const struct key *key, const uint64_t *values, size_t n);
// Fills values. -ENOENT: no such row (err untouched). ERR_CORRUPT: damaged, or of
// another size.
int fixed_get(struct store *store, const struct key *key, uint64_t *values, size_t n,
              struct err *err);
