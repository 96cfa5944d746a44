// SPDX-License-Identifier: MIT
// The names of job states, and which of them are an end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/head.h"

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
        cmocka_unit_test(names_are_parsed_in_any_case),
        cmocka_unit_test(finished_and_settled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
