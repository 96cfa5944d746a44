// SPDX-License-Identifier: MIT
#include "model/zone_rule.h"

#include "model/calendar.h"

// ---- parsing
struct reader {
    const char *at, *end;
};

static char peek(const struct reader *r) { return r->at < r->end ? *r->at : 0; }

static bool take(struct reader *r, char c)
{
    if (peek(r) != c)
        return false;
    r->at++;
    return true;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "CET", or "<+03>".
static bool take_name(struct reader *r)
{
    const char *begun = r->at;

    if (take(r, '<')) {
        while (peek(r) && peek(r) != '>')
            r->at++;
        return take(r, '>');
    }
    while (is_letter(peek(r)))
        r->at++;
    return r->at - begun >= 3;
}

static bool take_number(struct reader *r, int max, int *ret)
{
    const char *begun = r->at;
    int n = 0;

    while (peek(r) >= '0' && peek(r) <= '9' && n <= max)
        n = n * 10 + (*r->at++ - '0');
    *ret = n;
    return r->at > begun && n <= max;
}

// "[+-]hh[:mm[:ss]]"
static bool take_time(struct reader *r, int32_t *ret)
{
    int hours, minutes = 0, seconds = 0;
    bool minus = take(r, '-');

    if (!minus)
        take(r, '+');
    if (!take_number(r, 167, &hours))
        return false;
    if (take(r, ':') && !take_number(r, 59, &minutes))
        return false;
    if (take(r, ':') && !take_number(r, 59, &seconds))
        return false;
    *ret = (hours * 60 + minutes) * 60 + seconds;
    if (minus)
        *ret = -*ret;
    return true;
}

static bool take_month_form(struct reader *r, struct rule_date *ret)
{
    return take_number(r, 12, &ret->month) && ret->month > 0 && take(r, '.') &&
           take_number(r, 5, &ret->week) && ret->week > 0 && take(r, '.') &&
           take_number(r, 6, &ret->day);
}

static bool take_date(struct reader *r, struct rule_date *ret)
{
    *ret = (struct rule_date){ .form = RULE_DAY, .time_s = 2 * 60 * 60 };
    if (take(r, 'M')) {
        ret->form = RULE_MONTH;
        if (!take_month_form(r, ret))
            return false;
    } else {
        if (take(r, 'J'))
            ret->form = RULE_JULIAN;
        if (!take_number(r, 365, &ret->day))
            return false;
    }
    return !take(r, '/') || take_time(r, &ret->time_s);
}

bool zone_rule_parse(struct slice text, struct zone_rule *ret)
{
    struct reader r = { (const char *)text.ptr, (const char *)text.ptr + text.len };

    *ret = (struct zone_rule){ 0 };
    if (text.len == 0 || !take_name(&r) || !take_time(&r, &ret->standard_s))
        return false;
    ret->standard_s = -ret->standard_s; // POSIX counts to the west
    if (!peek(&r))
        return true;
    ret->summer_s = -ret->standard_s - 60 * 60;
    if (!take_name(&r) || (peek(&r) != ',' && !take_time(&r, &ret->summer_s)))
        return false;
    ret->summer_s = -ret->summer_s;
    ret->has_summer = true;
    return take(&r, ',') && take_date(&r, &ret->begin) && take(&r, ',') &&
           take_date(&r, &ret->end) && !peek(&r);
}

// ---- a year of it
static int64_t day_of(const struct rule_date *date, int64_t year)
{
    int64_t first;
    int day;

    if (date->form == RULE_DAY)
        return days_of_date(year, 1, 1) + date->day;
    if (date->form == RULE_JULIAN)
        return days_of_date(year, 1, 1) + date->day - 1 +
               (date->day >= 60 && days_in_month(year, 2) == 29);
    first = days_of_date(year, date->month, 1);
    day = (date->day - date_of_days(first).weekday + 7) % 7 + 7 * (date->week - 1);
    while (day >= days_in_month(year, date->month))
        day -= 7;
    return first + day;
}

void zone_rule_year(const struct zone_rule *rule, int64_t year, int64_t *begin_s, int64_t *end_s)
{
    *begin_s = day_of(&rule->begin, year) * DAY_S + rule->begin.time_s - rule->standard_s;
    *end_s = day_of(&rule->end, year) * DAY_S + rule->end.time_s - rule->summer_s;
}
