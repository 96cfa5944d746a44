// SPDX-License-Identifier: MIT
#include "base/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void texts_are_sizes(void **state)
{
    static const struct { const char *text; int64_t bytes; } rows[] = {
        { "0", 0 }, { "1", 1 }, { "12B", 12 }, { "2K", 2048 }, { "2k", 2048 }, { "3kb", 3072 },
        { "500M", 500 << 20 }, { "2G", INT64_C(2) << 30 }, { "1.5GiB", INT64_C(3) << 29 },
        { "0.5K", 512 }, { "1.000000000001K", 1024 }, { "4T", INT64_C(4) << 40 },
        { "9223372036854775807", INT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t bytes = -7;
        assert_true(size_from_text(slice_str(rows[i].text), &bytes));
        assert_int_equal(bytes, rows[i].bytes);
    }
}

static void other_texts_are_none(void **state)
{
    static const char *const texts[] = { "", "-1", "+1", " 1", "1 ", "x", "1x", "1Kx", "1KBB", "1iB",
                                         "1.5", "1.5B", ".5K", "1.K", "1,5K", "1e3", "0x10",
                                         "9223372036854775808", "9007199254740993K",
                                         "8388608T", "none" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t bytes = -7;
        if (size_from_text(slice_str(texts[i]), &bytes))
            fail_msg("%s is taken as %lld", texts[i], (long long)bytes);
        assert_int_equal(bytes, -7);
    }
}

static void sizes_are_texts(void **state)
{
    static const struct { uint64_t bytes; const char *text; } rows[] = {
        { 0, "0 B" }, { 812, "812 B" }, { 1024, "1.0 KiB" }, { 1536, "1.5 KiB" },
        { 1048575, "1.0 MiB" }, { UINT64_C(12) << 30, "12.0 GiB" },
        { UINT64_C(4000) << 40, "4000.0 TiB" },
    };
    char text[SIZE_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(size_format(rows[i].bytes, text), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_sizes),
        cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(sizes_are_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
