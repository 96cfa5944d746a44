// SPDX-License-Identifier: MIT
// Cron texts: next times against a table made by hand, changes of clocks in two zones,
// texts that are refused and in which words, and the work that a search may take.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "model/calendar.h"
#include "model/cron.h"
#include "unit/model/zone_bytes.h"

static struct cron parsed(const char *text)
{
    struct cron cron;
    struct err err = { 0 };

    if (cron_parse(slice_str(text), &cron, &err) < 0)
        fail_msg("%s: %s", text, err_text(&err));
    return cron;
}

static void expect_next(const char *text, const struct zone *zone, const char *after,
                        const char *wanted)
{
    struct cron cron = parsed(text);
    int64_t next = 0;

    if (!cron_next(&cron, zone, utc(after), &next) || next != utc(wanted)) {
        time_t t = (time_t)next;
        char got[32];
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(got, sizeof(got), "%Y-%m-%d %H:%M:%S", &tm);
        fail_msg("%s after %s: got %s, wanted %s", text, after, got, wanted);
    }
}

struct row {
    const char *text, *after, *wanted;
};

// 2026-01-01 was a Thursday.
static const struct row rows[] = {
    { "* * * * *", "2026-01-01 00:00", "2026-01-01 00:01" },
    { "0 * * * *", "2026-01-01 00:00", "2026-01-01 01:00" },
    { "@hourly", "2026-01-01 23:30", "2026-01-02 00:00" },
    { "*/15 * * * *", "2026-01-01 00:45", "2026-01-01 01:00" },
    { "7-59/20 * * * *", "2026-01-01 00:27", "2026-01-01 00:47" },
    { "30 2 * * *", "2026-01-01 02:30", "2026-01-02 02:30" },
    { "30 2 * * *", "2026-01-01 02:29", "2026-01-01 02:30" },
    { "@daily", "2026-12-31 12:00", "2027-01-01 00:00" },
    { "@midnight", "2026-12-31 12:00", "2027-01-01 00:00" },
    { "@weekly", "2026-01-01 00:00", "2026-01-04 00:00" },
    { "@monthly", "2026-01-01 00:00", "2026-02-01 00:00" },
    { "@yearly", "2026-01-01 00:00", "2027-01-01 00:00" },
    { "@annually", "2025-12-31 00:00", "2026-01-01 00:00" },
    { "0 9-17/2 * * mon-fri", "2026-01-02 17:00", "2026-01-05 09:00" },
    { "0 0 * * 7", "2026-01-01 00:00", "2026-01-04 00:00" },
    { "0 0 * * 5-7", "2026-01-03 00:00", "2026-01-04 00:00" },
    { "0 0 * * SUN", "2026-01-01 00:00", "2026-01-04 00:00" },
    { "0 12 1 jan,JUL *", "2026-01-01 12:00", "2026-07-01 12:00" },
    // the 31st: seven months a year
    { "0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00" },
    { "0 0 31 * *", "2026-08-31 00:00", "2026-10-31 00:00" },
    // leap days; 2100 has none
    { "0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00" },
    { "0 0 29 2 *", "2028-02-29 00:00", "2032-02-29 00:00" },
    { "0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00" },
    { "0 0 28 2 *", "2028-02-28 00:00", "2029-02-28 00:00" },
    // both days given: one is enough
    { "0 0 13 * fri", "2026-01-01 00:00", "2026-01-02 00:00" },
    { "0 0 13 * fri", "2026-01-09 00:00", "2026-01-13 00:00" },
    { "0 0 31 2 fri", "2026-02-01 00:00", "2026-02-06 00:00" },
    // one begins with a star: both must hold
    { "0 0 */2 * sun", "2026-01-01 00:00", "2026-01-11 00:00" },
    { "0 0 1 * */2", "2026-01-01 00:00", "2026-02-01 00:00" },
    { "0 0 29 2 */6", "2026-01-01 00:00", "2032-02-29 00:00" },
    { " 5\t4 * * * ", "2026-01-01 04:05", "2026-01-02 04:05" },
};

static void next_times_are_those_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_next(rows[i].text, NULL, rows[i].after, rows[i].wanted);
}

