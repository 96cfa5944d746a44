// SPDX-License-Identifier: MIT
// Sizes as people write them: "500M", "2G", "1.5GiB"; a number without a unit is bytes. Units
// are powers of 1024: K, M, G, T, with or without B or iB, in capitals or not.
#pragma once

#include "base/slice.h"

enum { SIZE_TEXT = 16 }; // with NUL
#define SIZE_EXPECTED "a size: bytes, or text like \"500M\", \"2G\""

// False, and *bytes as it was: no size, negative, or more than INT64_MAX.
bool size_from_text(struct slice text, int64_t *bytes);
// "812 B", "12.3 MiB".
const char *size_format(uint64_t bytes, char text[SIZE_TEXT]);
