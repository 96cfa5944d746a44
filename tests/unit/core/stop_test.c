// SPDX-License-Identifier: MIT
// A stop ends what was in flight when it was asked, lets the cleanup run, and always
// comes to an end.
#include "unit/core/fake_world.h"

#include <signal.h>

static void a_stop_does_not_kill_the_cleanup_it_begins(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() local r = localhost:run('undo') "
                                "print('undone', r.code) end) sleep('1h')");

    stop_job(w, job, -1);
    expect_start(w, 4);
    expect_none(w, CALL_SIGNAL);
    command_ends(w, 4, 0);
    expect_records(w, job, "output: undone\t0|\n");
    expect_state(w, job, JOB_STOPPED);
}

static void a_stopped_command_has_its_grace_and_is_then_killed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    stop_job(w, job, 1000);
    expect_signal(w, 2, SIGTERM);
    world_tick(w, 999);
    expect_none(w, CALL_SIGNAL);
    world_tick(w, 1);
    expect_signal(w, 2, SIGKILL);
    command_dies(w, 2, SIGKILL);
    expect_journal(w, job, "started intended stop_asked settled:cancelled:9 ended");
    expect_state(w, job, JOB_STOPPED);
}

static void a_timeout_in_the_cleanup_is_a_timeout_and_is_retried(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() local ok, e = pcall(function() "
                                "localhost:run{'undo', timeout = '5s', "
                                "retry = { times = 1, every = '1s' }} end) "
                                "print(ok, e and e.kind) end) localhost:run('long')");

    stop_job(w, job, 1000);
    command_dies(w, 2, SIGTERM);
    expect_start(w, 2);
    expect_start(w, 5);
    world_tick(w, 5000);
    expect_signal(w, 2, SIGTERM);
    expect_signal(w, 5, SIGTERM);
    command_dies(w, 5, SIGTERM);
    expect_none(w, CALL_START);
    world_tick(w, 1000);
    expect_start(w, 8);
    world_tick(w, 5000);
    command_dies(w, 8, SIGTERM);
    expect_records(w, job, "output: false\ttimeout|\n");
    expect_state(w, job, JOB_STOPPED);
}

static void a_cleanup_that_would_wait_for_a_person_fails_instead(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() localhost:run{'undo', on_error = 'suspend'} end) "
                                "localhost:run('long')");

    stop_job(w, job, 1000);
    command_dies(w, 2, SIGTERM);
    command_ends(w, 5, 1);
    expect_state(w, job, JOB_STOPPED);
}

static void a_forced_stop_ends_the_job_now_and_leaves_a_kill_order(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    link_cut(w);
    ask_stop_force(w, job);
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(order_rows(w), 1);
    world_next_engine(w);
    expect_signal(w, 2, SIGKILL);
    tell(w, LINK_KILLED, 2);
    expect_call(w, CALL_FORGET, 2);
    tell(w, LINK_FORGOTTEN, 2);
    world_settle(w);
    assert_int_equal(order_rows(w), 0);
}

// Nobody can resume a job that is being stopped.
static void suspend_in_the_cleanup_of_a_stop_does_not_wait(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() suspend('look') print('undone') end) sleep('1h')");

    stop_job(w, job, 0);
    expect_records(w, job, "output: undone|\n");
    expect_state(w, job, JOB_STOPPED);
    expect_journal(w, job, "started intended stop_asked intended ended");
    expect_history(w, job, "1/1 sleep:cancelled 1/2 suspend:value");
}

static void a_cleanup_that_waits_for_a_person_goes_on_when_its_job_is_stopped(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() suspend('look') print('undone') end) fail('x')");

    expect_state(w, job, JOB_SUSPENDED);
    stop_job(w, job, 0);
    expect_records(w, job, "output: undone|\n");
    expect_state(w, job, JOB_STOPPED);
}

static void a_cleanup_that_is_held_is_tried_once_more_when_its_job_is_stopped(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() localhost:run{'undo', on_error = 'suspend'} end) "
                                "fail('x')");
    struct job_seen seen;

    expect_start(w, 2);
    command_ends(w, 2, 1);
    expect_state(w, job, JOB_SUSPENDED);
    stop_job(w, job, 0);
    expect_start(w, 5);
    command_ends(w, 5, 1);
    assert_true(job_see(w, job, &seen));
    assert_true(job_state_is_finished(seen.state));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_stop_does_not_kill_the_cleanup_it_begins),
        TEST(a_stopped_command_has_its_grace_and_is_then_killed),
        TEST(a_timeout_in_the_cleanup_is_a_timeout_and_is_retried),
        TEST(a_cleanup_that_would_wait_for_a_person_fails_instead),
        TEST(a_forced_stop_ends_the_job_now_and_leaves_a_kill_order),
        TEST(suspend_in_the_cleanup_of_a_stop_does_not_wait),
        TEST(a_cleanup_that_waits_for_a_person_goes_on_when_its_job_is_stopped),
        TEST(a_cleanup_that_is_held_is_tried_once_more_when_its_job_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
