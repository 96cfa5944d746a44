// SPDX-License-Identifier: MIT
// TZif files as tests need them: no transitions, all by the rule at their end.
#pragma once

#include <assert.h>
#include <time.h>

#include "base/buf.h"
#include "model/zone.h"

#define ZONE_BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define ZONE_NEW_YORK "EST5EDT,M3.2.0,M11.1.0"

static inline void zone_block(struct buf *buf, uint32_t offset_s)
{
    static const uint32_t counts[] = { 0, 0, 0, 0, 1, 4 };

    buf_add_str(buf, "TZif2");
    for (int i = 0; i < 15; i++)
        buf_add_byte(buf, 0);
    for (size_t i = 0; i < 6; i++)
        buf_add_u32be(buf, counts[i]);
    buf_add_u32be(buf, offset_s);
    buf_add(buf, "\0\0XXX", 6);
}

static inline void zone_bytes(struct buf *buf, const char *rule, int32_t offset_s)
{
    zone_block(buf, (uint32_t)offset_s);
    zone_block(buf, (uint32_t)offset_s);
    buf_addf(buf, "\n%s\n", rule);
}

static inline struct zone *zone_of(const char *rule)
{
    struct zone *zone = NULL;
    struct buf buf;
    int rc;

    buf_init(&buf, 0);
    zone_bytes(&buf, rule, 0);
    rc = zone_decode(&zone, buf_slice(&buf), NULL);
    assert(rc == 0);
    (void)rc;
    buf_release(&buf);
    return zone;
}

// "2026-03-29 01:30" in UTC, by libc.
static inline int64_t utc(const char *text)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

    assert(end && *end == 0);
    (void)end;
    return (int64_t)timegm(&tm);
}
