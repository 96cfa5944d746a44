// SPDX-License-Identifier: MIT
// How: what people ask of the fake world's engine, by its port, as control does.
#include "unit/core/fake_world.h"

#include <errno.h>

static void on_answer(void *arg, uint64_t id, const struct err *err)
{
    struct fake_world *world = arg;

    if (err) { // accepted, but not on disk: the only word an answer may come with
        assert_int_equal(err->code, -ENOSPC);
        world->deferrals++;
        world->deferral = *err;
        return;
    }
    world->answers++;
    world->answer_id = id;
}

int ask(struct fake_world *world, const struct change *change)
{
    struct port port = engine_port(world->engine);

    world->refusal = (struct err){ 0 };
    return port.ops->change(port.core, change, on_answer, world, &world->refusal);
}

int ask_stop(struct fake_world *world, uint64_t job, int64_t grace_ms)
{
    return ask(world, &(struct change){ .kind = CHANGE_STOP, .job_id = job, .grace_ms = grace_ms });
}

int ask_stop_force(struct fake_world *world, uint64_t job)
{
    return ask(world, &(struct change){ .kind = CHANGE_STOP, .job_id = job, .force = true });
}

int ask_suspend(struct fake_world *world, uint64_t job, bool force)
{
    return ask(world, &(struct change){ .kind = CHANGE_SUSPEND, .job_id = job, .force = force });
}

int ask_resume(struct fake_world *world, uint64_t job)
{
    return ask(world, &(struct change){ .kind = CHANGE_RESUME, .job_id = job });
}

int ask_signal(struct fake_world *world, uint64_t job, const char *name, struct slice sent)
{
    return ask(world, &(struct change){ .kind = CHANGE_SIGNAL, .job_id = job,
                                        .signal_name = slice_str(name), .signal_value = sent });
}

int ask_mark(struct fake_world *world, uint64_t job, uint64_t seq)
{
    return ask(world, &(struct change){ .kind = CHANGE_MARK, .job_id = job, .seq = seq });
}

int ask_remove(struct fake_world *world, uint64_t job, bool force)
{
    return ask(world, &(struct change){ .kind = CHANGE_REMOVE, .job_id = job, .force = force });
}

void stop_job(struct fake_world *world, uint64_t job, int64_t grace_ms)
{
    assert_int_equal(ask_stop(world, job, grace_ms), 0);
    world_settle(world);
}

void suspend_job(struct fake_world *world, uint64_t job, bool force)
{
    assert_int_equal(ask_suspend(world, job, force), 0);
    world_settle(world);
}

void resume_job(struct fake_world *world, uint64_t job)
{
    assert_int_equal(ask_resume(world, job), 0);
    world_settle(world);
}

void signal_job(struct fake_world *world, uint64_t job, const char *name)
{
    assert_int_equal(ask_signal(world, job, name, (struct slice){ 0 }), 0);
    world_settle(world);
}

struct change start_of(const char *script)
{
    return (struct change){
        .kind = CHANGE_START,
        .type = JOB_WORKFLOW,
        .script_name = SLICE("t.lua"),
        .script_text = slice_str(script),
        .params = SLICE("\x80"),
        .meta = SLICE("\x80"),
        .cwd = SLICE("/"),
    };
}

static int note_uuid(void *arg, const struct job_view *view)
{
    ((struct fake_world *)arg)->uuid = view->head->uuid;
    return 0;
}

uint64_t job_start_change(struct fake_world *world, const struct change *change)
{
    struct port port = engine_port(world->engine);
    struct err err;

    world->answer_id = 0;
    if (ask(world, change) < 0)
        fail_msg("start: %s", err_text(&world->refusal));
    world_settle(world);
    assert_int_not_equal(world->answer_id, 0);
    assert_int_equal(port.ops->job(port.core, world->answer_id, note_uuid, world, &err), 0);
    return world->answer_id;
}

uint64_t job_start(struct fake_world *world, const char *script)
{
    struct change change = start_of(script);

    return job_start_change(world, &change);
}
