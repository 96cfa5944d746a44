// SPDX-License-Identifier: MIT
// How: rows are read once, at the start, and each schedule has its zone then. Which jobs
// are its instances their heads tell, which the start walks through anyway: no table of
// its own has to agree with them.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/schedules.h"

int64_t schedule_now_ms(const struct engine *engine)
{
    return engine->world.ops->wall_ms(engine->world.self);
}

// ---- zones

static int zone_read(struct engine *engine, const char *name, struct zone **ret, struct err *err)
{
    struct buf bytes;
    int rc;

    if (!engine->world.ops->zone)
        return err_set(err, -ENOENT, "there are no time zones here but UTC");
    buf_init(&bytes, ZONE_BYTES_MAX);
    rc = engine->world.ops->zone(engine->world.self, name, &bytes, err);
    if (rc == 0)
        rc = zone_decode(ret, buf_slice(&bytes), err);
    buf_release(&bytes);
    return rc;
}

static int named_zone(struct engine *engine, struct slice name, struct zone **ret, struct err *err)
{
    char text[ZONE_NAME_MAX + 1];
    int rc;

    memcpy(text, name.ptr, name.len);
    text[name.len] = 0;
    rc = zone_read(engine, text, ret, err);
    if (rc == -ENOENT)
        return err_set(err, ERR_USAGE, "there is no time zone \"%s\" on this machine; names are like "
                       "Europe/Berlin, and `ls /usr/share/zoneinfo` shows them", text);
    return rc < 0 ? err_wrap(err, "time zone %s", text) : 0;
}

int schedule_zone(struct engine *engine, const struct schedule *s, struct zone **ret,
                  struct err *err)
{
    struct err why;

    *ret = NULL;
    if (s->kind != SCHEDULE_CRON || slice_is(s->timezone, "UTC"))
        return 0;
    if (s->timezone.len)
        return named_zone(engine, s->timezone, ret, err);
    if (zone_read(engine, NULL, ret, &why) < 0) // as libc does
        engine_log(engine, LOG_DEBUG, "schedules go by UTC: %s", err_text(&why));
    return 0;
}

// ---- one of them

static void planned_init(struct planned *p)
{
    list_init(&p->link);
    list_init(&p->instances);
    buf_init(&p->bytes, 0);
    buf_init(&p->failure, 0);
    buf_init(&p->queue, 0);
    buf_init(&p->trouble, 0);
}

static void instance_drop(struct engine *engine, struct instance *instance)
{
    *(instance->finished ? &instance->of->finished : &instance->of->unfinished) -= 1;
    map_take(&engine->instances, instance->job_id);
    list_remove(&instance->link);
    free(instance);
}

void planned_free(struct engine *engine, struct planned *p)
{
    if (!p)
        return;
    list_each_safe(it, &p->instances)
        instance_drop(engine, container_of(it, struct instance, link));
    list_remove(&p->link);
    zone_free(p->zone);
    buf_release(&p->bytes);
    buf_release(&p->failure);
    buf_release(&p->queue);
    buf_release(&p->trouble);
    free(p);
}

// Behind all whose names are smaller.
static void insert(struct engine *engine, struct planned *p)
{
    list_each(it, &engine->schedules) {
        if (slice_compare(container_of(it, struct planned, link)->s.name, p->s.name) > 0) {
            list_append(it, &p->link); // before it
            return;
        }
    }
    list_append(&engine->schedules, &p->link);
}

// What changes is in buffers of its own.
static int decode(struct engine *engine, struct planned *p, struct err *err)
{
    int rc = schedule_decode(buf_slice(&p->bytes), &engine->doc, &p->s, err);

    if (rc < 0)
        return rc;
    buf_add_slice(&p->failure, p->s.failure);
    buf_add_slice(&p->queue, p->s.queue);
    p->s.failure = buf_slice(&p->failure);
    p->s.queue = buf_slice(&p->queue);
    return buf_failed(&p->failure) || buf_failed(&p->queue)
               ? err_set(err, -ENOMEM, "no memory for a schedule") : 0;
}

