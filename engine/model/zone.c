// SPDX-License-Identifier: MIT
// How: a TZif file has one block of data with 32-bit times, and from version 2 on a
// second one with 64-bit times and a rule in words for the time behind them; the last
// one that is there is taken. Transitions are kept as spans' beginnings.
//
//   block   "TZif" | version | 15 unused | six u32be counts: isut, isstd, leap, time, type, char
//           times | a type for each | types: i32be offset, u8 summer, u8 name | ...
#include "model/zone.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "model/calendar.h"
#include "model/zone_rule.h"

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, TIMES_MAX = 8192, OFFSET_MAX_S = 7 * 24 * 60 * 60 };

struct change {
    int64_t at_s;
    int32_t offset_s; // from then on
};

struct zone {
    int32_t first_s; // offset before the first change
    bool has_rule;
    struct zone_rule rule; // behind the last
    size_t count;
    struct change changes[];
};

// ---- decoding
struct block {
    int time_bytes;
    uint32_t isut, isstd, leap, times, types, chars;
    const uint8_t *data;
    size_t data_len; // all of it
};

static bool block_read(struct slice file, size_t at, int time_bytes, struct block *ret)
{
    const uint8_t *p = file.ptr + at;

    if (at + HEADER_BYTES > file.len || memcmp(p, "TZif", 4) != 0)
        return false;
    *ret = (struct block){ .time_bytes = time_bytes, .isut = read_u32be(p + 20),
                           .isstd = read_u32be(p + 24), .leap = read_u32be(p + 28),
                           .times = read_u32be(p + 32), .types = read_u32be(p + 36),
                           .chars = read_u32be(p + 40), .data = p + HEADER_BYTES };
    if (ret->times > TIMES_MAX || ret->types == 0 || ret->types > 256 || ret->chars > 4096 ||
        ret->leap > 4096 || ret->isut > 256 || ret->isstd > 256)
        return false;
    ret->data_len = (size_t)ret->times * (size_t)(time_bytes + 1) + ret->types * TYPE_BYTES +
                    ret->chars + ret->leap * (size_t)(time_bytes + 4) + ret->isstd + ret->isut;
    return at + HEADER_BYTES + ret->data_len <= file.len;
}

static int64_t time_at(const struct block *block, size_t i)
{
    const uint8_t *p = block->data + i * (size_t)block->time_bytes;

    return block->time_bytes == 8 ? (int64_t)read_u64be(p) : (int32_t)read_u32be(p);
}

static bool offset_at(const struct block *block, size_t type, int32_t *ret)
{
    const uint8_t *types = block->data + (size_t)block->times * (size_t)(block->time_bytes + 1);

    if (type >= block->types)
        return false;
    *ret = (int32_t)read_u32be(types + type * TYPE_BYTES);
    return *ret > -OFFSET_MAX_S && *ret < OFFSET_MAX_S;
}

static bool fill(struct zone *zone, const struct block *block)
{
    const uint8_t *types = block->data + (size_t)block->times * (size_t)block->time_bytes;

    if (!offset_at(block, 0, &zone->first_s))
        return false;
    for (size_t i = 0; i < block->times; i++) {
        struct change *change = &zone->changes[i];
        change->at_s = time_at(block, i);
        if (!offset_at(block, types[i], &change->offset_s) ||
            (i && change->at_s <= zone->changes[i - 1].at_s))
            return false;
    }
    zone->count = block->times;
    return true;
}

// "\nCET-1CEST,M3.5.0,M10.5.0/3\n" at the end of the file; empty where there is none.
static bool rule_fill(struct zone *zone, struct slice file, size_t at)
{
    const uint8_t *end;

    if (at + 1 >= file.len || file.ptr[at] != '\n')
        return at == file.len;
    at++;
    end = memchr(file.ptr + at, '\n', file.len - at);
    if (!end)
        return false;
    if (end == file.ptr + at)
        return true;
    zone->has_rule = true;
    return zone_rule_parse(slice_of(file.ptr + at, (size_t)(end - file.ptr) - at), &zone->rule);
}

