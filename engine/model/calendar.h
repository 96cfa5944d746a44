// SPDX-License-Identifier: MIT
// Dates as numbers of days since 1970-01-01 in the Gregorian calendar, in both
// directions and without a table. Plain values; nothing here knows a time zone.
#pragma once

#include <stdint.h>

enum { DAY_S = 24 * 60 * 60 };

struct date {
    int64_t year;
    int month;   // 1 to 12
    int day;     // 1 to 31
    int weekday; // 0 is Sunday
};

int64_t days_of_date(int64_t year, int month, int day);
struct date date_of_days(int64_t days);
int days_in_month(int64_t year, int month);
// Rounded down, for negative times, too.
int64_t days_of_seconds(int64_t seconds);
