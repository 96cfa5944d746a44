// SPDX-License-Identifier: MIT
// The last words of a program: bounded, in one line, and fit for a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/words.h"

static const char *line_of(const char *said, size_t len, char text[WORDS_TEXT])
{
    struct words words = { 0 };

    words_add(&words, slice_of(said, len));
    return words_line(&words, text);
}

static void test_one_line(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "\n\n \r\n", "" },
        { "one\r\n", "one" },
        { "one\ntwo", "one; two" },
        { "one.\r\n\r\ntwo!\n three:\n\tfour\n", "one. two! three: four" },
        { "a \t b", "a b" },
        { "\033[2J\033]0;title\007x\177\n", "[2J ]0;title x" },
        { "h\xc3\xb6st \xc2\x9b" "31m", "h st 31m" },
        { "@@@@@@@@\n@  WARNING: changed!  @\n@@@@@@@@\nkey of root@web01 is", "WARNING: changed! key of root@web01 is" },
        { "@a b@ @ @@", "a b" },
    };
    char text[WORDS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(line_of(cases[i][0], strlen(cases[i][0]), text), cases[i][1]);
    assert_string_equal(line_of("a\0b", 3, text), "a b");
}

static void test_only_the_newest_is_kept(void **state)
{
    struct words words = { 0 };
    char text[WORDS_TEXT], said[64];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(said, sizeof(said), "line %d\n", i);
        words_add(&words, slice_str(said));
    }
    words_line(&words, text);
    assert_memory_equal(text, "line ", 5); // it begins with a whole line
    assert_non_null(strstr(text, "; line 998; line 999"));
    assert_true(strlen(text) > WORDS_MAX - 16);
    words_clear(&words);
    assert_string_equal(words_line(&words, text), "");
}

// The worst that can grow, and one piece that is larger than all that is kept.
static void test_it_never_runs_over(void **state)
{
    char said[3 * WORDS_MAX], text[WORDS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(said); i++)
        said[i] = i % 2 ? '\n' : 'x';
    line_of(said, sizeof(said), text);
    assert_in_range(strlen(text), WORDS_MAX, WORDS_TEXT - 1);
    memset(said, 'y', sizeof(said));
    assert_int_equal(strlen(line_of(said, sizeof(said), text)), WORDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_only_the_newest_is_kept),
        cmocka_unit_test(test_it_never_runs_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
