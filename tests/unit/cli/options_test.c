// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/options.h"

static const struct option_spec specs[] = {
    { "command", 'c', "TEXT", "" }, { "meta", 0, "K=V", "" }, { "timeout", 0, "TIME", "" },
    { "newest", 0, "N", "" },       { "quiet", 'q', NULL, "" }, { "wide", 'w', NULL, "" },
    OPTIONS_COMMON,
};

enum { WORDS_MAX = 12 };

// Parses words given as one text, separated by "|".
static int parse(struct options *options, const char *text, char *copy, struct err *err)
{
    char *argv[WORDS_MAX + 1] = { NULL };
    int argc = 0;

    *err = (struct err){ 0 };
    strcpy(copy, text);
    for (char *word = copy; *text && word; argc++) {
        char *bar = strchr(word, '|');
        if (bar)
            *bar++ = 0;
        argv[argc] = word;
        word = bar;
    }
    return options_parse(options, specs, argc, argv, err);
}

static void options_and_arguments_mix(void **state)
{
    struct options options;
    struct err err;
    char copy[256];
    size_t at = 0;

    (void)state;
    assert_int_equal(parse(&options, "12|--meta=a=1|-q|web*|--meta|b=2|-c|echo hi|--|-x|--y", copy,
                           &err), 0);
    assert_int_equal(options.arg_count, 4);
    assert_string_equal(options.args[0], "12");
    assert_string_equal(options.args[1], "web*");
    assert_string_equal(options.args[2], "-x");
    assert_string_equal(options.args[3], "--y");
    assert_null(options.args[4]);
    assert_int_equal(options.dashes, 2);
    assert_true(options.has_dashes);
    assert_string_equal(option_text(&options, "command"), "echo hi");
    assert_true(option_is_set(&options, "quiet"));
    assert_false(option_is_set(&options, "wide"));
    assert_string_equal(option_next(&options, "meta", &at), "a=1");
    assert_string_equal(option_next(&options, "meta", &at), "b=2");
    assert_null(option_next(&options, "meta", &at));
    options_release(&options);
}

static void letters_join(void **state)
{
    struct options options;
    struct err err;
    char copy[256];

    (void)state;
    assert_int_equal(parse(&options, "-qwc|text", copy, &err), 0);
    assert_true(option_is_set(&options, "quiet"));
    assert_true(option_is_set(&options, "wide"));
    assert_string_equal(option_text(&options, "command"), "text");
    options_release(&options);
    assert_int_equal(parse(&options, "-ctext|-", copy, &err), 0);
    assert_string_equal(option_text(&options, "command"), "text");
    assert_string_equal(options.args[0], "-"); // standard input is an argument
    options_release(&options);
    assert_int_equal(parse(&options, "", copy, &err), 0);
    assert_int_equal(options.arg_count, 0);
    assert_null(options.args[0]);
    options_release(&options);
}

static void mistakes_are_named(void **state)
{
    static const char *const cases[][2] = {
        { "--quite", "did you mean --quiet?" }, { "--tiemout=3", "did you mean --timeout?" },
        { "--zzzzzz", "unknown option --zzzzzz" }, { "-x", "unknown option -x" },
        { "--quiet=1", "takes no value" }, { "--meta", "needs a value: K=V" },
        { "-c", "needs a value: TEXT" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options options;
        struct err err;
        char copy[256];
        assert_int_equal(parse(&options, cases[i][0], copy, &err), ERR_USAGE);
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
        options_release(&options);
    }
}

static void numbers_and_durations_are_checked(void **state)
{
    struct options options;
    struct err err;
    char copy[256];
    long long n;

    (void)state;
    assert_int_equal(parse(&options, "--timeout=1m|--newest=7", copy, &err), 0);
    assert_int_equal(option_duration(&options, "timeout", -1, &n, &err), 0);
    assert_int_equal(n, 60000);
    assert_int_equal(option_number(&options, "newest", -1, &n, &err), 0);
    assert_int_equal(n, 7);
    options_release(&options);
    assert_int_equal(parse(&options, "--timeout=soon|--newest=7x", copy, &err), 0);
    assert_int_equal(option_duration(&options, "timeout", -1, &n, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "soon"));
    assert_int_equal(option_number(&options, "newest", -1, &n, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "7x"));
    options_release(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_mix),
        cmocka_unit_test(letters_join),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(numbers_and_durations_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
