// SPDX-License-Identifier: MIT
// How: years are counted from March, so that the leap day is a year's last; eras of
// 400 years all have the same number of days.
#include "model/calendar.h"

#include <stdbool.h>

enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

static int64_t div_down(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t days_of_date(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = div_down(y, ERA_YEARS);
    int64_t of_era = y - era * ERA_YEARS;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

struct date date_of_days(int64_t days)
{
    int64_t z = days + EPOCH_DAYS;
    int64_t era = div_down(z, ERA_DAYS);
    int64_t of_era = z - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153; // months since March
    int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    int64_t weekday = (days + 4) % 7; // 1970-01-01 was a Thursday

    return (struct date){ .year = era * ERA_YEARS + year + (month <= 2),
                          .month = month,
                          .day = (int)(of_year - (153 * shifted + 2) / 5 + 1),
                          .weekday = (int)(weekday < 0 ? weekday + 7 : weekday) };
}

int days_in_month(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

int64_t days_of_seconds(int64_t seconds) { return div_down(seconds, DAY_S); }
