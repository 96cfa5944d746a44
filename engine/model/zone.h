// SPDX-License-Identifier: MIT
// A time zone: when its clocks differ by how much from UTC. Made of the bytes of a
// TZif file (RFC 9636), which whoever has files hands in: nothing is read here, and
// no global of libc is touched. Immutable; owner: whoever decoded it.
//
// A zone is a row of spans, in each of which the offset is the same. NULL is UTC.
#pragma once

#include "base/err.h"
#include "base/slice.h"

struct zone;

struct zone_span {
    int64_t from_s, to_s; // from_s <= t < to_s, in seconds since 1970 UTC; or INT64_MIN, INT64_MAX
    int32_t offset_s;     // local time = UTC + this
};

enum { ZONE_NAME_MAX = 64, ZONE_BYTES_MAX = 256 * 1024 };

// ERR_CORRUPT: no TZif, or one that ends early.
int zone_decode(struct zone **ret, struct slice tzif, struct err *err);
void zone_free(struct zone *zone);
// The span around a time.
struct zone_span zone_span_at(const struct zone *zone, int64_t unix_s);
// When the zone's clocks show a local time (seconds since 1970 as they show it): the
// first time, where they show it twice; where they leap over it, right behind the leap.
int64_t zone_unix_of(const struct zone *zone, int64_t local_s);
// May this name be looked up: words joined by slashes, nothing that leads elsewhere.
bool zone_name_is_sound(struct slice name);
