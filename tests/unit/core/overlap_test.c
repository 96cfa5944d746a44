// SPDX-License-Identifier: MIT
// Schedules whose jobs take long, under each policy; and what people ask of schedules.
#include <errno.h>

#include "unit/core/scheduling.h"

// ---- overlap

static void skip_leaves_out_and_tells_why(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);
    struct seen seen;

    add_every(w, MINUTE, OVERLAP_SKIP, LONG);
    world_tick(w, 3 * MINUTE);
    assert_int_equal(jobs_of(w).count, 1);
    seen = see(w);
    assert_int_equal(seen.s.skips, 2);
    assert_int_equal(seen.s.skip_unix_ms, begun + 3 * MINUTE);
    assert_int_equal(seen.s.skip_job, jobs_of(w).ids[0]);
    assert_int_equal(seen.s.skip_state, JOB_RUNNING);
    signal_job(w, jobs_of(w).ids[0], "go");
    world_tick(w, 0);
    assert_int_equal(jobs_of(w).count, 1); // what was left out does not come back
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 2);
}

static void a_suspended_instance_is_unfinished_across_a_restart(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_SKIP, LONG);
    world_tick(w, MINUTE);
    suspend_job(w, jobs_of(w).ids[0], false);
    world_next_engine(w);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(see(w).s.skip_state, JOB_SUSPENDED);
}

static void queue_starts_them_in_order_each_for_its_own_time(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_QUEUE, LONG);
    world_tick(w, 3 * MINUTE + 1);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(see(w).queued, 2);
    world_next_engine(w); // they wait on disk
    for (size_t i = 1; i < 3; i++) {
        signal_job(w, jobs_of(w).ids[i - 1], "go");
        world_tick(w, 0);
        assert_int_equal(jobs_of(w).count, i + 1);
        assert_int_equal(jobs_of(w).nominals[i], begun + (int64_t)(i + 1) * MINUTE);
        assert_int_equal(jobs_of(w).unfinished, 1);
    }
    assert_int_equal(see(w).queued, 0);
}

static void a_full_queue_leaves_out(void **state)
{
    struct fake_world *w = *state;

    add_every(w, 1000, OVERLAP_QUEUE, LONG);
    world_tick(w, (int64_t)(SCHEDULE_QUEUE_MAX + 6) * 1000);
    assert_int_equal(see(w).queued, SCHEDULE_QUEUE_MAX);
    assert_int_equal(see(w).s.skips, 5);
}

static void queued_ones_that_end_at_once_do_not_hold_up_the_others(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_QUEUE, "if job.id < 5 then wait_signal('go') end");
    world_tick(w, 4 * MINUTE);
    assert_int_equal(see(w).queued, 3);
    signal_job(w, jobs_of(w).ids[0], "go");
    world_tick(w, 0);
    while (jobs_of(w).unfinished) {
        struct jobs jobs = jobs_of(w);
        signal_job(w, jobs.ids[jobs.count - 1], "go");
        world_tick(w, 0);
    }
    assert_int_equal(jobs_of(w).count, 4);
    assert_int_equal(see(w).queued, 0);
}

static void parallel_starts_them_side_by_side(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_PARALLEL, LONG);
    world_tick(w, 3 * MINUTE);
    assert_int_equal(jobs_of(w).unfinished, 3);
    assert_int_equal(see(w).unfinished, 3);
}

static void replace_stops_the_old_one_first(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_REPLACE, "localhost:run('x')");
    world_tick(w, 2 * MINUTE);
    assert_int_equal(jobs_of(w).count, 1); // its command is still to be killed
    expect_state(w, jobs_of(w).ids[0], JOB_STOPPING);
    world_tick(w, MINUTE - 1);
    assert_int_equal(see(w).queued, 1);
    w->now_ms++; // another takes the place of the one that waits
    world_tick(w, 0);
    assert_int_equal(see(w).queued, 1);
    assert_int_equal(see(w).s.skips, 1);
    assert_int_equal(see(w).s.skip_unix_ms, begun + 2 * MINUTE);
}

static void replaced_when_the_old_one_ends_at_once(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);
    struct jobs jobs;

    add_every(w, MINUTE, OVERLAP_REPLACE, LONG);
    world_tick(w, 2 * MINUTE);
    jobs = jobs_of(w);
    assert_int_equal(jobs.count, 2);
    assert_int_equal(jobs.states[0], JOB_STOPPED);
    assert_int_equal(jobs.nominals[1], begun + 2 * MINUTE);
    assert_int_equal(see(w).s.skips, 0);
}

// ---- what people ask

static void disabled_it_rests_and_enabled_it_goes_on_by_its_plan(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_QUEUE, LONG);
    world_tick(w, 2 * MINUTE);
    asked(w, CHANGE_SCHEDULE_DISABLE);
    assert_int_equal(see(w).queued, 0); // nothing waits any more
    assert_int_equal(see(w).next_ms, 0);
    signal_job(w, jobs_of(w).ids[0], "go");
    world_tick(w, 10 * MINUTE + 1);
    world_next_engine(w);
    assert_int_equal(jobs_of(w).count, 1);
    asked(w, CHANGE_SCHEDULE_ENABLE);
    assert_int_equal(jobs_of(w).count, 1);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 2);
    assert_int_equal((jobs_of(w).nominals[1] - begun) % MINUTE, 0);
}

