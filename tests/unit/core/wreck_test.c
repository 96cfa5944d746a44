// SPDX-License-Identifier: MIT
// A job whose journal cannot be replayed loses nothing that is mended later: keys,
// timers and journal stay; a stop kills what it had begun.
#include "unit/core/fake_world.h"

#include <signal.h>

#define GOOD "localhost:run('good text')"
#define OTHER "localhost:run('other text')"

// A job in the middle of its command, whose next engine cannot replay it.
static uint64_t wrecked(struct fake_world *w)
{
    uint64_t job = job_start(w, GOOD);

    expect_start(w, 2);
    world_crash(w);
    world_swap_script(w, GOOD, OTHER);
    world_boot(w);
    link_up(w);
    expect_state(w, job, JOB_SUSPENDED);
    expect_reason(w, job, "with other arguments");
    return job;
}

static void the_key_of_a_wreck_is_not_forgotten(void **state)
{
    struct fake_world *w = *state;

    wrecked(w);
    tell(w, LINK_LISTED, 2);
    command_ends(w, 2, 0);
    expect_none(w, CALL_FORGET);
}

static void a_mended_wreck_takes_up_its_command(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);

    world_swap_script(w, GOOD, GOOD);
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_attach(w, 2, 0, 0);
    command_ends(w, 2, 0);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_COMPLETED);
}

static void stopping_a_wreck_kills_what_it_had_begun(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);

    assert_int_equal(ask_stop(w, job, -1), 0);
    world_turn(w);
    expect_none(w, CALL_SIGNAL); // not on disk yet
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(order_rows(w), 1);
    expect_signal(w, 2, SIGKILL);
}

static void stopping_a_wreck_by_force_while_the_link_is_down_leaves_its_order(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);

    link_cut(w);
    assert_int_equal(ask_stop_force(w, job), 0);
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    world_next_engine(w);
    expect_signal(w, 2, SIGKILL);
}

static void stopping_a_wreck_orders_nothing_for_commands_that_are_over(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('a') wait_signal('x')");

    command_ends(w, 2, 0);
    world_crash(w);
    world_swap_script(w, "localhost:run('a') wait_signal('x')", "error('x')");
    world_boot(w);
    link_up(w);
    assert_int_equal(ask_stop(w, job, -1), 0);
    world_settle(w);
    assert_int_equal(order_rows(w), 0);
    expect_none(w, CALL_SIGNAL);
    expect_state(w, job, JOB_STOPPED);
}

static void removing_a_wreck_by_force_kills_what_it_had_begun(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);
    struct job_seen seen;

    assert_int_equal(ask_remove(w, job, true), 0);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
    expect_signal(w, 2, SIGKILL);
}

static void a_sleeper_that_cannot_be_woken_keeps_its_alarm(void **state)
{
    struct fake_world *w = *state;
    const char *script = "sleep('10s') print('woke')";
    uint64_t job = job_start(w, script);

    assert_false(job_is_resident(w, job));
    world_swap_script(w, script, "error('x')");
    world_tick(w, 11000);
    expect_state(w, job, JOB_SUSPENDED);
    world_swap_script(w, script, script);
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    world_tick(w, 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: woke|\n");
}

static uint64_t damaged(struct fake_world *w)
{
    uint64_t job = job_start(w, "for i = 1, 3 do wait_signal('x') end");
    struct batch batch;

    signal_job(w, job, "x");
    world_crash(w);
    batch_init(&batch);
    journal_put(&batch, job, 3, SLICE("\xc1 damaged"));
    world_write(w, &batch);
    batch_release(&batch);
    world_boot(w);
    world_settle(w);
    return job;
}

static void nothing_is_written_into_a_damaged_journal(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = damaged(w);

    assert_int_equal(ask_signal(w, job, "x", (struct slice){ 0 }), ERR_STATE);
    world_settle(w);
    expect_state(w, job, JOB_SUSPENDED);
    assert_int_equal(job_journal_rows(w, job), 2);
    expect_journal(w, job, "started intended ... bytes at offset 0 of 9 are no whole value");
}

static void check_refusals_are_free(struct fake_world *w, uint64_t job)
{
    struct store_stat before, after;
    size_t rows = job_journal_rows(w, job);

    store_stat(w->store, &before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_resume(w, job), ERR_STATE);
        world_settle(w);
        assert_int_equal(ask_signal(w, job, "x", (struct slice){ 0 }), ERR_STATE);
        world_settle(w);
    }
    store_stat(w->store, &after);
    assert_int_equal(after.commits, before.commits);
    assert_int_equal(job_journal_rows(w, job), rows);
    expect_state(w, job, JOB_SUSPENDED);
}

