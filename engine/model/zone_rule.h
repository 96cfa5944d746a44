// SPDX-License-Identifier: MIT
// The rule behind the last transition of a TZif file, as POSIX writes it in TZ:
// "CET-1CEST,M3.5.0,M10.5.0/3". Private to the zone.
#pragma once

#include "base/slice.h"

enum rule_form { RULE_MONTH /* Mm.w.d */, RULE_JULIAN /* Jn: no leap day */, RULE_DAY /* n from 0 */ };

struct rule_date {
    enum rule_form form;
    int month, week, day; // week 5: the last one
    int32_t time_s;       // local time of that day; may be negative or beyond a day
};

struct zone_rule {
    bool has_summer;
    int32_t standard_s, summer_s; // offsets from UTC
    struct rule_date begin, end;  // of summer
};

// False: not such a text.
bool zone_rule_parse(struct slice text, struct zone_rule *ret);
// When summer begins and ends in that year, in UTC.
void zone_rule_year(const struct zone_rule *rule, int64_t year, int64_t *begin_s, int64_t *end_s);
