// SPDX-License-Identifier: MIT
// How: each field becomes a set of bits. The next time is looked for in local time, day
// by day, and months that do not match are leapt over; a text that goes by real time is
// looked for in each of the zone's spans in turn, where local time runs evenly.
#include "model/cron.h"

#include <assert.h>
#include <strings.h>

#include "model/calendar.h"

enum { MINUTE_S = 60 };
#define HORIZON_S ((int64_t)50 * 366 * DAY_S)

// ---- parsing
struct field {
    const char *what; // in messages
    int low, high;    // 7 is Sunday, too
    const char *const *names; // of low, low + 1, ...; ended by NULL
    const char *allowed;
};

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct field fields[] = {
    { "minute", 0, 59, NULL, "0 to 59" },
    { "hour", 0, 23, NULL, "0 to 23" },
    { "day of the month", 1, 31, NULL, "1 to 31" },
    { "month", 1, 12, month_names, "1 to 12, or jan to dec" },
    { "weekday", 0, 7, weekday_names, "0 to 7 (0 and 7 are Sunday), or sun to sat" },
};
enum { FIELDS = 5 };

struct alias {
    const char *name, *text;
};

static const struct alias aliases[] = {
    { "@hourly", "0 * * * *" },  { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
    { "@weekly", "0 0 * * 0" },  { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
    { "@annually", "0 0 1 1 *" },
};

static int refuse(const struct field *field, struct slice text, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s \"%.*s\": %s; allowed are %s, lists (1,15), ranges (1-5) and "
                   "steps (*/10, 8-18/2)", field->what, (int)(text.len < 40 ? text.len : 40),
                   (const char *)text.ptr, why, field->allowed);
}

// A number, or a name. -1: neither.
static int value_of(const struct field *field, struct slice text)
{
    int n = 0;

    for (int i = 0; field->names && field->names[i]; i++)
        if (text.len == 3 && strncasecmp((const char *)text.ptr, field->names[i], 3) == 0)
            return field->low + i;
    if (text.len == 0 || text.len > 3)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        n = n * 10 + (text.ptr[i] - '0');
    }
    return n;
}

// What is before c, or all of it; *rest is what is behind, with a NULL ptr where there
// is no c.
static struct slice split(struct slice text, char c, struct slice *rest)
{
    const uint8_t *at = text.len ? memchr(text.ptr, c, text.len) : NULL;

    *rest = (struct slice){ 0 };
    if (!at)
        return text;
    *rest = slice_of(at + 1, text.len - (size_t)(at - text.ptr) - 1);
    return slice_of(text.ptr, (size_t)(at - text.ptr));
}

static int range_of(const struct field *field, struct slice text, int *low, int *high,
                    struct err *err)
{
    struct slice last, first = split(text, '-', &last);

    *low = field->low;
    *high = field->high == 7 ? 6 : field->high;
    if (slice_is(text, "*"))
        return 0;
    *low = value_of(field, first);
    *high = last.ptr ? value_of(field, last) : *low;
    if (*low < 0 || *high < 0)
        return refuse(field, text, "it is not understood", err);
    if (*low < field->low || *low > field->high || *high < field->low || *high > field->high)
        return refuse(field, text, "it is out of range", err);
    if (*high < *low)
        return refuse(field, text, "the range ends before it begins", err);
    return 0;
}

static int part_take(const struct field *field, struct slice text, uint64_t *bits, struct err *err)
{
    static const struct field count = { .low = 0 };
    struct slice step_text, range = split(text, '/', &step_text);
    int step = step_text.ptr ? value_of(&count, step_text) : 1;
    int low, high, rc = range_of(field, range, &low, &high, err);

    if (rc < 0)
        return rc;
    if (step < 1)
        return refuse(field, text, "a step is a number from 1", err);
    if (step_text.ptr && low == high && !slice_is(range, "*"))
        return refuse(field, text, "a step needs a range", err);
    assert(low >= 0 && high < 64);
    for (int i = low; i <= high; i += step)
        *bits |= UINT64_C(1) << (field->high == 7 ? i % 7 : i);
    return 0;
}

static int field_take(const struct field *field, struct slice text, uint64_t *bits, bool *star,
                      struct err *err)
{
    struct slice rest = text;

