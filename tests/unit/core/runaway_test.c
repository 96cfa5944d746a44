// SPDX-License-Identifier: MIT
// A script that breaks in memory (here: an endless loop in one strand) suspends its
// job; what other strands had begun goes on, and nothing of it is lost when the
// script is mended.
#include "unit/core/fake_world.h"

// Two strands: command 2 and then the loop, command 3 and then its rest.
#define TWO(loop, second) \
    "parallel{function() localhost:run('a') " loop " end, function() " second " end}"
#define LOOP "while true do end"
#define ONCE "localhost:run('b') print(once('o', function() return 'called' end))"
#define RETRIES "localhost:run{'b', retry = { times = 5, every = '2s' }} print('b done')"
#define QUIET "local r = localhost:run{'b', quiet = true} print(r.out)"

static void the_result_that_broke_a_script_is_in_its_journal(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local r = localhost:run('x') if #r.out > 3 then " LOOP " end");

    tell_output(w, 2, 0, "hello world");
    world_settle(w);
    command_ends(w, 2, 0);
    expect_state(w, job, JOB_SUSPENDED);
    expect_reason(w, job, "ran too long");
    expect_journal(w, job, "started intended settled:exit:0! suspended");
    expect_outcome_out(w, job, 3, "hello world");
    resume_job(w, job);
    expect_state(w, job, JOB_SUSPENDED);
}

static void a_once_that_was_not_called_yet_is_called_after_the_mend(void **state)
{
    struct fake_world *w = *state;
    const char *broken = TWO(LOOP, ONCE);
    uint64_t job = job_start(w, broken);

    tell_done(w, 3, 0);
    world_turn(w);      // the intent of the once is in the air
    command_ends(w, 2, 0); // the loop
    expect_state(w, job, JOB_SUSPENDED);
    world_swap_script(w, broken, TWO("", ONCE));
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_records(w, job, "output: called|\n");
    expect_state(w, job, JOB_COMPLETED);
}

static void progress_of_a_run_that_broke_is_not_shown(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "progress(1, 10) wait_signal('x') progress(7, 10) " LOOP);
    struct job_seen seen;

    assert_true(job_see(w, job, &seen));
    assert_int_equal(seen.progress_done, 1);
    signal_job(w, job, "x");
    expect_state(w, job, JOB_SUSPENDED);
    assert_true(job_see(w, job, &seen));
    assert_int_equal(seen.progress_done, 1);
}

static void a_resume_of_a_job_that_just_broke_is_asked_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('x') print('hi') " LOOP);

    ask_signal(w, job, "x", (struct slice){ 0 });
    assert_true(ask_resume(w, job) < 0);
    assert_non_null(strstr(err_text(&w->refusal), "try again"));
    world_settle(w);
    expect_records(w, job, ""); // what the broken run wrote is not there
    expect_journal(w, job, "started intended signalled! suspended");
    assert_false(job_is_resident(w, job));
    world_crash(w);
    world_boot(w);
    expect_state(w, job, JOB_SUSPENDED);
}

static void a_retry_of_another_strand_waits_its_time_and_runs_after_the_mend(void **state)
{
    struct fake_world *w = *state;
    const char *broken = TWO(LOOP, RETRIES);
    uint64_t job = job_start(w, broken);
    int64_t due_ms;

    tell_done(w, 2, 0);
    command_ends(w, 3, 1);
    expect_state(w, job, JOB_SUSPENDED);
    assert_int_equal(timer_rows(w, 6, &due_ms), 1);
    assert_int_equal(due_ms, engine_now_ms(w->engine) + 2000);
    world_swap_script(w, broken, TWO("", RETRIES));
    w->call_count = 0;
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_none(w, CALL_START);
    world_tick(w, 2000);
    expect_start(w, 9);
    command_ends(w, 9, 0);
    expect_records(w, job, "output: b done|\n");
    expect_state(w, job, JOB_COMPLETED);
}

static void quiet_output_of_another_strand_is_whole_after_the_mend(void **state)
{
    struct fake_world *w = *state;
    const char *broken = TWO(LOOP, QUIET);
    uint64_t job = job_start(w, broken);

    tell_output(w, 3, 0, "first half,");
    world_settle(w);
    command_ends(w, 2, 0);
    tell_output(w, 3, 11, "second half");
    command_ends(w, 3, 0);
    world_swap_script(w, broken, TWO("", QUIET));
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_records(w, job, "output: first half,second half|\n");
    expect_state(w, job, JOB_COMPLETED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_result_that_broke_a_script_is_in_its_journal),
        TEST(a_once_that_was_not_called_yet_is_called_after_the_mend),
        TEST(progress_of_a_run_that_broke_is_not_shown),
        TEST(a_resume_of_a_job_that_just_broke_is_asked_again),
        TEST(a_retry_of_another_strand_waits_its_time_and_runs_after_the_mend),
        TEST(quiet_output_of_another_strand_is_whole_after_the_mend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
