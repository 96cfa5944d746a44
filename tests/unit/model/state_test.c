// SPDX-License-Identifier: MIT
// The legality table of job states, written out a second time by hand: every edge
// that JOBS.md names is legal, every other one is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/head.h"

static const char *const legal[] = {
    "NotStarted Running Suspended Stopping Completed Failed Stopped",
    "Running Blocked Suspending Suspended Disconnected Stopping Completed Failed Stopped",
    "Blocked Running Suspending Suspended Stopping Completed Failed Stopped",
    "Suspending Running Suspended Disconnected Stopping Failed Stopped",
    "Suspended Running Blocked Stopping Completed Failed Stopped",
    "Disconnected Running Blocked Suspending Suspended Stopping Failed Stopped",
    "Stopping Completed Failed Stopped",
    "Completed Running",
    "Failed",
    "Stopped",
};

static bool is_listed(const char *row, const char *word)
{
    const char *at = strchr(row, ' ');
    size_t len = strlen(word);

    for (; at; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, word, len) == 0 && (at[1 + len] == ' ' || at[1 + len] == 0))
            return true;
    return false;
}

static void every_edge_is_as_listed(void **state)
{
    (void)state;
    assert_int_equal(sizeof(legal) / sizeof(legal[0]), JOB_STATE_COUNT);
    for (int from = 0; from < JOB_STATE_COUNT; from++)
        for (int to = 0; to < JOB_STATE_COUNT; to++)
            for (int row = 0; row < JOB_STATE_COUNT; row++) {
                const char *name = job_state_name((enum job_state)from);
                if (strncmp(legal[row], name, strlen(name)) != 0 ||
                    (legal[row][strlen(name)] != ' ' && legal[row][strlen(name)] != 0))
                    continue;
                assert_int_equal(job_state_may_follow((enum job_state)from, (enum job_state)to),
                                 is_listed(legal[row], job_state_name((enum job_state)to)));
            }
}

static void names_are_parsed_in_any_case(void **state)
{
    enum job_state found;

    (void)state;
    for (int i = 0; i < JOB_STATE_COUNT; i++) {
        assert_int_equal(job_state_parse(slice_str(job_state_name((enum job_state)i)), &found), 0);
        assert_int_equal(found, i);
    }
    assert_int_equal(job_state_parse(SLICE("rUNNING"), &found), 0);
    assert_int_equal(found, JOB_RUNNING);
    assert_true(job_state_parse(SLICE("Run"), &found) < 0);
    assert_true(job_state_parse(SLICE(""), &found) < 0);
}

static void finished_and_settled(void **state)
{
    (void)state;
    for (int i = 0; i < JOB_STATE_COUNT; i++) {
        bool finished = i == JOB_COMPLETED || i == JOB_FAILED || i == JOB_STOPPED;
        assert_int_equal(job_state_is_finished((enum job_state)i), finished);
        assert_int_equal(job_state_is_settled((enum job_state)i), finished || i == JOB_SUSPENDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_as_listed),
        cmocka_unit_test(names_are_parsed_in_any_case),
        cmocka_unit_test(finished_and_settled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
