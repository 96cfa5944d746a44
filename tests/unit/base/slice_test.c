// SPDX-License-Identifier: MIT
// Slices compare by their bytes alone: NULs count, and a NULL is as empty as "".
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void slices_are_made(void **state)
{
    static const char text[] = "text";

    (void)state;
    assert_int_equal(SLICE("").len, 0);
    assert_int_equal(SLICE("a\0b").len, 3); // the literal's own NUL is not in it
    assert_ptr_equal(slice_of(text + 1, 2).ptr, text + 1);
    assert_int_equal(slice_of(text + 1, 2).len, 2);
    assert_int_equal(slice_str(text).len, 4);
    assert_int_equal(slice_str(NULL).len, 0);
    assert_null(slice_str(NULL).ptr);
}

static void equality_is_of_bytes(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("ab"), slice_of("abc", 2)));
    assert_true(slice_equal(slice_of(NULL, 0), SLICE("")));
    assert_false(slice_equal(SLICE("ab"), SLICE("abc")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_true(slice_is(SLICE("word"), "word"));
    assert_false(slice_is(SLICE("word\0"), "word"));
    assert_true(slice_is(slice_of(NULL, 0), NULL));
}

// In ascending order: each is below all that follow it.
static void order_is_that_of_unsigned_bytes(void **state)
{
    const struct slice ordered[] = {
        slice_of(NULL, 0), SLICE("\0"), SLICE("\0\0"), SLICE("A"),    SLICE("a"),
        SLICE("a\0"),      SLICE("aa"), SLICE("b"),    SLICE("\x7f"), SLICE("\x80"),
    };
    const size_t count = sizeof(ordered) / sizeof(*ordered);

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int order = slice_compare(ordered[i], ordered[j]);
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("%zu and %zu: %d", i, j, order);
        }
}

static void a_slice_can_be_printed(void **state)
{
    char text[16];

    (void)state;
    snprintf(text, sizeof(text), "<%.*s>", SLICE_ARG(slice_of("abcdef", 3)));
    assert_string_equal(text, "<abc>");
}

static void a_cut_text_ends_with_a_whole_character(void **state)
{
    struct slice text = SLICE("ab\xc3\xa4\xe2\x82\xac");

    (void)state;
    assert_true(slice_is(slice_cut(text, 7), "ab\xc3\xa4\xe2\x82\xac"));
    assert_true(slice_is(slice_cut(text, 6), "ab\xc3\xa4"));
    assert_true(slice_is(slice_cut(text, 4), "ab\xc3\xa4"));
    assert_true(slice_is(slice_cut(text, 3), "ab"));
    assert_int_equal(slice_cut(text, 0).len, 0);
    assert_int_equal(slice_cut(SLICE("\x80\x80\x80"), 2).len, 0); // no text at all
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_made),
        cmocka_unit_test(equality_is_of_bytes),
        cmocka_unit_test(order_is_that_of_unsigned_bytes),
        cmocka_unit_test(a_slice_can_be_printed),
        cmocka_unit_test(a_cut_text_ends_with_a_whole_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