int planned_new(struct engine *engine, struct slice bytes, struct planned **ret, struct err *err)
{
    struct planned *p = calloc(1, sizeof(*p));
    struct err why;
    int rc;

    if (!p)
        return err_set(err, -ENOMEM, "no memory for a schedule");
    planned_init(p);
    buf_add_slice(&p->bytes, bytes);
    rc = buf_failed(&p->bytes) ? err_set(err, -ENOMEM, "no memory for a schedule")
                               : decode(engine, p, err);
    if (rc < 0) {
        planned_free(engine, p);
        return rc;
    }
    if (schedule_zone(engine, &p->s, &p->zone, &why) < 0)
        buf_add_str(&p->trouble, err_text(&why));
    insert(engine, p);
    *ret = p;
    return 0;
}

struct planned *planned_find(struct engine *engine, struct slice name)
{
    list_each(it, &engine->schedules) {
        struct planned *p = container_of(it, struct planned, link);
        if (slice_equal(p->s.name, name))
            return p;
    }
    return NULL;
}

static struct planned *find_uuid(const struct engine *engine, struct uuid uuid)
{
    list_each(it, &engine->schedules) {
        struct planned *p = container_of(it, struct planned, link);
        if (uuid_equal(p->s.uuid, uuid))
            return p;
    }
    return NULL;
}

void planned_put(struct engine *engine, struct planned *p)
{
    p->s.failure = buf_slice(&p->failure);
    p->s.queue = buf_slice(&p->queue);
    schedules_put(turn_batch(engine), &p->s);
}

bool planned_is_committed(const struct engine *engine, const struct planned *p)
{
    return p->turn + (engine->flying != NULL) < engine->turn;
}

bool planned_has_landed(const struct engine *engine, const struct planned *p)
{
    struct list *newest = list_last(&p->instances); // they come in the order of turns

    return !newest || container_of(newest, struct instance, link)->turn + (engine->flying != NULL) <
                          engine->turn;
}

void planned_wake(struct engine *engine, struct planned *p)
{
    p->wake_ms = INT64_MIN;
    engine->schedules_wake_ms = INT64_MIN;
    alarm_rearm(engine);
}

// ---- instances

int planned_instance(struct engine *engine, struct planned *p, uint64_t job_id, bool finished)
{
    struct instance *instance;

    if (finished && !p->s.keep)
        return 0;
    instance = calloc(1, sizeof(*instance));
    if (!instance || map_put(&engine->instances, job_id, instance) < 0) {
        free(instance);
        return -ENOMEM;
    }
    *instance = (struct instance){ .of = p, .job_id = job_id, .finished = finished,
                                   .turn = engine->recovering ? 0 : engine->turn };
    list_append(&p->instances, &instance->link);
    *(finished ? &p->finished : &p->unfinished) += 1;
    return 0;
}

int schedules_note(struct engine *engine, const struct job_head *head)
{
    struct planned *p = head->schedule.len ? find_uuid(engine, head->schedule_uuid) : NULL;

    return p ? planned_instance(engine, p, head->id, job_state_is_finished(head->state)) : 0;
}

void schedules_ended(struct engine *engine, uint64_t job_id)
{
    struct instance *instance = map_get(&engine->instances, job_id);
    struct planned *p;

    if (!instance || instance->finished)
        return;
    p = instance->of;
    p->unfinished--;
    p->finished++;
    instance->finished = true;
    if (!p->s.keep)
        instance_drop(engine, instance);
    planned_wake(engine, p);
}

void schedules_removed(struct engine *engine, uint64_t job_id)
{
    struct instance *instance = map_get(&engine->instances, job_id);
    struct planned *p;

    if (!instance)
        return;
    p = instance->of;
    instance_drop(engine, instance);
    planned_wake(engine, p);
}

// ---- all of them

struct rows {
    struct buf bytes; // u32be length | row, back to back
    uint64_t damaged;
};

