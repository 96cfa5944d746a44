// SPDX-License-Identifier: MIT
// A disk on which no room can be made ahead: nothing new begins, but what ends a job
// does, by the floor; and what the link is owed is counted once.
#include "unit/core/fake_world.h"

#include <errno.h>
#include <signal.h>

static void lose_room(struct fake_world *w)
{
    w->room_rc = -ENOSPC;
    job_start(w, "print('the last one that is taken')");
    assert_true(w->engine->disk_full);
}

static void a_job_whose_time_runs_out_may_clean_up(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("undo(function() localhost:run('clean') end) "
                                    "localhost:run('x')");
    uint64_t job;

    change.timeout_ms = 60 * 1000;
    job = job_start_change(w, &change);
    expect_start(w, 2);
    struct uuid uuid = w->uuid;
    lose_room(w);
    w->uuid = uuid;
    world_tick(w, 61 * 1000);
    expect_signal(w, 2, SIGTERM);
    tell_signalled(w, 2);
    command_dies(w, 2, SIGTERM);
    expect_state(w, job, JOB_STOPPING);
    expect_start(w, 5);
}

static void a_job_that_has_failed_may_clean_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() localhost:run('clean') localhost:run('up') end) "
                                "localhost:run('x')");
    struct uuid uuid = w->uuid;

    expect_start(w, 2);
    lose_room(w);
    w->uuid = uuid;
    command_ends(w, 2, 1);
    expect_start(w, 4);
    command_ends(w, 4, 0);
    expect_start(w, 6);
    command_ends(w, 6, 0);
    expect_state(w, job, JOB_FAILED);
}

static void a_job_that_goes_on_waits_for_room(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x') localhost:run('y')");
    struct uuid uuid = w->uuid;

    expect_start(w, 2);
    lose_room(w);
    w->uuid = uuid;
    command_ends(w, 2, 0);
    expect_none(w, CALL_START);
    w->room_rc = 0;
    world_tick(w, 2000);
    expect_start(w, 4);
    expect_state(w, job, JOB_RUNNING);
}

static void a_disk_that_cannot_be_asked_has_not_got_room_again(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("print('x')");

    lose_room(w);
    w->room_rc = -EIO;
    world_tick(w, 5000);
    assert_int_equal(ask(w, &change), -ENOSPC);
    w->room_rc = 0;
    world_tick(w, 5000);
    assert_int_equal(ask(w, &change), 0);
}

// The new link's allowance is whole.
static void what_was_held_up_is_not_owed_to_the_next_link(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "localhost:run('x')");
    struct uuid uuid = w->uuid;
    lose_room(w);
    w->uuid = uuid;
    tell_output(w, 2, 0, "12345");
    world_settle(w);
    link_cut(w);
    world_tick(w, 200);
    link_up_again(w, "boot-1");
    expect_attach(w, 2, 5, 0);
    tell_output(w, 2, 5, "678");
    world_settle(w);
    assert_int_equal(w->credit_bytes, 0);
    w->room_rc = 0;
    world_tick(w, 2000);
    assert_int_equal(w->credit_bytes, 3);
}

static void who_is_told_to_wait_is_told_what_can_undo_it(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('go')");

    w->disk_full = true;
    signal_job(w, job, "go");
    assert_int_equal(w->deferrals, 1);
    assert_non_null(strstr(err_text(&w->deferral), "unless the engine is stopped before"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_job_whose_time_runs_out_may_clean_up),
        TEST(a_job_that_has_failed_may_clean_up),
        TEST(a_job_that_goes_on_waits_for_room),
        TEST(a_disk_that_cannot_be_asked_has_not_got_room_again),
        TEST(what_was_held_up_is_not_owed_to_the_next_link),
        TEST(who_is_told_to_wait_is_told_what_can_undo_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
