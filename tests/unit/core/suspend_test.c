// SPDX-License-Identifier: MIT
// A forced suspend cuts commands off without cost; what came by itself, or too late,
// keeps its meaning.
#include "unit/core/fake_world.h"

#include <signal.h>

static void a_result_that_came_before_our_signal_stands(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('install')");

    ask_suspend(w, job, true);
    tell_done(w, 2, 0); // no signal was sent yet
    expect_none(w, CALL_SIGNAL);
    world_settle(w);
    expect_state(w, job, JOB_SUSPENDED);
    resume_job(w, job);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_command_that_dies_of_our_signal_after_the_resume_runs_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('long')");

    expect_start(w, 2);
    suspend_job(w, job, true);
    expect_signal(w, 2, SIGTERM);
    expect_state(w, job, JOB_SUSPENDING);
    resume_job(w, job);
    command_dies(w, 2, SIGTERM);
    expect_start(w, 6);
    command_ends(w, 6, 0);
    expect_state(w, job, JOB_COMPLETED);
}

// The target would let a result stand that it finds under the replaced key: ours
// does not, it is known and was caused by our signal.
static void a_cut_command_that_ended_is_not_replaced_but_begun_anew(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('long')");

    expect_start(w, 2);
    suspend_job(w, job, true);
    tell_signalled(w, 2);
    command_dies(w, 2, SIGTERM);
    expect_state(w, job, JOB_SUSPENDED);
    resume_job(w, job);
    assert_int_equal(expect_call(w, CALL_START, 6).number, 0);
}

static void a_restart_gives_a_cut_command_its_grace_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    suspend_job(w, job, true);
    expect_signal(w, 2, SIGTERM);
    world_next_engine(w);
    expect_attach(w, 2, 0, 0);
    expect_signal(w, 2, SIGTERM);
    expect_none(w, CALL_SIGNAL);
}

static void a_wait_that_is_over_while_suspended_still_takes_its_signal(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local v, why = wait_signal('go', { within = '1h' }) print(v, why)");

    suspend_job(w, job, false);
    world_tick(w, 3601 * 1000);
    ask_signal(w, job, "go", SLICE("\xa3yes"));
    world_settle(w);
    resume_job(w, job);
    expect_records(w, job, "output: yes\tnil|\n");
    expect_state(w, job, JOB_COMPLETED);
}

static void a_timer_that_came_due_while_suspended_rings_at_the_resume(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('10s') print('woke')");

    suspend_job(w, job, false);
    world_tick(w, 60 * 1000);
    expect_records(w, job, "");
    resume_job(w, job);
    world_tick(w, 1);
    expect_records(w, job, "output: woke|\n");
}

// Nobody knows what the command did: only our signal's own end is no result.
static void a_spool_that_is_lost_while_suspended_is_no_reason_to_run_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run{'pay', on_interrupt='fail'}");

    tell(w, LINK_STARTED, 2);
    suspend_job(w, job, true);
    tell(w, LINK_ABSENT, 2);
    world_settle(w);
    resume_job(w, job);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_FAILED);
    expect_journal(w, job, "started intended suspend_asked settled:lost:0 resumed ended");
}

static void a_spool_that_is_lost_while_suspended_is_for_the_probe(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run{'pay', on_interrupt=function(host, was) "
                                "print(was.kind) return true end}");

    tell(w, LINK_STARTED, 2);
    suspend_job(w, job, true);
    tell(w, LINK_ABSENT, 2);
    world_settle(w);
    resume_job(w, job);
    assert_int_equal(w->starts, 1);
    expect_records(w, job, "output: lost|\n");
    expect_state(w, job, JOB_COMPLETED);
}

// Its cleanup stood still with it, and goes on with the stop.
static void a_cleanup_that_was_suspended_goes_on_when_its_job_is_stopped(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() sleep('30s') print('undone') end) fail('x')");

    suspend_job(w, job, false);
    world_tick(w, 60 * 1000); // the sleep's alarm came due meanwhile
    stop_job(w, job, 0);
    world_tick(w, 1);
    expect_records(w, job, "output: undone|\n");
    expect_state(w, job, JOB_STOPPED);
}

static void suspended_time_is_not_the_cleanups_when_its_job_is_stopped(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() wait_signal('go') print('undone') end) fail('x')");
    struct job_seen seen;

    suspend_job(w, job, false);
    world_tick(w, 20 * 60 * 1000); // longer than a cleanup may take
    stop_job(w, job, 0);
    world_tick(w, 9 * 60 * 1000);
    expect_state(w, job, JOB_STOPPING);
    world_tick(w, 2 * 60 * 1000);
    assert_true(job_see(w, job, &seen));
    assert_true(job_state_is_finished(seen.state));
}

// The alarm's row is in the batch that flies when it fires: nobody finds it by a scan.
static void an_alarm_that_fires_before_its_row_is_on_disk_is_kept_while_suspended(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('go') sleep('50ms') print('slept')");

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    assert_non_null(w->committing);
    ask_suspend(w, job, false);
    w->now_ms += 60;
    engine_alarm(w->engine);
    resume_job(w, job);
    world_tick(w, 1);
    expect_records(w, job, "output: slept|\n");
    expect_state(w, job, JOB_COMPLETED);
}

static void resuming_again_and_again_sets_no_alarm_twice(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('30d')");
    size_t before = w->engine->alarms.count;

    job_start(w, "sleep('60d')");
    for (int i = 0; i < 10; i++) {
        suspend_job(w, job, false);
        resume_job(w, job);
    }
    assert_int_equal(w->engine->alarms.count, before + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_result_that_came_before_our_signal_stands),
        TEST(a_command_that_dies_of_our_signal_after_the_resume_runs_again),
        TEST(a_cut_command_that_ended_is_not_replaced_but_begun_anew),
        TEST(a_restart_gives_a_cut_command_its_grace_again),
        TEST(a_wait_that_is_over_while_suspended_still_takes_its_signal),
        TEST(a_timer_that_came_due_while_suspended_rings_at_the_resume),
        TEST(a_spool_that_is_lost_while_suspended_is_no_reason_to_run_again),
        TEST(a_spool_that_is_lost_while_suspended_is_for_the_probe),
        TEST(a_cleanup_that_was_suspended_goes_on_when_its_job_is_stopped),
        TEST(suspended_time_is_not_the_cleanups_when_its_job_is_stopped),
        TEST(an_alarm_that_fires_before_its_row_is_on_disk_is_kept_while_suspended),
        TEST(resuming_again_and_again_sets_no_alarm_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
