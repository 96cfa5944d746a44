// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/call.h"
#include "cli/select.h"

static void selectors_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(selector_kind_of("12"), SELECTOR_ID);
    assert_int_equal(selector_kind_of("12:web01"), SELECTOR_ID);
    assert_int_equal(selector_kind_of("00112233-4455-4677-8899-aabbccddeeff"), SELECTOR_ID);
    assert_int_equal(selector_kind_of("-"), SELECTOR_INPUT);
    assert_int_equal(selector_kind_of("web*"), SELECTOR_GLOB);
    assert_int_equal(selector_kind_of("web[12]"), SELECTOR_GLOB);
    assert_int_equal(selector_kind_of("12:"), SELECTOR_NAME);
    assert_int_equal(selector_kind_of("12th"), SELECTOR_NAME);
    assert_int_equal(selector_kind_of("disks"), SELECTOR_NAME);
}

static void filters_become_a_query(void **state)
{
    static const struct option_spec specs[] = { OPTIONS_SELECT, OPTIONS_COMMON };
    char state_option[] = "--state=Failed", meta[] = "--meta", pair[] = "team=a b&c";
    char *argv[] = { state_option, meta, pair, NULL };
    struct options options;
    struct err err;
    struct buf query;

    (void)state;
    buf_init(&query, 0);
    assert_int_equal(options_parse(&options, specs, 3, argv, &err), 0);
    select_filters(&options, &query);
    assert_string_equal(buf_cstr(&query), "&state=Failed&meta=team%3Da%20b%26c");
    options_release(&options);
    buf_release(&query);
}

static void paths_are_encoded(void **state)
{
    struct buf path;

    (void)state;
    buf_init(&path, 0);
    path_add(&path, "a/b?c#d%\xc3\xa9~12:web-01.x_y");
    assert_string_equal(buf_cstr(&path), "a%2Fb%3Fc%23d%25%C3%A9~12:web-01.x_y");
    buf_release(&path);
}

static void refusals_become_exit_codes(void **state)
{
    static const struct {
        const char *line;
        int exit_code;
    } cases[] = {
        { "{\"error\":{\"code\":\"no_such_job\",\"message\":\"m\"}}", EXIT_NO_JOB },
        { "{\"error\":{\"code\":\"wrong_state\",\"message\":\"m\"}}", EXIT_REFUSED },
        { "{\"error\":{\"code\":\"disk_full\",\"message\":\"m\"}}", EXIT_REFUSED },
        { "{\"error\":{\"code\":\"busy\",\"message\":\"m\"}}", EXIT_REFUSED },
        { "{\"error\":{\"code\":\"usage\",\"message\":\"m\"}}", EXIT_USAGE },
        { "{\"error\":{\"code\":\"internal\",\"message\":\"m\"}}", EXIT_ENGINE },
        { "{\"error\":{}}", EXIT_ENGINE }, // partial answers are failures, too
        { "{\"seq\":1}", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *line = json_loads(cases[i].line, 0, NULL);
        struct err err = { 0 };
        assert_int_equal(line_error(line, &err), cases[i].exit_code);
        assert_int_equal(err.text[0] != 0, cases[i].exit_code != 0);
        json_decref(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_are_told_apart),
        cmocka_unit_test(filters_become_a_query),
        cmocka_unit_test(paths_are_encoded),
        cmocka_unit_test(refusals_become_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
