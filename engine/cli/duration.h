// SPDX-License-Identifier: MIT
// Durations as people type them: "90" and "1.5" are seconds; "250ms", "10s",
// "5m", "2h", "1d" and sequences of these, "1h30m".
#pragma once

// -EINVAL: not a duration, or more than a hundred years.
int duration_parse(const char *text, long long *ret_ms);
// "850ms", "12.3s", "4m05s", "3h07m", "2d03h": for tables.
enum { DURATION_TEXT = 48 };
const char *duration_format(long long ms, char text[DURATION_TEXT]);
