// SPDX-License-Identifier: MIT
// How: schedules go by the wall clock, alarms by the engine's timeline. So the time of
// the next look is turned into a distance whenever the alarm is set, and whoever is woken
// asks the clock anew: set back, the alarm comes too early, and is set again; set forward,
// the loop notices (clock_watch.h), or the next look, a minute later at most.
//
// The crash argument: an instance's rows and "its nominal time is dealt with" are in one
// batch. Killed before its commit, nothing of it happened, and the next engine finds the
// occurrence due, by its rule for those that were missed; killed after it, the job is
// there as any other, and the occurrence is not looked at again.
#include <errno.h>

#include "core/schedules.h"

enum {
    KEEP_AT_ONCE = 64,   // jobs removed in one look
    UNCOMMITTED_MS = 50, // until a new schedule is looked at again
};

// ---- what is done

// Its first run may have been all of it.
static bool ended_at_once(const struct engine *engine, uint64_t job_id)
{
    const struct resident *r = map_get(&engine->residents, job_id);

    return r && r->job.ended;
}

int planned_start(struct engine *engine, struct planned *p, int64_t nominal_ms, uint64_t *ret_id,
                  struct err *err)
{
    int rc = schedule_job_start(engine, &p->s, nominal_ms, ret_id, err);
    bool ended;

    if (rc < 0)
        return rc;
    p->s.runs++;
    p->s.last_job = *ret_id;
    p->s.last_unix_ms = nominal_ms ? nominal_ms : schedule_now_ms(engine);
    // Untracked it would be overtaken; the next engine finds it by its head.
    ended = ended_at_once(engine, *ret_id);
    if (planned_instance(engine, p, *ret_id, ended) < 0) {
        err_set(err, -ENOMEM, "no memory for an instance of a schedule");
        engine_fail(engine, err);
    } else if (ended && p->s.keep) { // nobody else will tell
        planned_wake(engine, p);
    }
    return 0;
}

static int start(struct engine *engine, struct planned *p, int64_t nominal_ms)
{
    struct err err = { 0 };
    uint64_t id;
    int rc = planned_start(engine, p, nominal_ms, &id, &err);

    if (rc == 0 || rc == -ENOSPC) // the second: it is looked at again when there is space
        return rc;
    engine_log(engine, LOG_ERROR, "schedule=%.*s could not start its job: %s",
               SLICE_ARG(p->s.name), err_text(&err));
    p->s.failed_unix_ms = nominal_ms;
    buf_clear(&p->failure);
    buf_add_str(&p->failure, err_text(&err));
    return 0;
}

static int note_state(void *arg, const struct job_view *view)
{
    enum job_state *state = arg;

    *state = view->head->state;
    return 1;
}

static void leave_out(struct engine *engine, struct planned *p, int64_t nominal_ms)
{
    const struct instance *instance = NULL;

    list_each(it, &p->instances) {
        instance = container_of(it, struct instance, link);
        if (!instance->finished)
            break;
    }
    p->s.skips++;
    p->s.skip_unix_ms = nominal_ms;
    p->s.skip_job = instance ? instance->job_id : 0;
    p->s.skip_state = JOB_RUNNING;
    if (instance)
        view_job(engine, instance->job_id, note_state, &p->s.skip_state, NULL);
}

void planned_drop_queue(struct planned *p)
{
    size_t n = schedule_queued(&p->s);

    if (n == 0)
        return;
    p->s.skips += n;
    p->s.skip_unix_ms = schedule_queue_at(&p->s, n - 1);
    p->s.skip_job = 0;
    buf_clear(&p->queue);
    p->s.queue = buf_slice(&p->queue);
}

static void wait_behind(struct planned *p, int64_t nominal_ms)
{
    buf_add_u64be(&p->queue, (uint64_t)nominal_ms);
    p->s.queue = buf_slice(&p->queue);
}

// Stopped once: what is stopping already is left to it.
static void stop_all(struct engine *engine, struct planned *p)
{
    list_each_safe(it, &p->instances) {
        struct instance *instance = container_of(it, struct instance, link);
        struct change stop = { .kind = CHANGE_STOP, .job_id = instance->job_id, .grace_ms = -1 };
        struct err err;
        uint64_t id;
        if (!instance->finished && change_stop(engine, &stop, &id, &err) < 0)
            engine_log(engine, LOG_WARNING, "schedule=%.*s could not stop job %llu: %s",
                       SLICE_ARG(p->s.name), (unsigned long long)stop.job_id, err_text(&err));
    }
}

// False: it could not be dealt with yet.
static bool meet(struct engine *engine, struct planned *p, int64_t nominal_ms)
{
    switch (schedule_meets(&p->s, p->unfinished)) {
    case SCHEDULE_START:
        return start(engine, p, nominal_ms) == 0;
    case SCHEDULE_LEAVE_OUT:
        leave_out(engine, p, nominal_ms);
        return true;
    case SCHEDULE_WAIT:
        wait_behind(p, nominal_ms);
        return true;
    case SCHEDULE_REPLACE:
        planned_drop_queue(p);
        wait_behind(p, nominal_ms);
        stop_all(engine, p);
        return true;
    }
    return true;
}

