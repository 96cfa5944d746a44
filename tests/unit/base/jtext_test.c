// SPDX-License-Identifier: MIT
// Random texts go out as JSON, which jansson reads as the same, and come back; what is not
// of our making is refused, and what is no UTF-8 is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/jtext.h"
#include "unit/base/random.h"

enum { ROUNDS = 20000, PIECES = 40 };

static void random_text(uint64_t *seed, struct buf *text)
{
    static const char *const pieces[] = {
        "plain words, some of them ", "\n", "\"", "\\", "\t\r", "\x01\x1f", "\x7f", "/", "\xc3\xa9",
        "\xe2\x82\xac", "\xf0\x9f\x98\x80", "0123456", "\\u0041",
    };
    size_t n = random_next(seed) % PIECES;

    buf_clear(text);
    for (size_t i = 0; i < n; i++) {
        size_t which = random_next(seed) % (sizeof(pieces) / sizeof(pieces[0]) + 1);
        if (which < sizeof(pieces) / sizeof(pieces[0]))
            buf_add_str(text, pieces[which]);
        else
            buf_add_byte(text, 0);
    }
}

static void what_is_quoted_is_what_jansson_reads_and_comes_back(void **state)
{
    struct buf text, quoted, back;
    uint64_t seed = 7;

    (void)state;
    buf_init(&text, 0);
    buf_init(&quoted, 0);
    buf_init(&back, 0);
    for (int i = 0; i < ROUNDS; i++) {
        random_text(&seed, &text);
        assert_true(jtext_is_utf8(buf_slice(&text)));
        buf_clear(&quoted);
        jtext_quote(buf_slice(&text), &quoted);
        json_t *json = json_loadb((const char *)quoted.ptr, quoted.len,
                                  JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_true(slice_equal(slice_of(json_string_value(json), json_string_length(json)),
                                buf_slice(&text)));
        json_decref(json);
        buf_add_str(&quoted, "} and more");
        buf_clear(&back);
        assert_int_equal(jtext_unquote(buf_slice(&quoted), &back), quoted.len - 10);
        assert_true(slice_equal(buf_slice(&back), buf_slice(&text)));
    }
    buf_release(&text);
    buf_release(&quoted);
    buf_release(&back);
}

static void what_is_not_of_our_making_is_refused(void **state)
{
    static const char *const wrong[] = {
        "\"", "\"no end", "\"line\nend\"", "\"\\", "\"\\u", "\"\\u0", "\"\\u00\"", "\"\\u0100\"",
        "\"\\u00e9\"", "\"\\/\"", "\"\\u000g\"", "\"\\x\"",
    };
    struct buf out;

    (void)state;
    buf_init(&out, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(jtext_unquote(slice_str(wrong[i]), &out), 0);
    buf_release(&out);
}

static void bytes_that_are_no_text_are_known(void **state)
{
    static const char *const wrong[] = {
        "\x80", "12345678\xff", "1234567\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "12345678\xe2\x82",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(jtext_is_utf8(slice_str(wrong[i])));
    assert_true(jtext_is_utf8(slice_str("")));
    assert_true(jtext_is_utf8(slice_str("1234567\xc3\xa9 12345678")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_quoted_is_what_jansson_reads_and_comes_back),
        cmocka_unit_test(what_is_not_of_our_making_is_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
