// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/duration.h"

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        long long ms;
    } good[] = {
        { "0", 0 }, { "90", 90000 }, { "1.5", 1500 }, { "250ms", 250 }, { "10s", 10000 },
        { "1.25s", 1250 }, { "5m", 300000 }, { "2h", 7200000 }, { "1d", 86400000 },
        { "1h30m", 5400000 }, { "1m0.5s", 60500 }, { "36500d", 3153600000000 },
    };
    static const char *const bad[] = { "", "s", "-1", "1x", "1h30", "1 s", "1.s.", "36501d",
                                       "99999999999999999999", "1hour", "ten", "1h 30m" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        long long ms = -1;
        if (duration_parse(good[i].text, &ms) < 0 || ms != good[i].ms)
            fail_msg("%s: %lld", good[i].text, ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        long long ms = -1;
        if (duration_parse(bad[i], &ms) != -EINVAL)
            fail_msg("%s: %lld", bad[i], ms);
        assert_int_equal(ms, -1);
    }
}

static void durations_are_shown(void **state)
{
    char text[DURATION_TEXT];

    (void)state;
    assert_string_equal(duration_format(0, text), "0ms");
    assert_string_equal(duration_format(999, text), "999ms");
    assert_string_equal(duration_format(12345, text), "12.3s");
    assert_string_equal(duration_format(245000, text), "4m05s");
    assert_string_equal(duration_format(11220000, text), "3h07m");
    assert_string_equal(duration_format(183600000, text), "2d03h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(durations_are_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
