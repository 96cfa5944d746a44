// SPDX-License-Identifier: MIT
// Due times: a retry waits its own time, across restarts too; a job that only waits
// leaves memory, and is not kept there by a refused request.
#include "unit/core/fake_world.h"

#define RETRIES "localhost:run{'x', timeout = '30s', retry = { times = 3, every = '4m' }}"

static void expect_second_start_after(struct fake_world *w, uint64_t no, int64_t ms)
{
    expect_none(w, CALL_START);
    world_tick(w, ms - 1);
    expect_none(w, CALL_START);
    world_tick(w, 1);
    expect_start(w, no);
}

static void a_retry_is_not_begun_by_the_timeout_of_the_attempt_before(void **state)
{
    struct fake_world *w = *state;

    job_start(w, RETRIES);
    expect_start(w, 2);
    world_tick(w, 1000);
    command_ends(w, 2, 1);
    expect_second_start_after(w, 5, 240 * 1000);
}

static void a_retry_waits_its_time_when_its_attempt_was_begun_by_another_engine(void **state)
{
    struct fake_world *w = *state;

    job_start(w, RETRIES);
    world_next_engine(w);
    command_ends(w, 2, 1);
    expect_second_start_after(w, 5, 240 * 1000);
}

static void a_retry_waits_its_time_across_a_restart(void **state)
{
    struct fake_world *w = *state;

    job_start(w, RETRIES);
    command_ends(w, 2, 1);
    world_tick(w, 100 * 1000);
    world_next_engine(w);
    expect_second_start_after(w, 5, 140 * 1000);
}

static void a_job_that_only_sleeps_leaves_memory(void **state)
{
    struct fake_world *w = *state;
    uint64_t brief = job_start(w, "sleep(0.2) sleep('30d')");
    uint64_t lasting = job_start(w, "sleep('30d')");

    assert_true(job_is_resident(w, brief));
    assert_false(job_is_resident(w, lasting));
    world_tick(w, 5000);
    assert_false(job_is_resident(w, brief));
}

static void a_refused_request_does_not_keep_a_job_in_memory(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('30d')");
    struct port port = engine_port(w->engine);
    struct engine_status status;
    struct err err;

    assert_int_equal(ask_resume(w, job), ERR_STATE);
    world_settle(w);
    assert_false(job_is_resident(w, job));
    assert_true(port.ops->status(port.core, &status, &err) >= 0);
    assert_int_equal(status.resident, 0);
    assert_int_equal(status.parked, 1);
}

static void jobs_in_use_do_not_keep_idle_ones_in_memory_for_ever(void **state)
{
    enum { BUSY = 130 };
    struct fake_world *w = *state;
    struct uuid busy;
    uint64_t idle;

    for (int i = 0; i < BUSY; i++) {
        job_start(w, "localhost:run('x')");
        w->call_count = 0;
    }
    busy = w->uuid;
    idle = job_start(w, "sleep(0.9) sleep('1h')");
    assert_true(job_is_resident(w, idle)); // not worth parking, were there room
    w->uuid = busy;
    w->engine->options.resident_bytes_max = 1;
    for (int i = 0; i < 3; i++) { // three landings, at 64 jobs each
        tell_output(w, 2, (uint64_t)i, "x");
        world_turn(w);
        world_land(w);
        world_settle(w);
    }
    assert_false(job_is_resident(w, idle));
    world_tick(w, 1000);
    expect_journal(w, idle, "started intended settled:value:0 intended");
}

static void a_limit_longer_than_a_hundred_years_is_refused_in_words(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("wait_signal('x')");
    int64_t hundred_years_ms = INT64_C(36500) * 24 * 60 * 60 * 1000;
    int64_t due_ms = 0;

    world_tick(w, 5000);
    change.timeout_ms = INT64_MAX;
    assert_int_equal(ask(w, &change), ERR_USAGE);
    assert_non_null(strstr(err_text(&w->refusal), "a hundred years"));
    change.timeout_ms = hundred_years_ms;
    expect_state(w, job_start_change(w, &change), JOB_RUNNING);
    assert_int_equal(timer_rows(w, 1, &due_ms), 1);
    assert_int_equal(due_ms, engine_now_ms(w->engine) + hundred_years_ms);
    assert_int_equal(ask_stop(w, w->answer_id, INT64_MAX), ERR_USAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_retry_is_not_begun_by_the_timeout_of_the_attempt_before),
        TEST(a_retry_waits_its_time_when_its_attempt_was_begun_by_another_engine),
        TEST(a_retry_waits_its_time_across_a_restart),
        TEST(a_job_that_only_sleeps_leaves_memory),
        TEST(a_refused_request_does_not_keep_a_job_in_memory),
        TEST(jobs_in_use_do_not_keep_idle_ones_in_memory_for_ever),
        TEST(a_limit_longer_than_a_hundred_years_is_refused_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
