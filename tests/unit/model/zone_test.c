// SPDX-License-Identifier: MIT
// Zones: what a file says is what libc makes of the same file, from 1970 to 2100; local
// times that are there twice, or not at all; and bytes that are no zone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/calendar.h"
#include "unit/model/zone_bytes.h"

#define DIR "/usr/share/zoneinfo/"

static const char *const names[] = {
    "Europe/Berlin", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia",
    "Africa/Casablanca", "America/Santiago", "Asia/Kolkata", "Asia/Tehran", "Pacific/Chatham", "UTC",
};

static bool file_read(const char *name, struct buf *ret)
{
    char path[200], block[4096];
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), DIR "%s", name);
    file = fopen(path, "rb");
    if (!file)
        return false;
    while ((n = fread(block, 1, sizeof(block), file)) > 0)
        buf_add(ret, block, n);
    fclose(file);
    return true;
}

static void agrees(const char *name, const struct zone *zone)
{
    setenv("TZ", name, 1);
    tzset();
    for (int64_t t = 1; t < INT64_C(4102444800); t += 5 * 60 * 60 + 17) {
        struct zone_span span = zone_span_at(zone, t);
        time_t time = (time_t)t;
        struct tm tm;
        localtime_r(&time, &tm);
        if (span.offset_s != tm.tm_gmtoff || t < span.from_s || t >= span.to_s)
            fail_msg("%s at %lld: %d, libc says %ld", name, (long long)t, span.offset_s, tm.tm_gmtoff);
    }
    unsetenv("TZ");
    tzset();
}

static void files_mean_what_libc_makes_of_them(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct zone *zone;
        struct buf buf;
        buf_init(&buf, 0);
        if (file_read(names[i], &buf)) {
            assert_int_equal(zone_decode(&zone, buf_slice(&buf), NULL), 0);
            agrees(names[i], zone);
            zone_free(zone);
            seen++;
        }
        buf_release(&buf);
    }
    if (!seen)
        skip(); // no tzdata here
}

static void a_rule_alone_changes_clocks(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN), *york = zone_of(ZONE_NEW_YORK);

    (void)state;
    assert_int_equal(zone_span_at(berlin, utc("2026-03-29 01:00") - 1).offset_s, 3600);
    assert_int_equal(zone_span_at(berlin, utc("2026-03-29 01:00")).offset_s, 7200);
    assert_int_equal(zone_span_at(berlin, utc("2026-10-25 01:00") - 1).offset_s, 7200);
    assert_int_equal(zone_span_at(berlin, utc("2026-10-25 01:00")).offset_s, 3600);
    assert_int_equal(zone_span_at(berlin, utc("2026-07-01 00:00")).from_s, utc("2026-03-29 01:00"));
    assert_int_equal(zone_span_at(berlin, utc("2026-07-01 00:00")).to_s, utc("2026-10-25 01:00"));
    assert_int_equal(zone_span_at(york, utc("2026-03-08 07:00") - 1).offset_s, -5 * 3600);
    assert_int_equal(zone_span_at(york, utc("2026-03-08 07:00")).offset_s, -4 * 3600);
    assert_int_equal(zone_span_at(york, utc("2026-11-01 06:00")).offset_s, -5 * 3600);
    zone_free(berlin);
    zone_free(york);
}

// Local times are written as if they were UTC.
static void local_times_that_are_there_twice_or_not_at_all(void **state)
{
    struct zone *berlin = zone_of(ZONE_BERLIN);

    (void)state;
    assert_int_equal(zone_unix_of(berlin, utc("2026-03-29 01:59")), utc("2026-03-29 00:59"));
    assert_int_equal(zone_unix_of(berlin, utc("2026-03-29 02:30")), utc("2026-03-29 01:00"));
    assert_int_equal(zone_unix_of(berlin, utc("2026-03-29 03:00")), utc("2026-03-29 01:00"));
    assert_int_equal(zone_unix_of(berlin, utc("2026-10-25 02:30")), utc("2026-10-25 00:30"));
    assert_int_equal(zone_unix_of(berlin, utc("2026-10-25 03:00")), utc("2026-10-25 02:00"));
    assert_int_equal(zone_unix_of(NULL, 12345), 12345);
    zone_free(berlin);
}

static void expect_no_zone(struct slice bytes)
{
    struct zone *zone = NULL;

    assert_int_equal(zone_decode(&zone, bytes, NULL), ERR_CORRUPT);
}

static void what_is_no_zone_is_refused(void **state)
{
    struct buf buf, wrong;

    (void)state;
    buf_init(&buf, 0);
    buf_init(&wrong, 0);
    zone_bytes(&buf, ZONE_BERLIN, 3600);
    for (size_t len = 0; len + 1 < buf.len; len++)
        if (len != 44 + 10 + 44 + 10) // where the rule is missing altogether
            expect_no_zone(slice_of(buf.ptr, len));
    zone_bytes(&wrong, "CET-1CEST,M13.5.0,M10.5.0/3", 3600);
    expect_no_zone(buf_slice(&wrong));
    buf_release(&buf);
    buf_release(&wrong);
}

static void names_lead_nowhere_else(void **state)
{
    (void)state;
    assert_true(zone_name_is_sound(SLICE("Europe/Berlin")));
    assert_true(zone_name_is_sound(SLICE("America/Argentina/Buenos_Aires")));
    assert_true(zone_name_is_sound(SLICE("Etc/GMT+3")));
    assert_false(zone_name_is_sound(SLICE("")));
    assert_false(zone_name_is_sound(SLICE("/etc/passwd")));
    assert_false(zone_name_is_sound(SLICE("../../etc/passwd")));
    assert_false(zone_name_is_sound(SLICE("Europe/../Berlin")));
    assert_false(zone_name_is_sound(SLICE("Europe/")));
    assert_false(zone_name_is_sound(SLICE("Europe//Berlin")));
    assert_false(zone_name_is_sound(SLICE("Europe/Berlin\n")));
}

static void days_are_dates(void **state)
{
    (void)state;
    for (int64_t day = -800000; day < 800000; day += 13) {
        struct date date = date_of_days(day);
        time_t time = (time_t)(day * DAY_S);
        struct tm tm;
        gmtime_r(&time, &tm);
        assert_int_equal(days_of_date(date.year, date.month, date.day), day);
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(date.weekday, tm.tm_wday);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_mean_what_libc_makes_of_them),
        cmocka_unit_test(a_rule_alone_changes_clocks),
        cmocka_unit_test(local_times_that_are_there_twice_or_not_at_all),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(names_lead_nowhere_else),
        cmocka_unit_test(days_are_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
