// SPDX-License-Identifier: MIT
#include "cli/duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const long long DURATION_MAX_MS = 100LL * 365 * 24 * 3600 * 1000;

struct unit {
    const char *name;
    long long ms;
};

static const struct unit units[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
};

// Thousandths, so that "1.5s" needs no floating point. Moves *at behind the number.
static int number_take(const char **at, long long *ret_milli)
{
    const char *p = *at;
    long long n = 0, unit = 100;

    if (*p < '0' || *p > '9')
        return -EINVAL;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');
        if (n > DURATION_MAX_MS)
            return -EINVAL;
    }
    n *= 1000;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
            n += (*p - '0') * unit;
    *at = p;
    *ret_milli = n;
    return 0;
}

// Without a unit it is seconds, and then it is the only part.
static int unit_take(const char **at, bool first, long long *ret_ms)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz");

    *ret_ms = 1000;
    if (len == 0)
        return first && **at == 0 ? 0 : -EINVAL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].name) == len && memcmp(units[i].name, *at, len) == 0) {
            *at += len;
            *ret_ms = units[i].ms;
            return 0;
        }
    return -EINVAL;
}

int duration_parse(const char *text, long long *ret_ms)
{
    const char *start = text;
    long long total = 0;

    do {
        bool first = text == start;
        long long milli, unit_ms;
        if (number_take(&text, &milli) < 0 || unit_take(&text, first, &unit_ms) < 0)
            return -EINVAL;
        if (milli / 1000 > DURATION_MAX_MS / unit_ms)
            return -EINVAL;
        total += milli / 1000 * unit_ms + milli % 1000 * unit_ms / 1000;
        if (total > DURATION_MAX_MS)
            return -EINVAL;
    } while (*text);
    *ret_ms = total;
    return 0;
}

const char *duration_format(long long ms, char text[DURATION_TEXT])
{
    long long s = ms / 1000;

    if (ms < 1000)
        snprintf(text, DURATION_TEXT, "%lldms", ms);
    else if (s < 60)
        snprintf(text, DURATION_TEXT, "%lld.%llds", s, ms % 1000 / 100);
    else if (s < 3600)
        snprintf(text, DURATION_TEXT, "%lldm%02llds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, DURATION_TEXT, "%lldh%02lldm", s / 3600, s % 3600 / 60);
    else
        snprintf(text, DURATION_TEXT, "%lldd%02lldh", s / 86400, s % 86400 / 3600);
    return text;
}
