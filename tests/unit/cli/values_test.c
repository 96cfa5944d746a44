// SPDX-License-Identifier: MIT
// The table of verbs can be read by programs: each word in it that stands for a value is
// known, and each usage gives the arguments it names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/command.h"
#include "cli/values.h"

static void every_option_has_a_known_value(void **state)
{
    (void)state;
    for (const struct command *command = commands; command->name; command++)
        for (const struct option_spec *spec = command->options; spec->name; spec++)
            if (spec->value && !value_of_option(spec))
                fail_msg("pawl %s --%s %s: values.c does not know what %s is", command->name,
                         spec->name, spec->value, spec->value);
}

static void every_argument_is_a_known_value(void **state)
{
    struct slice word;

    (void)state;
    for (const struct command *command = commands; command->name; command++)
        for (size_t n = 0; n < 8 && usage_argument(command->usage, n, &word); n++)
            if ((word.ptr[0] < 'a' || word.ptr[0] > 'z') && !value_find(word))
                fail_msg("pawl %s: values.c does not know what %.*s is", command->usage,
                         SLICE_ARG(word));
}

static void no_option_is_told_twice(void **state)
{
    (void)state;
    for (const struct command *command = commands; command->name; command++)
        for (const struct option_spec *a = command->options; a->name; a++)
            for (const struct option_spec *b = a + 1; b->name; b++)
                if (strcmp(a->name, b->name) == 0 || (a->letter && a->letter == b->letter))
                    fail_msg("pawl %s has --%s and --%s", command->name, a->name, b->name);
}

// ---- usages
static void check(const char *usage, size_t n, const char *expected)
{
    struct slice word = { 0 };
    bool is = usage_argument(usage, n, &word);

    if (is != (expected != NULL) || (expected && !slice_is(word, expected)))
        fail_msg("%s: argument %zu is %.*s", usage, n, SLICE_ARG(word));
}

static void arguments_stand_in_their_order(void **state)
{
    (void)state;
    check("wait [OPTIONS] JOB...", 0, "JOB");
    check("wait [OPTIONS] JOB...", 5, "JOB");
    check("answer [OPTIONS] [JOB [ANSWER]]", 0, "JOB");
    check("answer [OPTIONS] [JOB [ANSWER]]", 1, "ANSWER");
    check("answer [OPTIONS] [JOB [ANSWER]]", 2, NULL);
    check("run FILE.lua [OPTIONS] [KEY=VALUE]...", 0, "FILE.lua");
    check("run FILE.lua [OPTIONS] [KEY=VALUE]...", 2, "KEY=VALUE");
    check("start [OPTIONS] -c TEXT | -f FILE | -- COMMAND [ARGUMENT]...", 0, "COMMAND");
    check("start [OPTIONS] -c TEXT | -f FILE | -- COMMAND [ARGUMENT]...", 3, "ARGUMENT");
    check("invoke --hosts SET [OPTIONS] [--] COMMAND...", 0, "COMMAND");
    check("daemon [--foreground | --stop]", 0, NULL);
    check("status", 0, NULL);
}

static void small_words_are_choices(void **state)
{
    static const char usage[] = "schedule [list | add NAME WHEN -- VERB... | show|remove NAME]";
    static const char *const words[] = { "list", "add", "show", "remove" };
    struct slice word;

    (void)state;
    check("completion bash|zsh|fish", 0, "bash|zsh|fish");
    for (size_t n = 0; n < 4; n++) {
        assert_true(usage_choice(usage, n, &word));
        assert_true(slice_is(word, words[n]));
    }
    assert_false(usage_choice(usage, 4, &word));
    assert_false(usage_choice("wait [OPTIONS] JOB...", 0, &word));
    check(usage, 1, "NAME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_has_a_known_value),
        cmocka_unit_test(every_argument_is_a_known_value),
        cmocka_unit_test(no_option_is_told_twice),
        cmocka_unit_test(arguments_stand_in_their_order),
        cmocka_unit_test(small_words_are_choices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
