// SPDX-License-Identifier: MIT
// Durations as people write them: "250ms", "2s", "1m30s", "3h", "1.5d"; a number
// without a unit is seconds. In memory always whole milliseconds, from none to a
// hundred years. The arithmetic is of integers, so that a text means the same
// everywhere and on every replay.
#pragma once

#include "base/slice.h"

enum {
    DURATION_DAYS_MAX = 36500, // a hundred years; longer is a mistake
    DURATION_TEXT = 48,        // with NUL
};
#define DURATION_MS_MAX ((int64_t)DURATION_DAYS_MAX * 24 * 60 * 60 * 1000)
#define DURATION_EXPECTED "a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\""

// Units go from large to small, each at most once. False, and *ms as it was: no
// duration, negative, or longer than DURATION_DAYS_MAX.
bool duration_from_text(struct slice text, int64_t *ms);
// Rounded to the nearest millisecond, but never to none. False as above.
bool duration_from_seconds(double seconds, int64_t *ms);
// "850ms", "12.3s", "4m05s", "3h07m", "2d03h": two units at most, for tables.
const char *duration_format(int64_t ms, char text[DURATION_TEXT]);
