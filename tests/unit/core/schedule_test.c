// SPDX-License-Identifier: MIT
// Schedules in a world whose clock the test sets: what becomes of each occurrence when
// clocks leap, engines are killed, machines boot and disks are full. The one rule above
// all: no nominal time has two jobs, ever.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/core/scheduling.h"

// ---- on time

static void each_occurrence_is_a_job_of_its_nominal_time(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);
    struct jobs jobs;

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    assert_int_equal(see(w).next_ms, begun + MINUTE);
    world_tick(w, MINUTE - 1);
    assert_int_equal(jobs_of(w).count, 0);
    world_tick(w, 2 * MINUTE + HOUR / 100);
    jobs = jobs_of(w);
    assert_int_equal(jobs.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(jobs.nominals[i], begun + (int64_t)(i + 1) * MINUTE);
    assert_int_equal(see(w).s.runs, 3);
    assert_int_equal(see(w).s.last_job, jobs.ids[2]);
    assert_int_equal(see(w).unfinished, 0);
}

static void a_cron_text_goes_by_its_zone(void **state)
{
    struct fake_world *w = *state; // 2023-11-14 22:13:21 UTC
    struct jobs jobs;

    add(w, (struct schedule){ .kind = SCHEDULE_CRON, .cron_text = SLICE("0 0 * * *"),
                              .timezone = SLICE("Europe/Berlin") }, BRIEF);
    world_tick(w, HOUR);
    jobs = jobs_of(w);
    assert_int_equal(jobs.count, 1);
    assert_int_equal(jobs.nominals[0], INT64_C(1700002800000)); // 23:00 UTC
}

// What was added is made of the texts of that time, and takes its name from the schedule.
static int note_name(void *arg, const struct job_view *view)
{
    snprintf(arg, 32, "%.*s", SLICE_ARG(view->head->name));
    return 0;
}

static void a_job_is_called_as_its_schedule_unless_it_has_a_name(void **state)
{
    struct fake_world *w = *state;
    struct port port = engine_port(w->engine);
    char name[32];

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    world_tick(w, MINUTE);
    assert_int_equal(port.ops->job(port.core, jobs_of(w).ids[0], note_name, name, NULL), 0);
    assert_string_equal(name, "s");
}

static void jitter_delays_a_job_and_not_its_nominal_time(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w), due;
    struct seen seen;

    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = DAY, .jitter_ms = 10 * HOUR }, BRIEF);
    seen = see(w);
    due = schedule_due_ms(&seen.s, NULL, begun + DAY);
    assert_true(due > begun + DAY);
    world_tick(w, due - begun - 1);
    assert_int_equal(jobs_of(w).count, 0);
    world_tick(w, 1);
    assert_int_equal(jobs_of(w).nominals[0], begun + DAY);
}

// ---- clocks

static void a_clock_that_is_set_back_runs_nothing_twice(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    world_tick(w, 5 * MINUTE);
    assert_int_equal(jobs_of(w).count, 5);
    world_set_clock(w, -HOUR);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 5);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 6);
    world_set_clock(w, -DAY);
    assert_non_null(strstr(see(w).notice, "set back"));
    world_next_engine(w);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 6);
}

static void a_clock_that_is_set_forward_makes_one_of_what_it_leapt_over(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, HOUR, OVERLAP_SKIP, BRIEF);
    world_set_clock(w, 10 * HOUR + MINUTE);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(jobs_of(w).nominals[0], begun + 10 * HOUR);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).nominals[1], begun + 11 * HOUR);
}

static void missed_skip_runs_none_of_them(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = HOUR, .missed = MISSED_SKIP }, BRIEF);
    world_set_clock(w, 10 * HOUR + 2 * MINUTE);
    assert_int_equal(jobs_of(w).count, 0);
    assert_int_equal(see(w).s.missed_unix_ms, begun + 10 * HOUR);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).nominals[0], begun + 11 * HOUR);
}

// Clocks leap about at random, engines are killed: jobs_of fails when a time has two jobs.
static void no_time_ever_has_two_jobs(void **state)
{
    struct fake_world *w = *state;
    unsigned chance = 4711;

    add_every(w, 10 * 1000, OVERLAP_PARALLEL, BRIEF);
    for (int i = 0; i < 400; i++) {
        chance = chance * 1103515245 + 12345;
        int64_t by = (int64_t)(chance >> 8) % (4 * MINUTE) - 2 * MINUTE;
        switch (chance >> 4 & 3) {
        case 0: world_set_clock(w, by); break;
        case 1: world_tick(w, llabs(by) / 4); break;
        case 2: world_next_engine(w); break;
        default: // killed between the start of a job and its commit
            w->now_ms += 10 * 1000;
            engine_alarm(w->engine);
            world_turn(w);
            world_next_engine(w);
        }
    }
    world_tick(w, 5 * MINUTE);
    assert_true(jobs_of(w).count > 50);
}

// ---- kills and downtime

static void killed_before_the_commit_it_has_not_happened(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_SKIP, LONG);
    w->now_ms += MINUTE;
    engine_alarm(w->engine);
    world_turn(w);
    assert_non_null(w->committing);
    world_next_engine(w);
    assert_int_equal(jobs_of(w).count, 0);
    assert_int_equal(see(w).s.runs, 0);
    world_tick(w, 0);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(jobs_of(w).nominals[0], begun + MINUTE);
}

static void killed_behind_the_commit_it_is_there_once(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_PARALLEL, LONG);
    w->now_ms += MINUTE;
    engine_alarm(w->engine);
    world_turn(w);
    world_land(w);
    world_next_engine(w);
    world_tick(w, MINUTE - 1);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(see(w).s.runs, 1);
}