static void what_is_refused_of_a_wreck_costs_no_commit(void **state)
{
    check_refusals_are_free(*state, wrecked(*state));
}

static void what_is_refused_of_a_damaged_job_costs_no_commit(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = damaged(w);

    assert_int_equal(ask_resume(w, job), ERR_STATE); // it is found damaged, and suspended
    world_settle(w);
    check_refusals_are_free(w, job);
}

static void a_wreck_that_breaks_in_another_way_says_so(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);

    world_swap_script(w, GOOD, "error('other')");
    assert_int_equal(ask_resume(w, job), ERR_STATE);
    world_settle(w);
    expect_reason(w, job, "that strand is not there");
    world_swap_script(w, GOOD, GOOD);
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_journal(w, job, "started intended suspended suspended resumed");
}

// Only its head can tell of the end: behind the damage nobody knows the numbers.
static void a_damaged_job_is_stopped_without_a_word_in_its_journal(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = damaged(w);

    assert_int_equal(ask_stop(w, job, 0), 0);
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(job_journal_rows(w, job), 2);
    world_next_engine(w);
    expect_state(w, job, JOB_STOPPED);
    assert_false(job_is_resident(w, job));
}

static void check_cannot_be_suspended(struct fake_world *w, uint64_t job)
{
    size_t rows = job_journal_rows(w, job);

    assert_int_equal(ask_suspend(w, job, true), ERR_STATE);
    world_settle(w);
    assert_int_equal(job_journal_rows(w, job), rows);
    expect_state(w, job, JOB_SUSPENDED);
}

static void a_wreck_is_not_suspended_by_force(void **state)
{
    check_cannot_be_suspended(*state, wrecked(*state));
}

static void a_damaged_job_is_not_suspended_by_force(void **state)
{
    check_cannot_be_suspended(*state, damaged(*state));
}

static void check_removable_without_its_beginning(struct fake_world *w, const char *script)
{
    uint64_t job = job_start(w, script);
    struct job_seen seen;
    struct batch batch;

    world_crash(w);
    batch_init(&batch);
    journal_put(&batch, job, 1, SLICE("\xc1 damaged"));
    world_write(w, &batch);
    batch_release(&batch);
    world_boot(w);
    link_up(w);
    assert_int_equal(ask_stop(w, job, 0), ERR_CORRUPT);
    assert_non_null(strstr(err_text(&w->refusal), "pawl remove --force"));
    assert_int_equal(ask_remove(w, job, true), 0);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
    assert_int_equal(job_journal_rows(w, job), 0);
}

static void a_sleeper_whose_first_record_is_damaged_can_be_removed(void **state)
{
    check_removable_without_its_beginning(*state, "sleep('1d')");
}

static void a_job_whose_first_record_is_damaged_can_be_removed(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "sleep('1d')");
    check_removable_without_its_beginning(w, "localhost:run('a') localhost:run('b')");
}

static void jobs_out_of_memory_are_counted_however_often_a_wreck_is_woken(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = wrecked(w);
    uint64_t unfinished = 3;

    job_start(w, "sleep('1d')");
    job_start(w, "sleep('1d')");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_resume(w, job), ERR_STATE);
        world_settle(w);
        assert_int_equal(w->engine->parked + w->engine->residents.count, unfinished);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_key_of_a_wreck_is_not_forgotten),
        TEST(a_mended_wreck_takes_up_its_command),
        TEST(stopping_a_wreck_kills_what_it_had_begun),
        TEST(stopping_a_wreck_by_force_while_the_link_is_down_leaves_its_order),
        TEST(stopping_a_wreck_orders_nothing_for_commands_that_are_over),
        TEST(removing_a_wreck_by_force_kills_what_it_had_begun),
        TEST(a_sleeper_that_cannot_be_woken_keeps_its_alarm),
        TEST(nothing_is_written_into_a_damaged_journal),
        TEST(what_is_refused_of_a_wreck_costs_no_commit),
        TEST(what_is_refused_of_a_damaged_job_costs_no_commit),
        TEST(a_wreck_that_breaks_in_another_way_says_so),
        TEST(a_damaged_job_is_stopped_without_a_word_in_its_journal),
        TEST(a_wreck_is_not_suspended_by_force),
        TEST(a_damaged_job_is_not_suspended_by_force),
        TEST(a_sleeper_whose_first_record_is_damaged_can_be_removed),
        TEST(a_job_whose_first_record_is_damaged_can_be_removed),
        TEST(jobs_out_of_memory_are_counted_however_often_a_wreck_is_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
