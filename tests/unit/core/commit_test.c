// SPDX-License-Identifier: MIT
// Nothing outward happens before the commit that justifies it; a full disk is waited
// out; the end of an engine leaves nothing in the committer's hands.
#include "unit/core/fake_world.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static void a_command_is_not_told_before_its_intent_is_on_disk(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("localhost:run('rm -rf x')");

    assert_int_equal(ask(w, &change), 0);
    world_turn(w);
    assert_non_null(w->committing);
    expect_none(w, CALL_START);
    assert_int_equal(w->answers, 0);
    world_settle(w);
    expect_start(w, 2);
    assert_int_equal(w->answers, 1);
}

static void a_new_link_is_not_told_of_an_attempt_before_its_commit(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('go') localhost:run('x')");

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    assert_non_null(w->committing);
    link_cut(w);
    w->now_ms += 200;
    engine_alarm(w->engine); // the link is opened again
    link_says_ready(w, "boot-1");
    tell(w, LINK_ABSENT, 4); // the target does not know it, of course
    expect_none(w, CALL_START);
    expect_none(w, CALL_ATTACH);
    world_settle(w);
    expect_start(w, 4);
}

static void a_kill_is_not_sent_before_the_stop_is_on_disk(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    ask_stop(w, job, 0);
    world_turn(w);
    link_cut(w);
    w->now_ms += 200;
    engine_alarm(w->engine);
    link_says_ready(w, "boot-1");
    assert_non_null(w->committing);
    expect_none(w, CALL_SIGNAL);
    world_settle(w);
    expect_signal(w, 2, SIGKILL);
}

static void output_is_credited_once_it_is_on_disk(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "localhost:run('x')");
    tell_output(w, 2, 0, "12345");
    world_turn(w);
    assert_int_equal(w->credit_bytes, 0);
    world_settle(w);
    assert_int_equal(w->credit_bytes, 5);
}

static void a_sequential_step_costs_one_commit(void **state)
{
    struct fake_world *w = *state;
    struct store_stat before, after;

    job_start(w, "while true do localhost:run('x') end");
    command_ends(w, 2, 0);
    store_stat(w->store, &before);
    for (uint64_t no = 4; no < 204; no += 2) {
        w->call_count = 0;
        command_ends(w, no, 0);
        expect_start(w, no + 2);
    }
    store_stat(w->store, &after);
    assert_int_equal(after.commits - before.commits, 100);
    assert_in_range(after.puts - before.puts, 100, 300);
}

static void many_large_results_in_one_turn_fit_their_rows(void **state)
{
    enum { COMMANDS = 40, BYTES = 1024 * 1024 };
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local t = {} for i = 1, 40 do t[i] = i end "
                                "foreach(t, {}, function(i) localhost:run('c' .. i) end)");
    char *text = malloc(BYTES + 1);
    struct job_seen seen;

    assert_non_null(text);
    memset(text, 'x', BYTES);
    text[BYTES] = 0;
    for (uint64_t no = 2; no < 2 + COMMANDS; no++) {
        tell_output(w, no, 0, text);
        world_settle(w);
    }
    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        command_ends(w, no, 0);
    free(text);
    assert_true(job_see(w, job, &seen));
    assert_int_equal(seen.state, JOB_COMPLETED);
    // More than one row: a row has a bound, a turn's results have none.
    assert_in_range(job_journal_rows(w, job), 20, 60);
}

static void results_count_against_the_turn_that_they_wait_in(void **state)
{
    enum { BYTES = 1024 * 1024, COMMANDS = TURN_BYTES_MAX / BYTES };
    struct fake_world *w = *state;
    struct change change = start_of("print('x')"), broken = start_of("sleep('1h', 7)");
    char *text = malloc(BYTES + 1);

    assert_non_null(text);
    memset(text, 'x', BYTES);
    text[BYTES] = 0;
    job_start(w, "local t = {} for i = 1, 8 do t[i] = i end "
                 "foreach(t, {}, function(i) localhost:run{'c' .. i, quiet = true} end)");
    struct uuid uuid = w->uuid;
    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        tell_output(w, no, 0, text);
    free(text);
    world_settle(w);
    ask(w, &change);
    world_turn(w); // in the air: the results gather behind it
    assert_non_null(w->committing);
    w->uuid = uuid;
    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        tell_done(w, no, 0);
    assert_true(turn_is_full(w->engine));
    world_settle(w);
    assert_false(turn_is_full(w->engine));
    ask(w, &broken);
    world_settle(w);
    assert_int_equal(w->engine->events_bytes, 0);
}

// ---- a full disk

static void a_full_disk_is_tried_again_until_there_is_space(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print(wait_signal('go')) localhost:run('x')");
    struct change change = start_of("print('new')");

    w->disk_full = true;
    assert_int_equal(ask_signal(w, job, "go", SLICE("\xa3yes")), 0);
    world_settle(w);
    assert_int_equal(w->deferrals, 1); // nobody is left waiting without a word
    expect_none(w, CALL_START);
    expect_records(w, job, "");
    assert_int_equal(ask(w, &change), -ENOSPC);
    world_tick(w, 5000);
    expect_records(w, job, "");
    w->disk_full = false;
    world_tick(w, 1000);
    expect_records(w, job, "output: yes|\n");
    expect_start(w, 4);
}

