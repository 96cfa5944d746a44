// SPDX-License-Identifier: MIT
// Durations as people write them: "250ms", "2s", "1m30s", "3h", "2d"; a number
// without a unit is seconds. In memory always whole milliseconds.
#pragma once

#include "base/slice.h"

enum { DURATION_DAYS_MAX = 36500 }; // a hundred years; longer is a mistake
#define DURATION_EXPECTED "a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\""

// False: no duration, negative, or longer than DURATION_DAYS_MAX.
bool duration_from_text(struct slice text, int64_t *ms);
bool duration_from_seconds(double seconds, int64_t *ms);
