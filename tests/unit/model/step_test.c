// SPDX-License-Identifier: MIT
// Policy: which outcome is a success, which failure is tried again, and when.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/step.h"

static void ok_codes(void **state)
{
    struct step_policy policy;

    (void)state;
    step_policy_init(&policy);
    for (int code = -2; code < 300; code++)
        assert_int_equal(step_policy_code_ok(&policy, code), code == 0);
    step_policy_allow(&policy, 255);
    step_policy_allow(&policy, 64);
    for (int code = -2; code < 300; code++)
        assert_int_equal(step_policy_code_ok(&policy, code), code == 0 || code == 64 || code == 255);
}

static void outcomes(void **state)
{
    struct step_policy policy;

    (void)state;
    step_policy_init(&policy);
    for (int kind = 0; kind < OUTCOME_COUNT; kind++) {
        struct outcome outcome = { .kind = (enum outcome_kind)kind };
        assert_int_equal(outcome_is_ok(&outcome, &policy),
                         kind == OUTCOME_EXIT || kind == OUTCOME_VALUE);
    }
    assert_false(outcome_is_ok(&(struct outcome){ .kind = OUTCOME_EXIT, .code = 3 }, &policy));
}

static void retries(void **state)
{
    struct step_policy policy;

    (void)state;
    step_policy_init(&policy);
    assert_false(step_policy_retries(&policy, OUTCOME_EXIT, 1));
    policy.retry_times = 2;
    assert_true(step_policy_retries(&policy, OUTCOME_EXIT, 1));
    assert_true(step_policy_retries(&policy, OUTCOME_KILLED, 2));
    assert_false(step_policy_retries(&policy, OUTCOME_EXIT, 3));
    assert_false(step_policy_retries(&policy, OUTCOME_CANCELLED, 1));
    assert_false(step_policy_retries(&policy, OUTCOME_INTERRUPTED, 1));
}

static void backoff(void **state)
{
    struct step_policy policy;

    (void)state;
    step_policy_init(&policy);
    assert_int_equal(step_policy_backoff_ms(&policy, 1), 1000);
    assert_int_equal(step_policy_backoff_ms(&policy, 9), 1000);
    policy.retry_backoff = 2;
    assert_int_equal(step_policy_backoff_ms(&policy, 1), 1000);
    assert_int_equal(step_policy_backoff_ms(&policy, 4), 8000);
    assert_int_equal(step_policy_backoff_ms(&policy, 4000000000u), 300000);
    policy.retry_every_ms = 0;
    policy.retry_backoff = 0.5;
    policy.retry_max_ms = 10;
    assert_int_equal(step_policy_backoff_ms(&policy, 50), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_codes),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(retries),
        cmocka_unit_test(backoff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
