// SPDX-License-Identifier: MIT
// What people ask of schedules. Each is rows in the open batch, and the same in memory at
// once; whoever asked is answered when they are on disk.
#include <assert.h>
#include <errno.h>

#include "core/schedules.h"

static int find(struct engine *engine, const struct change *change, struct planned **ret,
                struct err *err)
{
    *ret = planned_find(engine, change->schedule->name);
    if (*ret)
        return 0;
    return err_set(err, -ESRCH, "schedule %.*s: no such schedule; `pawl schedule list` shows those "
                   "there are", SLICE_ARG(slice_cut(change->schedule->name, 120)));
}

// ---- add

static int check(struct engine *engine, const struct change *change, struct schedule *s,
                 struct err *err)
{
    struct zone *zone = NULL;
    int64_t first_ms;
    int rc = schedule_check(s, err);

    if (rc == 0 && planned_find(engine, s->name))
        rc = err_set(err, -EEXIST, "schedule %.*s exists already: choose another name, or remove it "
                     "first", SLICE_ARG(s->name));
    if (rc == 0)
        rc = schedule_zone(engine, s, &zone, err);
    if (rc == 0 && s->kind != SCHEDULE_BOOT &&
        !schedule_next(s, zone, schedule_now_ms(engine), &first_ms))
        rc = err_set(err, ERR_USAGE, "it is not due once within the next fifty years");
    zone_free(zone);
    return rc < 0 ? rc : start_check(engine, change, err);
}

static int add(struct engine *engine, const struct change *change, const struct schedule *s,
               struct err *err)
{
    struct planned *p = NULL;
    struct buf bytes;
    int rc;

    buf_init(&bytes, 0);
    schedule_encode(s, &bytes);
    rc = buf_failed(&bytes) ? err_set(err, -ENOMEM, "no memory for a schedule")
                            : planned_new(engine, buf_slice(&bytes), &p, err);
    if (rc == 0) {
        assert(p);
        p->turn = engine->turn;
        planned_put(engine, p);
        buf_clear(&bytes);
        schedule_job_encode(change, &bytes);
        schedules_job_put(turn_batch(engine), s->uuid, buf_slice(&bytes));
        planned_wake(engine, p);
    }
    buf_release(&bytes);
    return rc;
}

int change_schedule_add(struct engine *engine, const struct change *change, uint64_t *id,
                        struct err *err)
{
    struct schedule s = *change->schedule;
    struct world *w = &engine->world;
    int rc;

    (void)id;
    s.uuid = engine_new_uuid(engine);
    s.type = change->type;
    s.command = change->command;
    s.created_unix_ms = s.done_unix_ms = schedule_now_ms(engine);
    s.boot_id = w->ops->boot_id(w->self); // this boot is over, as far as it is concerned
    rc = check(engine, change, &s, err);
    return rc < 0 ? rc : add(engine, change, &s, err);
}

// ---- the others

int change_schedule_enable(struct engine *engine, const struct change *change, uint64_t *id,
                           struct err *err)
{
    struct world *w = &engine->world;
    int64_t now_ms = schedule_now_ms(engine);
    struct planned *p;
    int rc = find(engine, change, &p, err);

    (void)id;
    if (rc < 0 || p->s.enabled)
        return rc;
    p->s.enabled = true;
    if (p->s.done_unix_ms < now_ms) // what was due meanwhile was not missed
        p->s.done_unix_ms = now_ms;
    p->s.boot_id = w->ops->boot_id(w->self);
    planned_put(engine, p);
    planned_wake(engine, p);
    return 0;
}

int change_schedule_disable(struct engine *engine, const struct change *change, uint64_t *id,
                            struct err *err)
{
    struct planned *p;
    int rc = find(engine, change, &p, err);

    (void)id;
    if (rc < 0 || !p->s.enabled)
        return rc;
    p->s.enabled = false;
    planned_drop_queue(p);
    planned_put(engine, p);
    return 0;
}

int change_schedule_remove(struct engine *engine, const struct change *change, uint64_t *id,
                           struct err *err)
{
    struct planned *p;
    int rc = find(engine, change, &p, err);

    (void)id;
    if (rc < 0)
        return rc;
    schedules_del(turn_batch(engine), p->s.uuid);
    planned_free(engine, p);
    return 0;
}

int change_schedule_run(struct engine *engine, const struct change *change, uint64_t *id,
                        struct err *err)
{
    struct planned *p;
    int rc = find(engine, change, &p, err);

    if (rc == 0 && !planned_is_committed(engine, p))
        rc = err_set(err, -EAGAIN, "schedule %.*s is just being added; ask again in a moment",
                     SLICE_ARG(p->s.name));
    if (rc == 0)
        rc = planned_start(engine, p, 0, id, err);
    if (rc == 0)
        planned_put(engine, p);
    return rc;
}