// ---- looking

static bool take_queued(struct engine *engine, struct planned *p)
{
    if (p->unfinished || schedule_queued(&p->s) == 0)
        return true;
    if (start(engine, p, schedule_queue_at(&p->s, 0)) < 0)
        return false;
    buf_drop(&p->queue, sizeof(int64_t));
    planned_put(engine, p);
    return true;
}

static bool look_boot(struct engine *engine, struct planned *p)
{
    struct world *w = &engine->world;
    struct uuid boot = w->ops->boot_id(w->self);
    int64_t nominal_ms = schedule_now_ms(engine) - w->ops->boottime_ms(w->self);

    if (uuid_equal(p->s.boot_id, boot))
        return true;
    if (nominal_ms <= p->s.done_unix_ms) // a clock that was wrong at the boot before
        nominal_ms = p->s.done_unix_ms + 1;
    if (!meet(engine, p, nominal_ms))
        return false;
    p->s.boot_id = boot;
    p->s.done_unix_ms = nominal_ms;
    planned_put(engine, p);
    return true;
}

static bool look_clock(struct engine *engine, struct planned *p)
{
    struct occurrence o = schedule_look(&p->s, p->zone, schedule_now_ms(engine));

    if (o.kind == OCCURRENCE_NONE) {
        p->wake_ms = o.wake_ms;
        return true;
    }
    if (o.kind == OCCURRENCE_MISSED)
        p->s.missed_unix_ms = o.nominal_ms;
    else if (!meet(engine, p, o.nominal_ms))
        return false;
    p->s.done_unix_ms = o.nominal_ms;
    planned_put(engine, p);
    o = schedule_look(&p->s, p->zone, o.nominal_ms);
    p->wake_ms = o.wake_ms;
    return true;
}

// What is over and more than is to be kept.
static void keep_newest(struct engine *engine, struct planned *p)
{
    int left = KEEP_AT_ONCE;

    list_each_safe(it, &p->instances) {
        struct instance *instance = container_of(it, struct instance, link);
        struct change remove = { .kind = CHANGE_REMOVE, .job_id = instance->job_id };
        struct err err;
        uint64_t id;
        if (p->finished <= p->s.keep || turn_is_full(engine) || left-- == 0)
            break;
        if (!instance->finished || change_remove(engine, &remove, &id, &err) == 0)
            continue;
        engine_log(engine, LOG_WARNING, "schedule=%.*s keeps job %llu: %s", SLICE_ARG(p->s.name),
                   (unsigned long long)remove.job_id, err_text(&err));
        schedules_removed(engine, remove.job_id); // not tried again before the next start
    }
}

static bool has_more(const struct planned *p)
{
    return (schedule_queued(&p->s) && !p->unfinished) || (p->s.keep && p->finished > p->s.keep);
}

static void look(struct engine *engine, struct planned *p)
{
    bool done;

    p->wake_ms = INT64_MAX;
    // Nobody can stop or remove a job that is not on disk yet.
    if (!planned_is_committed(engine, p) || !planned_has_landed(engine, p)) {
        p->wake_ms = schedule_now_ms(engine) + UNCOMMITTED_MS;
        return;
    }
    done = take_queued(engine, p);
    if (!planned_has_landed(engine, p)) { // it has started one
        p->wake_ms = schedule_now_ms(engine) + UNCOMMITTED_MS;
        return;
    }
    if (done && p->s.enabled && p->trouble.len == 0)
        done = p->s.kind == SCHEDULE_BOOT ? look_boot(engine, p) : look_clock(engine, p);
    if (p->s.keep && planned_has_landed(engine, p))
        keep_newest(engine, p);
    if (!done || has_more(p))
        p->wake_ms = INT64_MIN;
}

static bool can_work(const struct engine *engine)
{
    return !engine->stopping && !engine->disk_full && !engine->stuck && !turn_is_full(engine);
}

void schedules_due(struct engine *engine)
{
    int64_t now_ms = schedule_now_ms(engine), wake_ms = INT64_MAX;

    if (engine->schedules_wake_ms > now_ms || !can_work(engine))
        return;
    engine->schedules_wake_ms = INT64_MAX;
    list_each_safe(it, &engine->schedules) {
        struct planned *p = container_of(it, struct planned, link);
        if (p->wake_ms <= now_ms && can_work(engine))
            look(engine, p);
        if (p->wake_ms < wake_ms)
            wake_ms = p->wake_ms;
    }
    if (wake_ms < engine->schedules_wake_ms) // what ended at once has woken it already
        engine->schedules_wake_ms = wake_ms;
}

int64_t schedules_due_ms(const struct engine *engine)
{
    int64_t now_ms, wake_ms = engine->schedules_wake_ms;

    // What finds the batch or the disk full is looked at when a commit has landed.
    if (wake_ms == INT64_MAX || !can_work(engine))
        return INT64_MAX;
    now_ms = schedule_now_ms(engine);
    return engine_now_ms(engine) + (wake_ms > now_ms ? wake_ms - now_ms : 0);
}