int zone_decode(struct zone **ret, struct slice tzif, struct err *err)
{
    struct block block;
    struct zone *zone;
    size_t end;
    bool good = block_read(tzif, 0, 4, &block);
    bool is_new = good && tzif.ptr[4] >= '2';

    end = good ? HEADER_BYTES + block.data_len : 0;
    if (is_new) {
        good = block_read(tzif, end, 8, &block);
        end += good ? HEADER_BYTES + block.data_len : 0;
    }
    if (!good)
        return err_set(err, ERR_CORRUPT, "it is no time zone file, or a damaged one");
    zone = calloc(1, sizeof(*zone) + block.times * sizeof(zone->changes[0]));
    if (!zone)
        return err_set(err, -ENOMEM, "no memory for a time zone");
    if (!fill(zone, &block) || (is_new && !rule_fill(zone, tzif, end))) {
        free(zone);
        return err_set(err, ERR_CORRUPT, "it is a damaged time zone file");
    }
    *ret = zone;
    return 0;
}

void zone_free(struct zone *zone) { free(zone); }

// ---- spans
static void span_add(struct zone_span *span, int64_t unix_s, int64_t at_s, int32_t offset_s)
{
    if (at_s <= unix_s && at_s >= span->from_s) {
        span->from_s = at_s;
        span->offset_s = offset_s;
    } else if (at_s > unix_s && at_s < span->to_s) {
        span->to_s = at_s;
    }
}

// Behind the last change of the table: what the rule says of the years around.
static void span_by_rule(const struct zone_rule *rule, int64_t unix_s, struct zone_span *span)
{
    int64_t year = date_of_days(days_of_seconds(unix_s)).year;
    int64_t table_end_s = span->from_s;

    if (!rule->has_summer) {
        span->offset_s = rule->standard_s;
        return;
    }
    for (int64_t y = year - 1; y <= year + 1; y++) {
        int64_t begin_s, end_s;
        zone_rule_year(rule, y, &begin_s, &end_s);
        if (begin_s > table_end_s)
            span_add(span, unix_s, begin_s, rule->summer_s);
        if (end_s > table_end_s)
            span_add(span, unix_s, end_s, rule->standard_s);
    }
}

struct zone_span zone_span_at(const struct zone *zone, int64_t unix_s)
{
    struct zone_span span = { INT64_MIN, INT64_MAX, 0 };
    size_t low = 0, high = zone ? zone->count : 0;

    if (!zone)
        return span;
    while (low < high) { // how many changes are not later
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at_s <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    span.offset_s = low ? zone->changes[low - 1].offset_s : zone->first_s;
    if (low)
        span.from_s = zone->changes[low - 1].at_s;
    if (low < zone->count)
        span.to_s = zone->changes[low].at_s;
    else if (zone->has_rule)
        span_by_rule(&zone->rule, unix_s, &span);
    return span;
}

int64_t zone_unix_of(const struct zone *zone, int64_t local_s)
{
    struct zone_span span = zone_span_at(zone, local_s - OFFSET_MAX_S);

    // The local time at the end of a span is where the next one goes on, or leaps to.
    while (span.to_s != INT64_MAX && local_s - span.offset_s >= span.to_s)
        span = zone_span_at(zone, span.to_s);
    return span.from_s != INT64_MIN && local_s - span.offset_s < span.from_s
               ? span.from_s : local_s - span.offset_s;
}

bool zone_name_is_sound(struct slice name)
{
    bool begins = true; // a word

    if (name.len == 0 || name.len > ZONE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (begins ? !letter : !letter && !(c >= '0' && c <= '9') && !strchr("_+-/", c))
            return false;
        begins = c == '/';
    }
    return !begins;
}