// Berlin: 2026-03-29 02:00 becomes 03:00 (01:00 UTC); 2026-10-25 03:00 becomes 02:00 (01:00 UTC).
static void a_fixed_time_runs_once_when_clocks_are_changed(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN), *york = zone_of(ZONE_NEW_YORK);

    (void)state;
    expect_next("30 2 * * *", berlin, "2026-03-28 01:30", "2026-03-29 01:00"); // right behind the leap
    expect_next("30 2 * * *", berlin, "2026-03-29 01:00", "2026-03-30 00:30");
    expect_next("0,30 2 * * *", berlin, "2026-03-28 01:30", "2026-03-29 01:00"); // both are one
    expect_next("0,30 2 * * *", berlin, "2026-03-29 01:00", "2026-03-30 00:00");
    expect_next("30 1 * * *", berlin, "2026-03-28 00:30", "2026-03-29 00:30");
    expect_next("0 3 * * *", berlin, "2026-03-28 02:00", "2026-03-29 01:00");
    expect_next("30 2 * * *", berlin, "2026-10-24 00:30", "2026-10-25 00:30"); // the first of two
    expect_next("30 2 * * *", berlin, "2026-10-25 00:30", "2026-10-26 01:30");
    expect_next("30 2 * * *", berlin, "2026-10-25 01:10", "2026-10-26 01:30"); // between the two
    expect_next("30 3 * * *", berlin, "2026-10-25 00:30", "2026-10-25 02:30");
    // New York: 2026-03-08 02:00 becomes 03:00 (07:00 UTC); 2026-11-01 02:00 becomes 01:00 (06:00 UTC).
    expect_next("15 2 * * *", york, "2026-03-07 07:15", "2026-03-08 07:00");
    expect_next("15 2 * * *", york, "2026-03-08 07:00", "2026-03-09 06:15");
    expect_next("30 1 * * *", york, "2026-10-31 05:30", "2026-11-01 05:30");
    expect_next("30 1 * * *", york, "2026-11-01 05:30", "2026-11-02 06:30");
    zone_free(berlin);
    zone_free(york);
}

static void what_begins_with_a_star_goes_by_real_time(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN), *york = zone_of(ZONE_NEW_YORK);

    (void)state;
    expect_next("0 * * * *", berlin, "2026-03-29 00:00", "2026-03-29 01:00");
    expect_next("0 * * * *", berlin, "2026-03-29 01:00", "2026-03-29 02:00");
    expect_next("30 * * * *", berlin, "2026-10-25 00:30", "2026-10-25 01:30"); // 02:30 again
    expect_next("30 * * * *", berlin, "2026-10-25 01:30", "2026-10-25 02:30");
    expect_next("*/30 2 * * *", berlin, "2026-03-28 01:30", "2026-03-30 00:00"); // not at all that day
    expect_next("*/30 2 * * *", berlin, "2026-10-25 00:30", "2026-10-25 01:00"); // four times
    expect_next("0 */2 * * *", york, "2026-03-08 05:00", "2026-03-08 08:00"); // 02:00 is leapt over
    expect_next("*/20 * * * *", york, "2026-11-01 05:40", "2026-11-01 06:00");
    zone_free(berlin);
    zone_free(york);
}

struct wrong {
    const char *text, *words;
};

static const struct wrong wrongs[] = {
    { "", "five fields" },
    { "* * * *", "five fields" },
    { "* * * * * *", "five fields" },
    { "60 * * * *", "minute \"60\": it is out of range; allowed are 0 to 59" },
    { "* 24 * * *", "hour \"24\"" },
    { "* * 0 * *", "day of the month \"0\"" },
    { "* * 32 * *", "allowed are 1 to 31" },
    { "* * * 13 *", "month \"13\"" },
    { "* * * foo *", "jan to dec" },
    { "* * * * 8", "weekday \"8\"" },
    { "* * * * wed-mon", "ends before it begins" },
    { "5-1 * * * *", "ends before it begins" },
    { "*/0 * * * *", "a step is a number from 1" },
    { "*/x * * * *", "a step" },
    { "5/10 * * * *", "a step needs a range" },
    { "1,,2 * * * *", "not understood" },
    { ", * * * *", "not understood" },
    { "-5 * * * *", "not understood" },
    { "1- * * * *", "not understood" },
    { "@often", "@hourly, @daily" },
    { "@reboot", "--at-boot" },
    { "@daily x", "is not known" },
    { "0 0 30 2 *", "never due" },
    { "0 0 31 2,4,6,9,11 *", "never due" },
    { "0 0 30 feb */2", "never due" },
};

static void wrong_texts_are_refused_with_field_value_and_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct cron cron;
        struct err err = { 0 };
        if (cron_parse(slice_str(wrongs[i].text), &cron, &err) != ERR_USAGE)
            fail_msg("\"%s\" is taken", wrongs[i].text);
        if (!strstr(err_text(&err), wrongs[i].words))
            fail_msg("\"%s\": %s", wrongs[i].text, err_text(&err));
    }
}

