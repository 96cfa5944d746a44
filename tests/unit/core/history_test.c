// SPDX-License-Identifier: MIT
// The history says of each wait what ended it, and when: a stop and a limit end what
// stands in the body of the script, a cleanup goes on until its own time is over.
#include "unit/core/fake_world.h"

static const char *const undo_sleeps =
    "undo(function() sleep('30s') print('undone') end) fail('x')";

static void a_stop_does_not_end_the_waits_of_a_cleanup(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, undo_sleeps);

    stop_job(w, job, 0);
    expect_history(w, job, "1/1 sleep");
    world_tick(w, 30 * 1000);
    expect_records(w, job, "output: undone|\n");
    expect_history(w, job, "1/1 sleep:value");
}

static void a_stop_that_is_asked_again_ends_nothing(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() wait_signal('go') end) sleep('1h')");

    stop_job(w, job, 0);
    stop_job(w, job, 0);
    expect_history(w, job, "1/1 sleep:cancelled 1/2 signal");
    signal_job(w, job, "go");
    expect_history(w, job, "1/1 sleep:cancelled 1/2 signal:value");
    expect_state(w, job, JOB_STOPPED);
}

static void a_defer_of_a_branch_goes_on_beside_what_a_stop_ends(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel { function() sleep('1h') end, function() "
                                "defer(function() parallel { function() sleep('2m') end } end) "
                                "end }");

    stop_job(w, job, 0);
    expect_history(w, job, "1.1/1 sleep:cancelled 1.2.1/1 sleep");
    world_tick(w, 120 * 1000);
    expect_history(w, job, "1.1/1 sleep:cancelled 1.2.1/1 sleep:value");
    expect_state(w, job, JOB_STOPPED);
}

// Each cleanup has its own time: the end of one says nothing of the other.
static void a_limit_ends_the_cleanup_that_it_is_of(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "workflow { cleanup_timeout = '1m' } parallel { "
                                "function() undo(function() wait_signal('a') end) fail('x') end, "
                                "function() sleep('30s') "
                                "undo(function() wait_signal('b') end) fail('y') end }");

    world_tick(w, 70 * 1000);
    expect_history(w, job, "1.1/1 signal:cancelled 1.2/1 sleep:value 1.2/2 signal");
    world_tick(w, 30 * 1000);
    expect_history(w, job, "1.1/1 signal:cancelled 1.2/1 sleep:value "
                           "1.2/2 signal:cancelled");
    expect_state(w, job, JOB_FAILED);
}

static void a_timeout_does_not_end_the_waits_of_a_cleanup(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "workflow { timeout = '10s' } parallel { "
                                "function() undo(function() sleep('1m') end) fail('x') end, "
                                "function() sleep('1h') end }");

    world_tick(w, 20 * 1000);
    expect_history(w, job, "1.1/1 sleep 1.2/1 sleep:cancelled");
}

static void a_person_ends_the_waits_for_a_person(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel { function() suspend('a') end, "
                                "function() sleep('1h') end }");

    expect_history(w, job, "1.1/1 suspend");
    resume_job(w, job);
    expect_history(w, job, "1.1/1 suspend:value 1.2/1 sleep");
}

static void a_stop_passes_the_suspend_of_a_cleanup(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() suspend('look') end) fail('x')");

    stop_job(w, job, 0);
    expect_history(w, job, "1/1 suspend:value");
    expect_state(w, job, JOB_STOPPED);
}

static void a_signal_ends_the_oldest_wait_for_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel { function() wait_signal('go') end, "
                                "function() wait_signal('go') wait_signal('more') end }");

    ask_signal(w, job, "more", (struct slice){ 0 });
    signal_job(w, job, "go");
    expect_history(w, job, "1.1/1 signal:value 1.2/1 signal");
    signal_job(w, job, "go");
    expect_history(w, job, "1.1/1 signal:value 1.2/1 signal:value "
                           "1.2/2 signal:value");
    expect_state(w, job, JOB_COMPLETED);
}

// Its strands are not there to be told; what still waits ends with the job.
static void a_job_without_its_script_ends_its_waits_with_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('1h')");

    world_crash(w);
    world_swap_script(w, "sleep('1h')", "print('other')");
    world_boot(w);
    world_settle(w);
    expect_history(w, job, "1/1 sleep");
    stop_job(w, job, 0);
    expect_state(w, job, JOB_STOPPED);
    expect_history(w, job, "1/1 sleep:cancelled");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_stop_does_not_end_the_waits_of_a_cleanup),
        TEST(a_stop_that_is_asked_again_ends_nothing),
        TEST(a_defer_of_a_branch_goes_on_beside_what_a_stop_ends),
        TEST(a_limit_ends_the_cleanup_that_it_is_of),
        TEST(a_timeout_does_not_end_the_waits_of_a_cleanup),
        TEST(a_person_ends_the_waits_for_a_person),
        TEST(a_stop_passes_the_suspend_of_a_cleanup),
        TEST(a_signal_ends_the_oldest_wait_for_it),
        TEST(a_job_without_its_script_ends_its_waits_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
