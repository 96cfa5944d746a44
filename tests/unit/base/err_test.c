// SPDX-License-Identifier: MIT
// An error keeps its code through every wrapping, fits its fixed size whatever it is
// given, and always has words.
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_failure_is_one_statement(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(err_set(&err, -ENOENT, "job %s: no such job", "7"), -ENOENT);
    assert_int_equal(err.code, -ENOENT);
    assert_string_equal(err_text(&err), "job 7: no such job");
    assert_int_equal(err_set(&err, ERR_STATE, "second"), ERR_STATE);
    assert_string_equal(err_text(&err), "second");
}

static void nobody_need_listen(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, -EIO, "unheard %d", 1), -EIO);
    assert_true(err_wrap(NULL, "unheard") < 0);
}

static void a_long_text_is_cut_at_its_end(void **state)
{
    struct {
        struct err err;
        char guard;
    } it = { .guard = 'g' };
    char text[2 * ERR_TEXT_MAX];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[0] = '!';
    text[sizeof(text) - 1] = 0;
    assert_int_equal(err_set(&it.err, -EIO, "%s", text), -EIO);
    assert_int_equal(strlen(it.err.text), ERR_TEXT_MAX - 1);
    assert_memory_equal(it.err.text, text, ERR_TEXT_MAX - 1);
    assert_int_equal(it.guard, 'g');
}

static void contexts_come_in_front(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, ERR_CORRUPT, "bad checksum");
    assert_int_equal(err_wrap(&err, "row %d", 7), ERR_CORRUPT);
    assert_int_equal(err_wrap(&err, "store %s", "/home"), ERR_CORRUPT);
    assert_string_equal(err_text(&err), "store /home: row 7: bad checksum");
}

static void a_context_never_hides_the_cause(void **state)
{
    char context[2 * ERR_TEXT_MAX];
    struct err err;

    (void)state;
    memset(context, 'c', sizeof(context) - 1);
    context[sizeof(context) - 1] = 0;
    err_set(&err, -EIO, "the disk at /dev/sdb is gone");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(err_wrap(&err, "%s", i ? "ctx" : context), -EIO);
        assert_true(strlen(err.text) < ERR_TEXT_MAX);
        assert_non_null(strstr(err.text, ": the disk at /dev/sdb is gone"));
    }
}

static void a_wrapped_text_is_cut_only_where_the_line_ends(void **state)
{
    char text[401];
    struct err err;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    err_set(&err, -EIO, "%s", text);
    err_wrap(&err, "job 7");
    assert_int_equal(strlen(err.text), sizeof(text) - 1 + strlen("job 7: "));
    err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    assert_non_null(strstr(err.text, "xx: job 7: xx"));
}

static void without_a_text_the_code_speaks(void **state)
{
    struct err err = { .code = ERR_CORRUPT };

    (void)state;
    assert_string_equal(err_text(&err), "damaged data");
    assert_int_equal(err_wrap(&err, "row %d", 3), ERR_CORRUPT);
    assert_string_equal(err_text(&err), "row 3: damaged data");
}

static void every_code_has_its_own_words(void **state)
{
    (void)state;
    for (int a = ERR_VERSION; a <= ERR_CORRUPT; a++) {
        assert_string_not_equal(err_name(a), "unknown error");
        for (int b = a + 1; b <= ERR_CORRUPT; b++)
            assert_string_not_equal(err_name(a), err_name(b));
    }
    assert_string_equal(err_name(-ENOENT), strerror(ENOENT));
    assert_string_equal(err_name(0), "no error");
    assert_string_equal(err_name(ENOENT), "unknown error"); // codes are negative
    assert_string_equal(err_name(ERR_VERSION - 1), "unknown error");
    assert_string_equal(err_name(INT32_MIN), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_one_statement),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(a_long_text_is_cut_at_its_end),
        cmocka_unit_test(contexts_come_in_front),
        cmocka_unit_test(a_context_never_hides_the_cause),
        cmocka_unit_test(a_wrapped_text_is_cut_only_where_the_line_ends),
        cmocka_unit_test(without_a_text_the_code_speaks),
        cmocka_unit_test(every_code_has_its_own_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
