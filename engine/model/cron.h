// SPDX-License-Identifier: MIT
// Cron texts: "30 2 * * mon-fri", and when they are due. Pure: the zone is handed in,
// and a time is asked about, never read.
//
// Days are taken as cron takes them: where both the day of the month and the weekday are
// given, one of them is enough; where one begins with "*", both must hold. When clocks
// are changed: a text whose minute and hour are fixed (neither begins with "*") is due
// once for each local time, the first one where clocks are set back, right behind the
// leap where they are set forward; all others go by real time.
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "model/zone.h"

enum { CRON_TEXT_MAX = 255 };

struct cron {
    uint64_t minutes;   // a bit for each of 0 to 59
    uint32_t hours;     // 0 to 23
    uint32_t days;      // 1 to 31
    uint16_t months;    // 1 to 12
    uint8_t weekdays;   // 0 to 6
    bool either_day;    // neither day field begins with "*": one of them is enough
    bool fixed;         // neither minute nor hour begins with "*"
};

// ERR_USAGE names the field, the value and what is allowed. A day that no year has (30
// February) is refused.
int cron_parse(struct slice text, struct cron *ret, struct err *err);
// The first time later than after_s; always a whole minute of the zone's clocks, but for
// times right behind a leap. False: none within the next fifty years. Its work is
// bounded by days, not by minutes.
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_s, int64_t *ret_s);
