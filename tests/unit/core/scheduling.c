// SPDX-License-Identifier: MIT
#include "unit/core/scheduling.h"

#include <stdio.h>

// ---- asking

int ask_add(struct fake_world *w, const struct schedule *schedule, const char *script)
{
    struct change change = start_of(script);

    change.kind = CHANGE_SCHEDULE_ADD;
    change.command = SLICE("t.lua");
    change.schedule = schedule;
    return ask(w, &change);
}

void add(struct fake_world *w, struct schedule schedule, const char *script)
{
    if (schedule.name.len == 0)
        schedule.name = SLICE("s");
    schedule.enabled = true;
    if (ask_add(w, &schedule, script) < 0)
        fail_msg("%s", err_text(&w->refusal));
    world_settle(w);
    world_tick(w, 0);
}

void add_every(struct fake_world *w, int64_t every_ms, enum schedule_overlap overlap,
               const char *script)
{
    add(w, (struct schedule){ .kind = SCHEDULE_EVERY, .every_ms = every_ms, .overlap = overlap }, script);
}

int ask_named(struct fake_world *w, enum change_kind kind)
{
    const struct schedule named = { .name = SLICE("s") };

    return ask(w, &(struct change){ .kind = kind, .schedule = &named });
}

void asked(struct fake_world *w, enum change_kind kind)
{
    assert_int_equal(ask_named(w, kind), 0);
    world_settle(w);
    world_tick(w, 0);
}

// ---- seeing

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

struct jobs jobs_of(struct fake_world *w)
{
    struct port port = engine_port(w->engine);
    struct jobs jobs = { .count = 0 };
    struct err err;

    assert_true(port.ops->jobs(port.core, 0, false, note_job, &jobs, &err) >= 0);
    for (size_t i = 0; i < jobs.count; i++)
        for (size_t j = 0; j < i; j++)
            if (jobs.nominals[i] == jobs.nominals[j] && jobs.nominals[i])
                fail_msg("jobs %d and %d stand for the same time", (int)jobs.ids[j], (int)jobs.ids[i]);
    return jobs;
}

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

struct seen see(struct fake_world *w)
{
    struct port port = engine_port(w->engine);
    struct seen seen = { .count = 0 };
    struct err err;

    assert_true(port.ops->schedules(port.core, note_schedule, &seen, &err) >= 0);
    return seen;
}
