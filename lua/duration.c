// SPDX-License-Identifier: MIT
#include "lua/duration.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_TEXT_MAX = 32 };

static const struct unit {
    const char *name;
    double ms;
} units[] = {
    { "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 },
};

bool duration_from_seconds(double seconds, int64_t *ms)
{
    if (!(seconds >= 0 && seconds <= (double)DURATION_DAYS_MAX * 86400))
        return false;
    *ms = (int64_t)(seconds * 1000 + 0.5);
    if (seconds > 0 && *ms == 0)
        *ms = 1; // a wait that was asked for is never rounded to none
    return true;
}

static bool is_number_byte(uint8_t c) { return (c >= '0' && c <= '9') || c == '.'; }

// Takes digits with at most one point from the front.
static bool take_number(struct slice *text, double *ret)
{
    char digits[NUMBER_TEXT_MAX];
    char *end;
    size_t n = 0;

    while (n < text->len && n < sizeof(digits) - 1 && is_number_byte(text->ptr[n])) {
        digits[n] = (char)text->ptr[n];
        n++;
    }
    digits[n] = 0;
    *ret = strtod(digits, &end);
    *text = slice_of(text->ptr + n, text->len - n);
    return n > 0 && *end == 0;
}

static double take_unit(struct slice *text)
{
    size_t n = 0;

    while (n < text->len && text->ptr[n] >= 'a' && text->ptr[n] <= 'z')
        n++;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (slice_is(slice_of(text->ptr, n), units[i].name)) {
            *text = slice_of(text->ptr + n, text->len - n);
            return units[i].ms;
        }
    }
    return 0;
}

bool duration_from_text(struct slice text, int64_t *ms)
{
    double total_ms = 0, last_unit = INFINITY;

    if (text.len == 0)
        return false;
    while (text.len > 0) {
        double number, unit;
        if (!take_number(&text, &number))
            return false;
        unit = text.len == 0 && last_unit == INFINITY ? 1e3 : take_unit(&text);
        if (unit == 0 || unit >= last_unit) // each unit once, from large to small
            return false;
        total_ms += number * unit;
        last_unit = unit;
    }
    return duration_from_seconds(total_ms / 1000, ms);
}