static bool takes(const struct cron *cron, int64_t local_s)
{
    struct date date = date_of_days(days_of_seconds(local_s));
    int64_t minute = (local_s - days_of_seconds(local_s) * DAY_S) / 60;
    bool day = cron->days >> date.day & 1, weekday = cron->weekdays >> date.weekday & 1;

    return cron->minutes >> minute % 60 & 1 && cron->hours >> minute / 60 & 1 &&
           cron->months >> date.month & 1 && (cron->either_day ? day || weekday : day && weekday);
}

static uint32_t chance_state = 12345;

static uint32_t chance(uint32_t below)
{
    chance_state = chance_state * 1664525 + 1013904223;
    return (chance_state >> 8) % below;
}

// "*", "*/n", "a", "a-b", or "a,b".
static void random_field(struct buf *text, uint32_t low, uint32_t high)
{
    uint32_t a = low + chance(high - low + 1), b = low + chance(high - low + 1);

    switch (chance(5)) {
    case 0: buf_add_str(text, "* "); break;
    case 1: buf_addf(text, "*/%u ", 1 + chance(high)); break;
    case 2: buf_addf(text, "%u ", a); break;
    case 3: buf_addf(text, "%u-%u ", a < b ? a : b, a < b ? b : a); break;
    default: buf_addf(text, "%u,%u ", a, b); break;
    }
}

static struct cron random_cron(void)
{
    static const uint32_t bounds[5][2] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
    struct cron cron;
    struct buf text;
    int rc;

    do {
        buf_init(&text, 0);
        for (size_t i = 0; i < 5; i++)
            random_field(&text, bounds[i][0], bounds[i][1]);
        rc = cron_parse(buf_slice(&text), &cron, NULL);
        buf_release(&text);
    } while (rc < 0);
    return cron;
}

// The next one is later, matches, and nothing in between does: minute by minute.
static void every_next_time_is_the_first_that_matches(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN);

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct cron cron = random_cron();
        int64_t after = utc("2026-03-27 00:00") + chance(60) + (int64_t)chance(2) * 210 * DAY_S, next = 0;
        cron.fixed = false; // those that go by real time have no exceptions
        assert_true(cron_next(&cron, berlin, after, &next));
        assert_true(next > after);
        assert_true(takes(&cron, next + zone_span_at(berlin, next).offset_s));
        for (int64_t t = after / 60 * 60 + 60; t < next && t < after + 4 * DAY_S; t += 60)
            assert_false(takes(&cron, t + zone_span_at(berlin, t).offset_s));
    }
    zone_free(berlin);
}

// Fixed times: later, and in UTC the same as the others.
static void fixed_times_always_go_forward(void **state)
{
    struct zone *york = zone_of(ZONE_NEW_YORK);

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct cron cron = random_cron(), other;
        int64_t after = utc("2026-10-30 00:00") + chance(3 * DAY_S), next = 0, plain = 0;
        cron.fixed = true;
        other = cron;
        other.fixed = false;
        assert_true(cron_next(&cron, york, after, &next));
        assert_true(next > after);
        assert_true(cron_next(&cron, NULL, after, &next));
        assert_true(cron_next(&other, NULL, after, &plain));
        assert_int_equal(next, plain);
    }
    zone_free(york);
}

// A search that finds nothing for decades looks at days, not at minutes: a thousand of
// them take no time to speak of, where minutes would take half an hour.
static void the_work_is_bounded(void **state)
{
    struct cron cron = parsed("0 0 29 2 */7"); // 29 February, a Sunday: once in 28 years
    int64_t next = 0, begun = (int64_t)clock();

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(cron_next(&cron, NULL, utc("2032-03-01 00:00") + i, &next));
    assert_int_equal(next, utc("2060-02-29 00:00"));
    assert_true(((int64_t)clock() - begun) / CLOCKS_PER_SEC < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_times_are_those_of_the_table),
        cmocka_unit_test(a_fixed_time_runs_once_when_clocks_are_changed),
        cmocka_unit_test(what_begins_with_a_star_goes_by_real_time),
        cmocka_unit_test(wrong_texts_are_refused_with_field_value_and_what_is_allowed),
        cmocka_unit_test(every_next_time_is_the_first_that_matches),
        cmocka_unit_test(fixed_times_always_go_forward),
        cmocka_unit_test(the_work_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
