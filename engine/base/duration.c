// SPDX-License-Identifier: MIT
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>

// A fraction is kept in billionths: times the largest unit they fit 64 bits, and
// what is dropped behind them is less than a tenth of a millisecond.
enum { BILLION = 1000000000 };

struct number {
    int64_t whole;
    int64_t billionths;
};

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
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

static struct slice rest_of(struct slice text, size_t taken)
{
    return slice_of(text.ptr + taken, text.len - taken);
}

static size_t digits_in_front(struct slice text)
{
    size_t n = 0;

    while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
        n++;
    return n;
}

// Takes "12", "12.5" or ".5" from the front. A whole part that no unit can bring
// below the maximum stops growing; digits below the billionth are dropped.
static bool take_number(struct slice *text, struct number *ret)
{
    size_t whole = digits_in_front(*text), fraction = 0;
    int64_t worth = BILLION / 10;

    *ret = (struct number){ 0 };
    for (size_t i = 0; i < whole && ret->whole <= DURATION_MS_MAX; i++)
        ret->whole = ret->whole * 10 + (text->ptr[i] - '0');
    *text = rest_of(*text, whole);
    if (text->len > 0 && text->ptr[0] == '.') {
        *text = rest_of(*text, 1);
        fraction = digits_in_front(*text);
        for (size_t i = 0; i < fraction; i++, worth /= 10)
            ret->billionths += (text->ptr[i] - '0') * worth;
        *text = rest_of(*text, fraction);
    }
    return whole + fraction > 0;
}

// Takes a unit's name from the front; 0 when none is there.
static int64_t take_unit(struct slice *text)
{
    size_t n = 0;

    while (n < text->len && text->ptr[n] >= 'a' && text->ptr[n] <= 'z')
        n++;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (slice_is(slice_of(text->ptr, n), units[i].name)) {
            *text = rest_of(*text, n);
            return units[i].ms;
        }
    }
    return 0;
}

// Adds one part to the sum, whose fraction is in billionths of a millisecond: five
// parts of the largest unit are below 2^59.
static bool add_part(struct number *sum, const struct number *part, int64_t unit_ms)
{
    if (part->whole > DURATION_MS_MAX / unit_ms)
        return false;
    sum->whole += part->whole * unit_ms;
    sum->billionths += part->billionths * unit_ms;
    return sum->whole <= DURATION_MS_MAX;
}

bool duration_from_text(struct slice text, int64_t *ms)
{
    struct number sum = { 0 };
    int64_t last_unit = INT64_MAX;

    do {
        struct number part;
        int64_t unit;
        if (!take_number(&text, &part))
            return false;
        // Seconds need no unit where they are the only part.
        unit = text.len == 0 && last_unit == INT64_MAX ? 1000 : take_unit(&text);
        if (unit == 0 || unit >= last_unit || !add_part(&sum, &part, unit))
            return false;
        last_unit = unit;
    } while (text.len > 0);
    if (sum.whole == 0 && sum.billionths > 0 && sum.billionths < BILLION)
        sum.billionths = BILLION; // as above: never rounded to none
    sum.whole += (sum.billionths + BILLION / 2) / BILLION;
    if (sum.whole > DURATION_MS_MAX)
        return false;
    *ms = sum.whole;
    return true;
}

const char *duration_format(int64_t ms, char text[DURATION_TEXT])
{
    int64_t s = ms / 1000;

    if (ms < 1000)
        snprintf(text, DURATION_TEXT, "%" PRId64 "ms", ms);
    else if (s < 60)
        snprintf(text, DURATION_TEXT, "%" PRId64 ".%" PRId64 "s", s, ms % 1000 / 100);
    else if (s < 3600)
        snprintf(text, DURATION_TEXT, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, DURATION_TEXT, "%" PRId64 "h%02" PRId64 "m", s / 3600, s % 3600 / 60);
    else
        snprintf(text, DURATION_TEXT, "%" PRId64 "d%02" PRId64 "h", s / 86400, s % 86400 / 3600);
    return text;
}