    *bits = 0;
    *star = text.len && text.ptr[0] == '*';
    do {
        struct slice part = split(rest, ',', &rest);
        int rc = part_take(field, part, bits, err);
        if (rc < 0)
            return rc;
    } while (rest.ptr);
    return 0;
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static struct slice next_word(struct slice *text)
{
    size_t begin = 0, end;

    while (begin < text->len && is_blank(text->ptr[begin]))
        begin++;
    for (end = begin; end < text->len && !is_blank(text->ptr[end]);)
        end++;
    struct slice word = slice_of(text->ptr + begin, end - begin);
    *text = slice_of(text->ptr + end, text->len - end);
    return word;
}

static int alias_resolve(struct slice *text, struct err *err)
{
    struct slice rest = *text, word = next_word(&rest);

    if (word.len == 0 || word.ptr[0] != '@')
        return 0;
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (slice_is(word, aliases[i].name) && next_word(&rest).len == 0) {
            *text = slice_str(aliases[i].text);
            return 0;
        }
    return err_set(err, ERR_USAGE, "\"%.*s\" is not known: @hourly, @daily, @weekly, @monthly, @yearly, "
                   "or five fields; at boot is a kind of its own (--at-boot)",
                   (int)(text->len < 40 ? text->len : 40), (const char *)text->ptr);
}

// Is there such a day in some year?
static bool is_possible(const struct cron *cron)
{
    for (int month = 1; month <= 12; month++)
        for (int day = 1; cron->months >> month & 1 && day <= days_in_month(2000, month); day++)
            if (cron->days >> day & 1)
                return true;
    return cron->either_day;
}

static int check_possible(const struct cron *cron, struct slice text, struct err *err)
{
    if (is_possible(cron))
        return 0;
    return err_set(err, ERR_USAGE, "\"%.*s\" is never due: none of its months has such a day",
                   (int)text.len, (const char *)text.ptr);
}

int cron_parse(struct slice text, struct cron *ret, struct err *err)
{
    uint64_t bits[FIELDS];
    struct slice words[FIELDS], rest = text, given = text;
    bool star[FIELDS];

    if (text.len > CRON_TEXT_MAX)
        return err_set(err, ERR_USAGE, "a cron text of %zu bytes: %d are allowed", text.len,
                       CRON_TEXT_MAX);
    if (alias_resolve(&rest, err) < 0)
        return ERR_USAGE;
    for (size_t i = 0; i < FIELDS; i++)
        words[i] = next_word(&rest);
    if (words[FIELDS - 1].len == 0 || next_word(&rest).len)
        return err_set(err, ERR_USAGE, "\"%.*s\": five fields are expected: minute, hour, day of the "
                       "month, month, weekday (\"30 2 * * mon-fri\"), or @daily and the like",
                       (int)(given.len < 80 ? given.len : 80),
                       given.len ? (const char *)given.ptr : "");
    for (size_t i = 0; i < FIELDS; i++)
        if (field_take(&fields[i], words[i], &bits[i], &star[i], err) < 0)
            return ERR_USAGE;
    *ret = (struct cron){ .minutes = bits[0], .hours = (uint32_t)bits[1], .days = (uint32_t)bits[2],
                          .months = (uint16_t)bits[3], .weekdays = (uint8_t)bits[4],
                          .either_day = !star[2] && !star[4], .fixed = !star[0] && !star[1] };
    return check_possible(ret, given, err);
}

// ---- the next one
static bool takes_day(const struct cron *cron, const struct date *date)
{
    bool day = cron->days >> date->day & 1, weekday = cron->weekdays >> date->weekday & 1;

    return cron->months >> date->month & 1 && (cron->either_day ? day || weekday : day && weekday);
}

// The first minute of a day from `from` on; -1: none.
static int minute_of_day(const struct cron *cron, int from)
{
    for (int hour = from / 60; hour < 24; hour++) {
        if (!(cron->hours >> hour & 1))
            continue;
        for (int minute = hour == from / 60 ? from % 60 : 0; minute < 60; minute++)
            if (cron->minutes >> minute & 1)
                return hour * 60 + minute;
    }
    return -1;
}

// The first match from from_s on that is before end_s, both as clocks show them.
static bool local_next(const struct cron *cron, int64_t from_s, int64_t end_s, int64_t *ret_s)
{
    int64_t minute_s = from_s + MINUTE_S - 1; // rounded up to a whole minute
    int64_t day = days_of_seconds(minute_s), left_s = minute_s - day * DAY_S;
    int from = (int)(left_s / MINUTE_S);

    for (; day * DAY_S < end_s; from = 0) {
        struct date date = date_of_days(day);
        int minute = takes_day(cron, &date) ? minute_of_day(cron, from) : -1;
        if (minute >= 0) {
            *ret_s = day * DAY_S + minute * MINUTE_S;
            return *ret_s < end_s;
        }
        day = cron->months >> date.month & 1 ? day + 1
                                             : day + days_in_month(date.year, date.month) - date.day + 1;
    }
    return false;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// By real time: in each span all local times are there once.
static bool next_running(const struct cron *cron, const struct zone *zone, int64_t after_s,
                         int64_t *ret_s)
{
    int64_t horizon_s = after_s + HORIZON_S, from_s = after_s + 1;

    while (from_s < horizon_s) {
        struct zone_span span = zone_span_at(zone, from_s);
        int64_t end_s = least(span.to_s, horizon_s);
        if (local_next(cron, from_s + span.offset_s, end_s + span.offset_s, ret_s)) {
            *ret_s -= span.offset_s;
            return true;
        }
        from_s = end_s;
    }
    return false;
}

// By the clocks: each local time is there once, and two that clocks leap over may be one.
static bool next_fixed(const struct cron *cron, const struct zone *zone, int64_t after_s,
                       int64_t *ret_s)
{
    int64_t local_s = after_s + zone_span_at(zone, after_s).offset_s + 1;
    int64_t horizon_s = local_s + HORIZON_S;

    while (local_next(cron, local_s, horizon_s, &local_s)) {
        *ret_s = zone_unix_of(zone, local_s);
        if (*ret_s > after_s)
            return true;
        local_s++;
    }
    return false;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_s, int64_t *ret_s)
{
    return cron->fixed ? next_fixed(cron, zone, after_s, ret_s)
                       : next_running(cron, zone, after_s, ret_s);
}
