// SPDX-License-Identifier: MIT
// How: every due time is in one binary heap, 32 bytes each, on the engine's
// timeline; the durable ones also have a row in the timers table, written with
// the event that set them. Nothing is deleted early: an alarm that fires for a
// step that no longer waits is dropped, and its row with it. But those of jobs that have
// ended go, some hundred jobs' at once in a walk over the heap: a job that has a limit of a
// month and ends in a second would leave its row for that month.
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "core/reboot.h"
#include "model/job_limit.h"

static void swap(struct alarms *alarms, size_t i, size_t j)
{
    struct alarm tmp = alarms->items[i];

    alarms->items[i] = alarms->items[j];
    alarms->items[j] = tmp;
}

static void sift_up(struct alarms *alarms, size_t i)
{
    while (i && alarms->items[(i - 1) / 2].due_ms > alarms->items[i].due_ms) {
        swap(alarms, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static void sift_down(struct alarms *alarms)
{
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < alarms->count &&
            alarms->items[child + 1].due_ms < alarms->items[child].due_ms)
            child++;
        if (child >= alarms->count || alarms->items[i].due_ms <= alarms->items[child].due_ms)
            return;
        swap(alarms, i, child);
        i = child;
    }
}

static int push(struct alarms *alarms, struct alarm alarm)
{
    struct alarm *items = array_room(alarms->items, alarms->count, &alarms->cap, sizeof(*items));

    if (!items)
        return -ENOMEM;
    alarms->items = items;
    alarms->items[alarms->count] = alarm;
    sift_up(alarms, alarms->count++);
    return 0;
}

static struct alarm pop(struct alarms *alarms)
{
    struct alarm first = alarms->items[0];

    alarms->items[0] = alarms->items[--alarms->count];
    sift_down(alarms);
    return first;
}

void alarm_rearm(struct engine *engine)
{
    int64_t due_ms = schedules_due_ms(engine);
    struct world *w = &engine->world;

    // A full batch takes nothing more before its predecessor has landed; an engine
    // that stops takes nothing at all, but still tries to commit.
    if (engine->alarms.count && !engine->stopping && !(engine->flying && turn_is_full(engine)) &&
        engine->alarms.items[0].due_ms < due_ms)
        due_ms = engine->alarms.items[0].due_ms;
    if (!engine->stopping && engine->hosts.due_ms < due_ms)
        due_ms = engine->hosts.due_ms;
    if (engine->commit_retry_at_ms && engine->commit_retry_at_ms < due_ms)
        due_ms = engine->commit_retry_at_ms;
    if (!engine->stopping && sweep_due_ms(engine) < due_ms)
        due_ms = sweep_due_ms(engine);
    if (!engine->stopping && retention_due_ms(engine) < due_ms)
        due_ms = retention_due_ms(engine);
    if (due_ms != INT64_MAX)
        w->ops->alarm(w->self, due_ms - engine->timeline_base_ms + engine->boottime_base_ms);
}

static void push_or_fail(struct engine *engine, struct alarms *alarms, struct alarm alarm)
{
    struct err err;

    if (push(alarms, alarm) == 0)
        return;
    err_set(&err, -ENOMEM, "out of memory");
    engine_fail(engine, &err);
}

void alarm_set(struct resident *resident, int64_t due_ms, uint64_t event_no, bool has_row)
{
    struct engine *engine = resident->engine;

    resident->alarmed = true;
    if (has_row)
        timers_put(turn_batch(engine), due_ms, resident->id, event_no);
    if (due_ms < resident->next_due_ms)
        resident->next_due_ms = due_ms;
    push_or_fail(engine, &engine->alarms,
                 (struct alarm){ due_ms, resident->id, event_no, has_row, due_ms });
    alarm_rearm(engine);
}

// ---- those of jobs that have ended

enum { ENDED_MIN = 256, ENDED_SHARE = 8 }; // jobs, and alarms for each of them, worth a walk

void alarm_forget(struct resident *r)
{
    struct engine *engine = r->engine;

    while (r->held.count) {
        struct alarm alarm = pop(&r->held);
        timers_del(turn_batch(engine), alarm.row_due_ms, alarm.job_id, alarm.event_no);
    }
    if (r->alarmed) // without memory for it, they go when they are due
        map_put(&engine->alarms_ended, r->id, engine);
}

static void heapify(struct alarms *alarms, size_t count)
{
    alarms->count = 0;
    while (alarms->count < count)
        sift_up(alarms, alarms->count++);
}

void alarm_sweep(struct engine *engine)
{
    struct alarms *alarms = &engine->alarms;
    struct map *ended = &engine->alarms_ended;
    size_t kept = 0, i;

    if (ended->count < ENDED_MIN || ended->count * ENDED_SHARE < alarms->count)
        return;
    for (i = 0; i < alarms->count; i++) {
        struct alarm alarm = alarms->items[i];
        if (turn_is_full(engine) || !map_get(ended, alarm.job_id))
            alarms->items[kept++] = alarm;
        else if (alarm.has_row)
            timers_del(turn_batch(engine), alarm.row_due_ms, alarm.job_id, alarm.event_no);
    }
    heapify(alarms, kept);
    if (turn_is_full(engine))
        return;
    map_release(ended);
    map_init(ended);
}

// ---- at a start, and of jobs that are taken up again

static int load_row(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    struct engine *engine = arg;

    return push(&engine->alarms, (struct alarm){ due_ms, job_id, event_no, true, due_ms });
}

struct overdue {
    struct engine *engine;
    uint64_t job_id;
    int64_t now_ms;
};

// Rows are in the order of their time: behind the first that is not due yet, all are
// in the heap.
static int overdue_row(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    const struct overdue *overdue = arg;

    if (due_ms > overdue->now_ms)
        return 1;
    return job_id == overdue->job_id ? load_row(overdue->engine, due_ms, job_id, event_no) : 0;
}

// One that is still in the heap then fires twice; the second finds nobody waiting.
static void load_overdue(struct resident *r)
{
    struct overdue overdue = { r->engine, r->id, engine_now_ms(r->engine) };
    struct err err;

    if (timers_scan(r->engine->store, overdue_row, &overdue, &err) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: its timers cannot be read: %s",
                   (unsigned long long)r->id, err_text(&err));
    r->was_parked = false;
}

void alarm_resume(struct resident *r)
{
    while (r->held.count)
        push_or_fail(r->engine, &r->engine->alarms, pop(&r->held));
    if (r->was_parked)
        load_overdue(r);
    alarm_rearm(r->engine);
}

struct loading {
    struct engine *engine;
    const struct map *unfinished;
};

static int load_unfinished(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    const struct loading *loading = arg;

    if (map_get(loading->unfinished, job_id) || turn_is_full(loading->engine))
        return load_row(loading->engine, due_ms, job_id, event_no);
    timers_del(turn_batch(loading->engine), due_ms, job_id, event_no);
    return 0;
}

int alarm_load(struct engine *engine, const struct map *unfinished, struct err *err)
{
    struct loading loading = { engine, unfinished };
    int rc = timers_scan(engine->store, load_unfinished, &loading, err);

    alarm_rearm(engine);
    return rc;
}

// What the alarm means is said by the step that waits for it.
static bool alarm_event(const struct strand *strand, struct event *event)
{
    const struct step *step = &strand->step;

    *event = (struct event){ .type = EVENT_SETTLED };
    event->settled.intent_no = step->intent_no;
    if (step->state == STEP_BACKOFF) {
        event->type = EVENT_FIRED;
        event->fired.intent_no = step->intent_no;
        return true;
    }
    if (step->state != STEP_INTENDED)
        return false;
    if (step->effect.kind == EFFECT_SLEEP)
        event->settled.outcome.kind = OUTCOME_VALUE;
    else if (step->effect.kind == EFFECT_SIGNAL || step->effect.kind == EFFECT_ASK)
        event->settled.outcome.kind = OUTCOME_TIMEOUT;
    else
        return false;
    return true;
}

// One of the job's own limits, or a wait of one of its strands.
static void fire_event(struct resident *r, uint64_t alarm_no)
{
    struct strand *strand = strands_intent(&r->job.strands, alarm_no);
    struct event event;
    struct err err;

    if (strand ? !alarm_event(strand, &event) : !job_expires(&r->job, alarm_no, &event))
        return;
    if (resident_fact(r, &event, &err) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
    else if (event.type == EVENT_EXPIRED)
        dispatch_kill_cancelled(r, GRACE_MS);
}

static void fire_attempt(struct resident *r, struct attempt *attempt, const struct alarm *alarm)
{
    if (!alarm->has_row) {
        dispatch_grace_over(r, attempt);
        return;
    }
    // The step's timeout. Its row stays until the step settles: killed in between, the
    // engine finds it overdue again.
    attempt->due_ms = alarm->row_due_ms;
    attempt->timed_out = true;
    if (attempt->reboots)
        reboot_expire(r, attempt);
    else if (attempt->reaches)
        reach_expire(r, attempt);
    else
        dispatch_kill(r, attempt, GRACE_MS);
}

// True when the alarm's row has done its work.
static bool fire(struct engine *engine, const struct alarm *alarm)
{
    struct resident *r;
    struct attempt *attempt;
    struct err err;
    int rc = resident_get(engine, alarm->job_id, &r, &err);

    // A job that cannot be woken keeps its rows: they are taken up again when it is
    // resumed, or at the next start. A suspended one keeps its alarms, too, because the
    // row of one that is due so soon may still be on its way to disk.
    if (rc < 0 || r->wreck)
        return rc == -ENOENT;
    attempt = attempt_find(r, alarm->event_no);
    if (attempt) {
        fire_attempt(r, attempt, alarm);
        return false;
    }
    if (r->job.suspend_asked) {
        if (alarm->has_row)
            push_or_fail(engine, &r->held, *alarm);
        resident_park_if_idle(r);
        return false;
    }
    fire_event(r, alarm->event_no);
    // A job that this did not touch was perhaps woken for nothing.
    resident_park_if_idle(r);
    return true;
}

void engine_alarm(struct engine *engine)
{
    int64_t now = engine_now_ms(engine);

    if (engine->commit_retry_at_ms && engine->commit_retry_at_ms <= now)
        turn_retry(engine);
    if (engine->stopping) {
        alarm_rearm(engine);
        return;
    }
    hosts_due(engine);
    while (engine->alarms.count && engine->alarms.items[0].due_ms <= now &&
           !turn_is_full(engine)) {
        struct alarm alarm = pop(&engine->alarms);
        if (fire(engine, &alarm) && alarm.has_row)
            timers_del(turn_batch(engine), alarm.row_due_ms, alarm.job_id, alarm.event_no);
    }
    sweep_due(engine);
    schedules_due(engine);
    retention_due(engine);
    // Overdue ones that found the batch full are due at once, again.
    alarm_rearm(engine);
}
