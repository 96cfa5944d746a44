// SPDX-License-Identifier: MIT
// The header around every stored value (drawn in keys.h): it tells a damaged
// value, and one that landed under another key, from a whole one.
#pragma once

#include "base/slice.h"

enum { ROW_HEADER = 10 }; // bytes

// Writes header and value; `at` has room for ROW_HEADER + value.len bytes.
void row_write(uint8_t *at, struct slice key, struct slice value);
// The value inside a stored row, borrowed from it; false when it is damaged.
bool row_read(struct slice key, struct slice row, struct slice *ret);