static void a_year_of_downtime_is_one_job(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_PARALLEL, BRIEF);
    world_tick(w, MINUTE);
    world_reboot(w, 365 * DAY);
    world_tick(w, 0);
    assert_int_equal(jobs_of(w).count, 2);
    assert_int_equal((jobs_of(w).nominals[1] - begun) % MINUTE, 0);
    assert_true(world_wall_ms(w) - jobs_of(w).nominals[1] < MINUTE);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 3);
}

// ---- at boot

static void at_boot_is_once_for_each_boot(void **state)
{
    struct fake_world *w = *state;

    add(w, (struct schedule){ .kind = SCHEDULE_BOOT }, BRIEF);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 0); // this boot was before it
    world_next_engine(w);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 0);
    world_reboot(w, MINUTE);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 1);
    world_next_engine(w);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 1);
    w->wall_step_ms -= DAY; // boots with a clock that is wrong
    world_reboot(w, MINUTE);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 2);
    assert_true(jobs_of(w).nominals[1] > jobs_of(w).nominals[0]); // all the same
}

static void enabled_again_it_does_not_make_up_for_a_boot(void **state)
{
    struct fake_world *w = *state;

    add(w, (struct schedule){ .kind = SCHEDULE_BOOT }, BRIEF);
    asked(w, CHANGE_SCHEDULE_DISABLE);
    world_reboot(w, MINUTE);
    world_tick(w, HOUR);
    asked(w, CHANGE_SCHEDULE_ENABLE);
    assert_int_equal(jobs_of(w).count, 0);
    world_reboot(w, MINUTE);
    world_tick(w, 0);
    assert_int_equal(jobs_of(w).count, 1);
}

// ---- trouble

static void on_a_full_disk_it_waits_for_space(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    w->room_rc = -ENOSPC;
    signal_job(w, job_start(w, LONG), "go"); // a commit finds out
    world_tick(w, 5 * MINUTE);
    assert_int_equal(jobs_of(w).count, 0);
    w->room_rc = 0;
    world_tick(w, 2000);
    assert_int_equal(jobs_of(w).count, 1);
    assert_int_equal(jobs_of(w).nominals[0], begun + 5 * MINUTE);
}

static void a_zone_that_is_gone_is_told(void **state)
{
    struct fake_world *w = *state;

    add(w, (struct schedule){ .kind = SCHEDULE_CRON, .cron_text = SLICE("* * * * *"),
                              .timezone = SLICE("Europe/Berlin") }, BRIEF);
    w->no_zones = true;
    world_next_engine(w);
    world_tick(w, HOUR);
    assert_int_equal(jobs_of(w).count, 0);
    assert_non_null(strstr(see(w).notice, "Europe/Berlin"));
    w->no_zones = false;
    world_next_engine(w);
    world_tick(w, 0);
    assert_int_equal(jobs_of(w).count, 1);
}

static void damage_own(struct fake_world *w, bool job_only)
{
    struct seen seen = see(w);
    struct batch batch;

    batch_init(&batch);
    schedules_job_put(&batch, seen.s.uuid, SLICE("\x91\x01"));
    if (!job_only) {
        seen.s.every_ms = 1; // no schedule has that
        seen.s.name = SLICE("s");
        seen.s.command = seen.s.cron_text = seen.s.timezone = seen.s.failure = seen.s.queue = SLICE("");
        schedules_put(&batch, &seen.s);
    }
    world_write(w, &batch);
    batch_release(&batch);
}

static void a_job_that_cannot_be_started_is_told(void **state)
{
    struct fake_world *w = *state;
    int64_t begun = world_wall_ms(w);

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    damage_own(w, true);
    world_tick(w, 2 * MINUTE);
    assert_int_equal(jobs_of(w).count, 0);
    assert_int_equal(see(w).s.failed_unix_ms, begun + 2 * MINUTE);
    assert_non_null(strstr(see(w).failure, "wrong form"));
}

static void a_damaged_one_does_not_keep_the_others_from_running(void **state)
{
    struct fake_world *w = *state;

    add_every(w, MINUTE, OVERLAP_SKIP, BRIEF);
    damage_own(w, false);
    add(w, (struct schedule){ .name = SLICE("t"), .kind = SCHEDULE_EVERY, .every_ms = MINUTE }, BRIEF);
    world_next_engine(w);
    world_tick(w, MINUTE);
    assert_int_equal(jobs_of(w).count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_occurrence_is_a_job_of_its_nominal_time),
        TEST(a_cron_text_goes_by_its_zone),
        TEST(a_job_is_called_as_its_schedule_unless_it_has_a_name),
        TEST(jitter_delays_a_job_and_not_its_nominal_time),
        TEST(a_clock_that_is_set_back_runs_nothing_twice),
        TEST(a_clock_that_is_set_forward_makes_one_of_what_it_leapt_over),
        TEST(missed_skip_runs_none_of_them),
        TEST(no_time_ever_has_two_jobs),
        TEST(killed_before_the_commit_it_has_not_happened),
        TEST(killed_behind_the_commit_it_is_there_once),
        TEST(a_year_of_downtime_is_one_job),
        TEST(at_boot_is_once_for_each_boot),
        TEST(enabled_again_it_does_not_make_up_for_a_boot),
        TEST(on_a_full_disk_it_waits_for_space),
        TEST(a_zone_that_is_gone_is_told),
        TEST(a_job_that_cannot_be_started_is_told),
        TEST(a_damaged_one_does_not_keep_the_others_from_running),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