static void removed_it_leaves_its_jobs(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_PARALLEL, LONG);
    world_tick(w, 2 * MINUTE);
    asked(w, CHANGE_SCHEDULE_REMOVE);
    assert_int_equal(see(w).count, 0);
    world_tick(w, 10 * MINUTE);
    assert_int_equal(jobs_of(w).unfinished, 2);
    assert_int_equal(ask_named(w, CHANGE_SCHEDULE_REMOVE), -ESRCH);
    assert_int_equal(ask_named(w, CHANGE_SCHEDULE_RUN), -ESRCH);
    world_next_engine(w);
    signal_job(w, jobs_of(w).ids[0], "go");
    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF); // its name is free; the old jobs are not of it
    world_tick(w, MINUTE);
    assert_int_equal(see(w).s.runs, 1);
}

static void run_is_outside_of_the_plan(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_SKIP, LONG);
    asked(w, CHANGE_SCHEDULE_RUN);
    asked(w, CHANGE_SCHEDULE_RUN); // whatever its overlap says
    assert_int_equal(jobs_of(w).count, 2);
    assert_int_equal(w->answer_id, jobs_of(w).ids[1]);
    assert_int_equal(jobs_of(w).nominals[0], 0);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 2); // they are unfinished: the plan's is left out
    assert_int_equal(see(w).s.skips, 1);
}

static void keep_removes_all_but_the_newest(void **state)
{
    struct fake_world *w = *state;
    struct jobs jobs;

    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = MINUTE, .keep = 2 }, BRIEF);
    world_tick(w, 5 * MINUTE);
    jobs = jobs_of(w);
    assert_int_equal(jobs.count, 2);
    assert_int_equal(see(w).s.last_job, jobs.ids[1]);
    world_next_engine(w);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 2);
    // One that a person removes is not counted any more.
    assert_int_equal(ask_remove(w, jobs_of(w).ids[0], false), 0);
    world_settle(w);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 2);
}

// They are over before anybody could look, and not on disk yet when somebody does.
static void keep_removes_those_that_ended_at_once(void **state)
{
    struct fake_world *w = *state;

    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = 60 * MINUTE, .keep = 1 }, BRIEF);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask_named(w, CHANGE_SCHEDULE_RUN), 0);
    world_settle(w);
    world_tick(w, 1000);
    assert_int_equal(jobs_of(w).count, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_named(w, CHANGE_SCHEDULE_RUN), 0);
        world_settle(w);
    }
    world_tick(w, 1000);
    assert_int_equal(jobs_of(w).count, 1);
}

static void what_is_unfinished_is_kept_beside_the_newest(void **state)
{
    struct fake_world *w = *state;

    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = MINUTE, .keep = 1,
                              .overlap = OVERLAP_PARALLEL },
        "if job.id < 4 then wait_signal('go') end");
    world_tick(w, 6 * MINUTE);
    assert_true(jobs_of(w).unfinished >= 1);
    assert_int_equal(jobs_of(w).count, jobs_of(w).unfinished + 1);
}

static void expect_refusal(struct fake_world *w, struct schedule s, const char *script, int code,
                           const char *words)
{
    s.enabled = true;
    assert_int_equal(ask_add(w, &s, script), code);
    if (!strstr(err_text(&w->refusal), words))
        fail_msg("%s", err_text(&w->refusal));
}

static void what_could_not_start_is_refused_at_once(void **state)
{
    struct fake_world *w = *state;
    struct schedule s = { .name = SLICE("s"), .kind = SCHEDULE_EVERY, .every_ms = MINUTE };
    struct schedule zoned = { .name = SLICE("z"), .kind = SCHEDULE_CRON, .cron_text = SLICE("@daily"),
                              .timezone = SLICE("Europe/Atlantis") };

    expect_refusal(w, s, "this is no lua", ERR_SCRIPT, "t.lua:1");
    expect_refusal(w, zoned, BRIEF, ERR_USAGE, "no time zone \"Europe/Atlantis\"");
    add(w, s, BRIEF);
    expect_refusal(w, s, BRIEF, -EEXIST, "exists already");
    assert_int_equal(see(w).count, 1);
    assert_int_equal(jobs_of(w).count, 0);
}

static void a_repeated_request_adds_once(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of(BRIEF);
    struct schedule s = { .name = SLICE("s"), .kind = SCHEDULE_EVERY, .every_ms = MINUTE };
    unsigned before = w->answers;

    change.kind = CHANGE_SCHEDULE_ADD;
    change.schedule = &s;
    change.request = (struct uuid){ { 42 } };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(w, &change), 0);
        if (i)
            world_settle(w);
    }
    world_next_engine(w);
    assert_int_equal(ask(w, &change), 0);
    world_settle(w);
    assert_int_equal(w->answers - before, 4);
    assert_int_equal(see(w).count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(skip_leaves_out_and_tells_why),
        TEST(a_suspended_instance_is_unfinished_across_a_restart),
        TEST(queue_starts_them_in_order_each_for_its_own_time),
        TEST(a_full_queue_leaves_out),
        TEST(queued_ones_that_end_at_once_do_not_hold_up_the_others),
        TEST(parallel_starts_them_side_by_side),
        TEST(replace_stops_the_old_one_first),
        TEST(replaced_when_the_old_one_ends_at_once),
        TEST(disabled_it_rests_and_enabled_it_goes_on_by_its_plan),
        TEST(removed_it_leaves_its_jobs),
        TEST(run_is_outside_of_the_plan),
        TEST(keep_removes_all_but_the_newest),
        TEST(keep_removes_those_that_ended_at_once),
        TEST(what_is_unfinished_is_kept_beside_the_newest),
        TEST(what_could_not_start_is_refused_at_once),
        TEST(a_repeated_request_adds_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