static int collect(void *arg, struct uuid uuid, struct slice bytes, bool damaged)
{
    struct rows *rows = arg;

    (void)uuid;
    rows->damaged += damaged;
    if (damaged)
        return 0;
    buf_add_u32be(&rows->bytes, (uint32_t)bytes.len);
    buf_add_slice(&rows->bytes, bytes);
    return buf_failed(&rows->bytes);
}

static bool next_row(const struct rows *rows, size_t *at, struct slice *ret)
{
    if (*at >= rows->bytes.len)
        return false;
    *ret = slice_of(rows->bytes.ptr + *at + 4, read_u32be(rows->bytes.ptr + *at));
    *at += 4 + ret->len;
    return true;
}

int schedules_load(struct engine *engine, struct err *err)
{
    struct rows rows = { .damaged = 0 };
    struct planned *p = NULL;
    struct slice row;
    struct err why;
    size_t at = 0;
    int rc;

    buf_init(&rows.bytes, 0);
    rc = schedules_scan(engine->store, collect, &rows, err);
    while (rc >= 0 && next_row(&rows, &at, &row)) {
        int one = planned_new(engine, row, &p, &why);
        rows.damaged += one == ERR_CORRUPT;
        assert(one < 0 || p);
        if (one == 0)
            planned_wake(engine, p);
        else if (one != ERR_CORRUPT)
            rc = err_set(err, one, "%s", err_text(&why));
    }
    if (rows.damaged)
        engine_log(engine, LOG_ERROR, "%llu schedules are damaged on disk and stand still: pawl doctor "
                   "tells more", (unsigned long long)rows.damaged);
    buf_release(&rows.bytes);
    return rc < 0 ? rc : 0;
}

void schedules_release(struct engine *engine)
{
    list_each_safe(it, &engine->schedules)
        planned_free(engine, container_of(it, struct planned, link));
    map_release(&engine->instances);
}

// ---- what people see

static void show_nexts(const struct schedule *s, const struct planned *p, int64_t now_ms,
                       struct schedule_view *view)
{
    int64_t at_ms = s->done_unix_ms > now_ms ? s->done_unix_ms : now_ms;

    for (size_t i = 0; i < SCHEDULE_NEXTS && schedule_next(s, p->zone, at_ms, &at_ms); i++)
        view->next_unix_ms[i] = at_ms;
}

#define SET_BACK                                                                              \
    "the clock was set back: times up to its last one count as dealt with, until then nothing " \
    "runs; to begin anew, remove it and add it again"

static int show(struct engine *engine, const struct planned *p, struct slice row,
                schedule_view_fn fn, void *arg, struct err *err)
{
    struct schedule_view view = { .unfinished = p->unfinished, .notice = buf_slice(&p->trouble) };
    int64_t now_ms = schedule_now_ms(engine);
    struct schedule s;
    int rc = schedule_decode(row, &engine->doc, &s, err);

    if (rc < 0)
        return rc;
    view.schedule = &s;
    if (s.enabled && !p->trouble.len)
        show_nexts(&s, p, now_ms, &view);
    if (s.enabled && !p->trouble.len && s.kind != SCHEDULE_BOOT &&
        s.done_unix_ms > now_ms + SCHEDULE_GRACE_MS)
        view.notice = SLICE(SET_BACK);
    return fn(arg, &view);
}

// Each as its row on disk says.
int view_schedules(void *core, schedule_view_fn fn, void *arg, struct err *err)
{
    struct engine *engine = core;
    struct buf row;
    int rc = 0;

    buf_init(&row, 0);
    list_each(it, &engine->schedules) {
        const struct planned *p = container_of(it, const struct planned, link);
        rc = schedules_get(engine->store, p->s.uuid, &row, err);
        if (rc == 0)
            rc = show(engine, p, buf_slice(&row), fn, arg, err);
        if (rc != 0 && rc != -ENOENT) // that one is on its way to disk
            break;
    }
    buf_release(&row);
    return rc > 0 || rc == -ENOENT ? 0 : rc;
}
