// SPDX-License-Identifier: MIT
// Children are counted in one place each, wherever their rows put them; at the end they
// are named, those that failed apart from those that were never there.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/crew.h"

enum { STARTED = 1769860800 }; // 2026-01-31T12:00:00Z

static int setup(void **state)
{
    struct crew *crew = malloc(sizeof(*crew));

    if (crew)
        crew_init(crew);
    *state = crew;
    return crew ? 0 : -1;
}

static int teardown(void **state)
{
    crew_release(*state);
    free(*state);
    return 0;
}

static void take(struct crew *crew, int id, const char *host, const char *state,
                 const char *failure, const char *reason)
{
    const char *started = strcmp(state, "NotStarted") == 0 ? NULL : "2026-01-31T12:00:00.500Z";
    json_t *row = json_pack("{s:i,s:s,s:s,s:s?,s:s?,s:s?}", "id", id, "host", host, "state",
                            state, "failure", failure, "reason", reason, "started", started);

    assert_non_null(row);
    assert_int_equal(crew_take(crew, row), 0);
    json_decref(row);
}

static void expect_line(const struct crew *crew, time_t now, const char *expected)
{
    struct buf line;

    buf_init(&line, 0);
    crew_line(crew, now, &line);
    assert_string_equal(buf_cstr(&line), expected);
    buf_release(&line);
}

static void expect_recap(struct crew *crew, const char *expected)
{
    struct buf line;

    buf_init(&line, 0);
    crew_recap(crew, "12", &line);
    assert_string_equal(buf_cstr(&line), expected);
    buf_release(&line);
}

static void each_is_counted_once(void **state)
{
    struct crew *crew = *state;

    take(crew, 13, "web01", "NotStarted", NULL, NULL);
    take(crew, 14, "web02", "Running", NULL, NULL);
    take(crew, 15, "web03", "NotStarted", NULL, NULL);
    expect_line(crew, STARTED + 41, "0/3 done, 0 failed, 1 running, 2 waiting  web02 (slowest, 41s)");
    take(crew, 13, "web01", "Running", NULL, NULL);
    take(crew, 14, "web02", "Completed", NULL, NULL);
    take(crew, 15, "web03", "Failed", "failed", "exit code 3");
    expect_line(crew, STARTED + 125, "1/3 done, 1 failed, 1 running, 0 waiting  web01 (slowest, 2m05s)");
    take(crew, 15, "web03", "Running", NULL, NULL); // a later step opens it again
    take(crew, 13, "web01", "Completed", NULL, NULL);
    take(crew, 15, "web03", "Disconnected", NULL, NULL);
    expect_line(crew, STARTED, "2/3 done, 0 failed, 0 running, 1 disconnected, 0 waiting");
}

static void a_clock_that_went_back_makes_no_negative_time(void **state)
{
    struct crew *crew = *state;

    take(crew, 13, "web01", "Running", NULL, NULL);
    expect_line(crew, STARTED - 1000, "0/1 done, 0 failed, 1 running, 0 waiting  web01 (slowest, 0s)");
}

static void bad_ends_are_told_apart(void **state)
{
    struct crew *crew = *state;

    take(crew, 19, "db1", "Failed", "unreachable", "unreachable: ssh: no route");
    take(crew, 13, "web01", "Failed", "failed", "exit code 3");
    take(crew, 14, "web02", "Completed", NULL, NULL);
    take(crew, 15, "web03", "Failed", "failed", "exit code 4");
    take(crew, 16, "web04", "Failed", "failed", "exit code 4");
    take(crew, 17, "web05", "Stopped", "unreached", "never reached");
    take(crew, 18, "web06", "Stopped", "stopped", "stopped");
    expect_recap(crew, "1 of 7 hosts done; failed (3): web[01,03-04]; unreachable (1): db1; "
                       "never reached (1): web05; stopped (1): web06");
}

// An engine that is a version older has no word for it.
static void bad_ends_without_a_word_are_told_apart(void **state)
{
    struct crew *crew = *state;
    json_t *row = json_pack("{s:i,s:s,s:s,s:n}", "id", 15, "host", "c", "state", "Stopped",
                            "started");

    take(crew, 13, "a", "Failed", NULL, "unreachable: ssh: no route");
    take(crew, 14, "b", "Failed", NULL, "exit code 1");
    assert_int_equal(crew_take(crew, row), 0);
    json_decref(row);
    expect_recap(crew, "0 of 3 hosts done; failed (1): b; unreachable (1): a; never reached (1): c");
}

static void names_that_are_none_are_shown_harmless(void **state)
{
    static const char *const names[] = { "a\033[2J", "b" };
    struct buf out;

    (void)state;
    buf_init(&out, 0);
    hosts_fold(names, 2, &out);
    assert_string_equal(buf_cstr(&out), "a\\x1b[2J,b");
    buf_release(&out);
}

static void a_long_list_is_cut(void **state)
{
    struct crew *crew = *state;
    struct buf line;
    char host[40];

    buf_init(&line, 0);
    for (int i = 0; i < 2000; i++) {
        snprintf(host, sizeof(host), "%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
        take(crew, 13 + i, host, "Failed", "failed", "exit code 1");
    }
    crew_recap(crew, "12", &line);
    assert_true(line.len < 2200);
    assert_non_null(strstr(buf_cstr(&line), "failed (2000): "));
    assert_non_null(strstr(buf_cstr(&line), "pawl get 12 --children"));
    buf_release(&line);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_is_counted_once),
        TEST(a_clock_that_went_back_makes_no_negative_time),
        TEST(bad_ends_are_told_apart),
        TEST(bad_ends_without_a_word_are_told_apart),
        TEST(names_that_are_none_are_shown_harmless),
        TEST(a_long_list_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