static void an_engine_told_to_end_in_a_full_disk_ends_when_there_is_space(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('x')");

    job_start(w, "sleep(0.5)");
    w->disk_full = true;
    signal_job(w, job, "x");
    engine_shutdown(w->engine);
    world_settle(w);
    assert_false(w->stopped);
    w->disk_full = false;
    world_tick(w, 3000);
    assert_true(w->stopped);
    assert_int_equal(w->stop_err.code, 0);
}

static void due_timers_wait_quietly_while_the_disk_and_the_batch_are_full(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "sleep(2)");
    job_start(w, "localhost:run('x')");
    w->disk_full = true;
    for (uint64_t i = 0; i <= TURN_OPS_MAX; i++) {
        tell_output(w, 2, i, "x");
        if (i == 0)
            world_settle(w); // in the air: the rest gathers behind it
    }
    assert_true(turn_is_full(w->engine));
    world_tick(w, 5000); // a world whose alarm is always due fails the test
    w->disk_full = false;
    world_tick(w, 3000);
    expect_state(w, 1, JOB_COMPLETED);
}

// ---- the end

static void a_signal_during_the_first_commit_ends_the_engine_without_a_link(void **state)
{
    struct fake_world *w = *state;
    struct world world = w->engine->world;
    struct engine_options options = { 0 };
    struct err err;

    world_crash(w);
    assert_int_equal(engine_new(&w->engine, &world, w->store, &options, &err), 0);
    world_turn(w);
    assert_non_null(w->committing);
    engine_shutdown(w->engine);
    world_settle(w);
    assert_true(w->stopped);
    assert_null(w->link);
}

static void a_failed_engine_is_over_only_when_the_committer_lets_go_of_its_batch(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("print('x')");
    struct err err;

    ask(w, &change);
    world_turn(w);
    assert_non_null(w->committing);
    err_set(&err, -ENOMEM, "out of memory");
    engine_fail(w->engine, &err);
    assert_false(w->stopped); // whoever is told frees the engine, and the batch with it
    world_land(w);
    assert_true(w->stopped);
    assert_int_equal(w->stop_err.code, -ENOMEM);
    assert_int_equal(w->answers, 0);
}

static void an_engine_that_fails_while_its_batch_waits_for_space_is_over_at_once(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("print('x')");
    struct err err;

    ask(w, &change);
    w->disk_full = true;
    world_settle(w);
    err_set(&err, -ENOMEM, "out of memory");
    engine_fail(w->engine, &err);
    assert_true(w->stopped);
}

// ---- what costs nothing

static void a_refused_change_costs_no_commit(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('30d')");
    uint64_t over = job_start(w, "print('over')");
    struct change broken = start_of("this is no script");
    struct store_stat before, after;

    store_stat(w->store, &before);
    assert_int_equal(ask_resume(w, job), ERR_STATE);
    assert_int_equal(ask_remove(w, job, false), ERR_STATE);
    assert_int_equal(ask_remove(w, job + 1, true), ERR_STATE);
    assert_int_equal(ask_stop(w, over, 0), ERR_STATE);
    assert_int_equal(ask_suspend(w, over, false), ERR_STATE);
    assert_int_equal(ask_signal(w, over, "x", (struct slice){ 0 }), ERR_STATE);
    assert_int_equal(ask_stop(w, 999, 0), -ENOENT);
    assert_int_equal(ask_mark(w, 999, 1), -ENOENT);
    assert_int_equal(ask(w, &broken), ERR_SCRIPT);
    world_settle(w);
    store_stat(w->store, &after);
    assert_int_equal(after.commits, before.commits);
    assert_false(job_is_resident(w, job));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_not_told_before_its_intent_is_on_disk),
        TEST(a_new_link_is_not_told_of_an_attempt_before_its_commit),
        TEST(a_kill_is_not_sent_before_the_stop_is_on_disk),
        TEST(output_is_credited_once_it_is_on_disk),
        TEST(a_sequential_step_costs_one_commit),
        TEST(many_large_results_in_one_turn_fit_their_rows),
        TEST(results_count_against_the_turn_that_they_wait_in),
        TEST(a_full_disk_is_tried_again_until_there_is_space),
        TEST(an_engine_told_to_end_in_a_full_disk_ends_when_there_is_space),
        TEST(due_timers_wait_quietly_while_the_disk_and_the_batch_are_full),
        TEST(a_signal_during_the_first_commit_ends_the_engine_without_a_link),
        TEST(a_failed_engine_is_over_only_when_the_committer_lets_go_of_its_batch),
        TEST(an_engine_that_fails_while_its_batch_waits_for_space_is_over_at_once),
        TEST(a_refused_change_costs_no_commit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
