// SPDX-License-Identifier: MIT
// Durations: what people write is read to the millisecond, what is none is refused and
// leaves the value alone, and numbers mean what the same text means.
#include "base/duration.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t HUNDRED_YEARS_MS = INT64_C(3153600000000);

static void texts_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        { "0", 0 }, { "90", 90000 }, { "1.5", 1500 }, { "250ms", 250 }, { "10s", 10000 },
        { "1.25s", 1250 }, { "5m", 300000 }, { "2h", 7200000 }, { "1d", 86400000 },
        { "1h30m", 5400000 }, { "1m0.5s", 60500 }, { "1d2h3m4s5ms", 93784005 },
        { ".5s", 500 }, { "2.s", 2000 }, { "1.5d", 129600000 }, { "0.000001d", 86 },
        { "0.5m0.5s", 30500 }, { "000000000000000000000000000007s", 7000 },
        { "0.1234567891234567891234567s", 123 }, { "36500d", 3153600000000 },
        // Rounded to the nearest, but what was asked for is never none.
        { "0.0004s", 1 }, { "0.4ms", 1 }, { "1.4ms", 1 }, { "1.5ms", 2 }, { "0.0s", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t ms = -1;
        if (!duration_from_text(slice_str(good[i].text), &ms) || ms != good[i].ms)
            fail_msg("%s: %" PRId64, good[i].text, ms);
    }
}

static void other_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "", ".", ".s", "s", "-1", "+1", "1x", "1h30", "30 ", " 30", "1 s", "1.2.3s", "1hour",
        "ten", "1h 30m", "1S", "0x10", "1e3", "inf", "nan", "1s1s", "1m1h", "1ms1s", "1,5s",
        "36501d", "36500d1ms", "36500d0.5ms", "99999999999999999999", "9223372036854775807d",
        "18446744073709551616ms", "150000000000d", // the last would be negative in 64 bits
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ms = -1;
        if (duration_from_text(slice_str(bad[i]), &ms))
            fail_msg("%s: %" PRId64, bad[i], ms);
        assert_int_equal(ms, -1);
    }
    assert_false(duration_from_text(SLICE("1s\0"), &(int64_t){ 0 }));
}

static void a_text_ends_where_its_slice_ends(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(duration_from_text(slice_of("15ms", 2), &ms));
    assert_int_equal(ms, 15000);
    assert_true(duration_from_text(slice_of("15ms", 3), &ms));
    assert_int_equal(ms, 900000);
}

static void numbers_are_seconds(void **state)
{
    static const double bad[] = { -0.001, -1, INFINITY, -INFINITY, NAN, 36500.0 * 86400 + 1 };
    int64_t ms;

    (void)state;
    assert_true(duration_from_seconds(0, &ms));
    assert_int_equal(ms, 0);
    assert_true(duration_from_seconds(1.25, &ms));
    assert_int_equal(ms, 1250);
    assert_true(duration_from_seconds(1e-9, &ms));
    assert_int_equal(ms, 1);
    assert_true(duration_from_seconds(36500.0 * 86400, &ms));
    assert_true(ms == HUNDRED_YEARS_MS);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ms = -1;
        assert_false(duration_from_seconds(bad[i], &ms));
        assert_int_equal(ms, -1);
    }
}

// Any number of milliseconds, written by its units, is read back as it was.
static void every_millisecond_can_be_written(void **state)
{
    char text[96];

    (void)state;
    for (int64_t ms = 0; ms < HUNDRED_YEARS_MS; ms = ms * 3 + 7) {
        int64_t by_units, by_seconds;
        snprintf(text, sizeof(text), "%" PRId64 "d%" PRId64 "h%" PRId64 "m%" PRId64 "s%" PRId64
                 "ms", ms / 86400000, ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60,
                 ms % 1000);
        assert_true(duration_from_text(slice_str(text), &by_units));
        snprintf(text, sizeof(text), "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
        assert_true(duration_from_text(slice_str(text), &by_seconds));
        assert_true(by_units == ms && by_seconds == ms);
    }
}

static void durations_are_shown(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { 0, "0ms" }, { 999, "999ms" }, { 1000, "1.0s" }, { 12345, "12.3s" }, { 59999, "59.9s" },
        { 60000, "1m00s" }, { 245000, "4m05s" }, { 3600000, "1h00m" }, { 11220000, "3h07m" },
        { 86400000, "1d00h" }, { 183600000, "2d03h" }, { 3153600000000, "36500d00h" },
    };
    char text[DURATION_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(duration_format(cases[i].ms, text), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(a_text_ends_where_its_slice_ends),
        cmocka_unit_test(numbers_are_seconds),
        cmocka_unit_test(every_millisecond_can_be_written),
        cmocka_unit_test(durations_are_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
