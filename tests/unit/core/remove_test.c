// SPDX-License-Identifier: MIT
// A removed job is gone at once for everybody, and leaves no rows behind.
#include "unit/core/fake_world.h"

static void a_job_removed_by_force_leaves_no_rows(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('x')");
    struct job_seen seen;

    signal_job(w, job, "y");
    assert_int_equal(ask_remove(w, job, true), 0);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
    assert_int_equal(job_journal_rows(w, job), 0);
}

static void a_removal_that_was_cut_off_goes_on_in_the_next_engine(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");
    struct job_seen seen;

    ask_remove(w, job, false);
    world_turn(w);
    assert_non_null(w->committing);
    world_land(w); // the tombstone; its rows go with the next one
    assert_false(job_see(w, job, &seen));
    assert_int_not_equal(job_journal_rows(w, job), 0);
    world_crash(w);
    world_boot(w);
    assert_false(job_see(w, job, &seen));
    assert_int_equal(job_journal_rows(w, job), 0);
}

static void a_removal_that_was_not_committed_did_not_happen(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");

    ask_remove(w, job, false);
    world_turn(w);
    world_crash(w);
    world_boot(w);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: x|\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_job_removed_by_force_leaves_no_rows),
        TEST(a_removal_that_was_cut_off_goes_on_in_the_next_engine),
        TEST(a_removal_that_was_not_committed_did_not_happen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
