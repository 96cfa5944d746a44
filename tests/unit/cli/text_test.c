// SPDX-License-Identifier: MIT
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/text.h"

static void check_escape(struct slice text, enum escape escape, const char *expected)
{
    struct buf out;

    buf_init(&out, 0);
    text_escape(text, escape, &out);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

static void controls_are_shown(void **state)
{
    (void)state;
    check_escape(SLICE("plain \xc3\xa9\xe6\x97\xa5"), ESCAPE_ALL, "plain \xc3\xa9\xe6\x97\xa5");
    check_escape(SLICE("\033[31mred\a\177"), ESCAPE_ALL, "\\x1b[31mred\\x07\\x7f");
    check_escape(SLICE("a\n\tb\r"), ESCAPE_ALL, "a\\n\\tb\\x0d");
    check_escape(SLICE("a\n\tb\r"), ESCAPE_KEEP_LINES, "a\n\tb\\x0d");
    check_escape(SLICE("\xc2\x9b"), ESCAPE_ALL, "\\u{009b}");           // C1: CSI
    check_escape(SLICE("\xe2\x80\xae" "evil"), ESCAPE_ALL, "\\u{202e}evil"); // right-to-left
    check_escape(SLICE("\xe2\x81\xa6\xd8\x9c"), ESCAPE_ALL, "\\u{2066}\\u{061c}");
    check_escape(SLICE("\xff\xc0\x80\xed\xa0\x80"), ESCAPE_ALL, "\\xff\\xc0\\x80\\xed\\xa0\\x80");
    check_escape(SLICE("cut\xe6\x97"), ESCAPE_ALL, "cut\\xe6\\x97");
    check_escape(SLICE("a\nb\tc\r"), ESCAPE_INDENT, "a\n    b\tc\\x0d");
    check_escape(SLICE("nul\0in"), ESCAPE_ALL, "nul\\x00in");
}

static void json_stays_the_same_json(void **state)
{
    (void)state;
    check_escape(SLICE("{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xe2\x82\xac\\u001b\"}\n"), ESCAPE_JSON,
                 "{\"a\":\"\\u009b\\u007f\\u202e\xe2\x82\xac\\u001b\"}\n");
}

static void an_unfinished_sequence_is_counted(void **state)
{
    (void)state;
    assert_int_equal(text_unfinished(SLICE("")), 0);
    assert_int_equal(text_unfinished(SLICE("abc")), 0);
    assert_int_equal(text_unfinished(SLICE("ab\xc3")), 1);
    assert_int_equal(text_unfinished(SLICE("ab\xc3\xa9")), 0);
    assert_int_equal(text_unfinished(SLICE("\xe6\x97")), 2);
    assert_int_equal(text_unfinished(SLICE("\xf0\x9f\x98")), 3);
    assert_int_equal(text_unfinished(SLICE("\xf0\x9f\x98\x80")), 0);
    assert_int_equal(text_unfinished(SLICE("\x80\x80\x80\x80")), 0);
}

static void check_fit(struct slice text, size_t width, const char *expected)
{
    struct buf out;

    buf_init(&out, 0);
    text_fit(text, width, &out);
    assert_string_equal(buf_cstr(&out), expected);
    assert_true(text_width(buf_slice(&out)) <= width);
    buf_release(&out);
}

static void texts_are_fitted_by_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(SLICE("abc")), 3);
    assert_int_equal(text_width(SLICE("\xe6\x97\xa5\xe6\x9c\xac")), 4); // two wide characters
    assert_int_equal(text_width(SLICE("e\xcc\x81")), 1);                // a combining accent
    check_fit(SLICE("abcdef"), 6, "abcdef");
    check_fit(SLICE("abcdef"), 4, "abc\xe2\x80\xa6");
    check_fit(SLICE("\xe6\x97\xa5\xe6\x9c\xac"), 3, "\xe6\x97\xa5\xe2\x80\xa6");
    check_fit(SLICE("\xe6\x97\xa5\xe6\x9c\xac"), 2, "\xe2\x80\xa6");
    check_fit(SLICE("abc"), 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_are_shown),
        cmocka_unit_test(json_stays_the_same_json),
        cmocka_unit_test(an_unfinished_sequence_is_counted),
        cmocka_unit_test(texts_are_fitted_by_columns),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
