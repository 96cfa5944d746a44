// SPDX-License-Identifier: MIT
// Both ways of reading a row agree, and the quick one gives up rather than guess.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cli/job_row.h"

#define ROW(name, parent, more)                                                           \
    "{\"id\":12,\"name\":\"" name "\",\"type\":\"local\",\"state\":\"Failed\",\"location\":" \
    "\"localhost\",\"command\":\"df -h / {}[],:\",\"has_more\":" more ",\"parent\":" parent ","  \
    "\"failed\":3,\"total\":40,\"failure\":\"unreached\"}"

static void both_readers_agree(void **state)
{
    static const char *const lines[] = {
        ROW("disks", "null", "true"), ROW("", "7", "false"), ROW("\xc3\xa9", "null", "true"),
        "{\"id\":1}", "{\"id\":123456789012345678,\"failure\":null,\"name\":\"x\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        json_t *json = json_loads(lines[i], 0, NULL);
        struct job_row quick, whole;
        assert_non_null(json);
        assert_true(job_row_of_line(slice_str(lines[i]), &quick));
        job_row_of_json(json, &whole);
        assert_true(quick.id == whole.id && quick.failed == whole.failed);
        assert_true(quick.total == whole.total && quick.has_more == whole.has_more);
        assert_int_equal(quick.is_child, whole.is_child);
        assert_true(slice_equal(quick.name, whole.name) && slice_equal(quick.type, whole.type));
        assert_true(slice_equal(quick.state, whole.state));
        assert_true(slice_equal(quick.location, whole.location));
        assert_true(slice_equal(quick.command, whole.command));
        assert_true(slice_equal(quick.failure, whole.failure));
        json_decref(json);
    }
}

static void the_rest_is_left_to_the_other(void **state)
{
    static const char *const lines[] = {
        "", "{", "{}", "[]", "{\"id\":12", "{\"id\":12}x", "{\"id\":-1}", "{\"id\":1.5}",
        "{\"id\":1,}", "{\"id\":1 }", "{\"id\":\"1\"}", "{\"id\":1,\"children\":[2]}",
        "{\"id\":1,\"meta\":{}}", "{\"id\":1,\"name\":\"a\\nb\"}", "{\"id\":1,\"name\":\"a",
        "{\"id\":1,\"name\":\"a\\\"b\"}", "{\"id\":1,\"has_more\":1}", "{\"id\":0}",
        "{\"id\":1234567890123456789}", "{\"error\":{\"code\":\"damaged\"}}", "{\"id\":1,\"x\":true}",
    };
    struct job_row row;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (job_row_of_line(slice_str(lines[i]), &row))
            fail_msg("%s was read", lines[i]);
}

static void a_line_that_is_cut_is_never_read(void **state)
{
    static const char line[] = ROW("disks", "null", "true");
    struct job_row row;

    (void)state;
    for (size_t n = 0; n < sizeof(line) - 1; n++)
        assert_false(job_row_of_line(slice_of(line, n), &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_readers_agree),
        cmocka_unit_test(the_rest_is_left_to_the_other),
        cmocka_unit_test(a_line_that_is_cut_is_never_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
