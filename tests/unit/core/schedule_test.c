// SPDX-License-Identifier: MIT
// Schedules in a world whose clock the test sets: what becomes of each occurrence when
// clocks leap, engines are killed, machines boot, disks are full and jobs take long. The
// one rule above all: no nominal time has two jobs, ever.
#include <errno.h>
#include <stdlib.h>

#include "unit/core/fake_world.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, JOBS_MAX = 2000 };
#define DAY ((int64_t)24 * HOUR)
#define LONG "wait_signal('go')"
#define BRIEF "print('x')"

// ---- asking

static int ask_add(struct fake_world *w, const struct schedule *schedule, const char *script)
{
    struct change change = start_of(script);

    change.kind = CHANGE_SCHEDULE_ADD;
    change.command = SLICE("t.lua");
    change.schedule = schedule;
    return ask(w, &change);
}

static void add(struct fake_world *w, struct schedule schedule, const char *script)
{
    if (schedule.name.len == 0)
        schedule.name = SLICE("s");
    schedule.enabled = true;
    if (ask_add(w, &schedule, script) < 0)
        fail_msg("%s", err_text(&w->refusal));
    world_settle(w);
    world_tick(w, 0);
}

static void add_every(struct fake_world *w, int64_t every_ms, enum schedule_overlap overlap,
                      const char *script)
{
    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = every_ms, .overlap = overlap }, script);
}

static int ask_named(struct fake_world *w, enum change_kind kind)
{
    const struct schedule named = { .name = SLICE("s") };

    return ask(w, &(struct change){ .kind = kind, .schedule = &named });
}

static void asked(struct fake_world *w, enum change_kind kind)
{
    assert_int_equal(ask_named(w, kind), 0);
    world_settle(w);
    world_tick(w, 0);
}

// ---- seeing

struct jobs {
    uint64_t ids[JOBS_MAX];
    int64_t nominals[JOBS_MAX];
    enum job_state states[JOBS_MAX];
    size_t count, unfinished;
};

static int note_job(void *arg, const struct job_view *view)
{
    struct jobs *jobs = arg;

    if (view->head->removing || view->head->schedule.len == 0)
        return 0;
    assert_true(jobs->count < JOBS_MAX);
    jobs->ids[jobs->count] = view->head->id;
    jobs->nominals[jobs->count] = view->head->nominal_unix_ms;
    jobs->states[jobs->count++] = view->head->state;
    jobs->unfinished += !job_state_is_finished(view->head->state);
    return 0;
}

// Of schedules; with that each nominal time is there once.
static struct jobs jobs_of(struct fake_world *w)
{
    struct port port = engine_port(w->engine);
    struct jobs jobs = { .count = 0 };
    struct err err;

    assert_true(port.ops->jobs(port.core, false, note_job, &jobs, &err) >= 0);
    for (size_t i = 0; i < jobs.count; i++)
        for (size_t j = 0; j < i; j++)
            if (jobs.nominals[i] == jobs.nominals[j] && jobs.nominals[i])
                fail_msg("jobs %d and %d stand for the same time", (int)jobs.ids[j], (int)jobs.ids[i]);
    return jobs;
}

struct seen {
    struct schedule s; // its texts are gone
    int64_t next_ms;
    size_t unfinished, queued, count;
    char notice[ERR_TEXT_MAX], failure[ERR_TEXT_MAX];
};

static int note_schedule(void *arg, const struct schedule_view *view)
{
    struct seen *seen = arg;

    seen->s = *view->schedule;
    seen->next_ms = view->next_unix_ms[0];
    seen->unfinished = view->unfinished;
    seen->queued = schedule_queued(view->schedule);
    snprintf(seen->notice, sizeof(seen->notice), "%.*s", SLICE_ARG(view->notice));
    snprintf(seen->failure, sizeof(seen->failure), "%.*s", SLICE_ARG(view->schedule->failure));
    seen->count++;
    return 0;
}

// The only one, or the last by name.
static struct seen see(struct fake_world *w)
{
    struct port port = engine_port(w->engine);
    struct seen seen = { .count = 0 };
    struct err err;

    assert_true(port.ops->schedules(port.core, note_schedule, &seen, &err) >= 0);
    return seen;
}

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
        TEST(skip_leaves_out_and_tells_why),
        TEST(a_suspended_instance_is_unfinished_across_a_restart),
        TEST(queue_starts_them_in_order_each_for_its_own_time),
        TEST(a_full_queue_leaves_out),
        TEST(queued_ones_that_end_at_once_do_not_hold_up_the_others),
        TEST(parallel_starts_them_side_by_side),
        TEST(replace_stops_the_old_one_first),
        TEST(replaced_when_the_old_one_ends_at_once),
        TEST(at_boot_is_once_for_each_boot),
        TEST(enabled_again_it_does_not_make_up_for_a_boot),
        TEST(disabled_it_rests_and_enabled_it_goes_on_by_its_plan),
        TEST(removed_it_leaves_its_jobs),
        TEST(run_is_outside_of_the_plan),
        TEST(keep_removes_all_but_the_newest),
        TEST(what_is_unfinished_is_kept_beside_the_newest),
        TEST(what_could_not_start_is_refused_at_once),
        TEST(a_repeated_request_adds_once),
        TEST(on_a_full_disk_it_waits_for_space),
        TEST(a_zone_that_is_gone_is_told),
        TEST(a_job_that_cannot_be_started_is_told),
        TEST(a_damaged_one_does_not_keep_the_others_from_running),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
