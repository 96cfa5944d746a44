// SPDX-License-Identifier: MIT
// How: composition, and the two ends of a life. Starting: the store's facts are
// read, the timeline is continued from the last commit's anchor, the epoch is
// raised and committed before anything else is, then every job that may have
// something in flight is woken by replay; sleepers stay parked, their alarms are
// loaded. Stopping: nothing new is taken, what is open is committed, links are
// closed; commands go on.
#include "core/unread.h"
#include "core/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "core/hosts.h"

static void random_uuid(struct engine *engine, struct uuid *ret)
{
    uint8_t random[16];

    engine->world.ops->random(engine->world.self, random, sizeof(random));
    *ret = uuid_from_random(random);
}

static int read_meta(struct engine *engine, struct err *err)
{
    struct store_meta *meta = &engine->meta;
    struct uuid incarnation;
    int rc = meta_get(engine->store, meta, err);

    if (rc == -ENOENT) {
        *meta = (struct store_meta){ .format = STORE_FORMAT, .next_id = 1 };
        random_uuid(engine, &meta->store);
        rc = 0;
    }
    if (rc == 0 && meta->format > STORE_FORMAT)
        return err_set(err, ERR_VERSION, "the store has format %u; this Pawl knows up to %u: "
                       "use the newer Pawl that wrote it", meta->format, (unsigned)STORE_FORMAT);
    random_uuid(engine, &incarnation);
    meta_begin(meta, incarnation);
    engine->meta_dirty = true;
    return rc;
}

// Within one boot the time that passed is exact; across boots the wall clock says
// how long it was, and a clock that went back says nothing.
static int continue_timeline(struct engine *engine, struct err *err)
{
    struct world *w = &engine->world;
    struct store_clock last;
    int64_t boottime_ms = w->ops->boottime_ms(w->self);
    int64_t passed_ms = 0;
    int rc = clock_get(engine->store, &last, err);

    engine->boottime_base_ms = engine->started_boottime_ms = boottime_ms;
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return rc;
    if (uuid_equal(last.boot_id, w->ops->boot_id(w->self)))
        passed_ms = boottime_ms - last.boottime_ms;
    else
        passed_ms = w->ops->wall_ms(w->self) - last.wall_ms;
    engine->timeline_base_ms = last.timeline_ms + (passed_ms > 0 ? passed_ms : 0);
    return 0;
}

// ---- recovery

struct ids {
    uint64_t *items;
    size_t count, cap;
};

static int ids_push(struct ids *ids, uint64_t id)
{
    uint64_t *items = array_room(ids->items, ids->count, &ids->cap, sizeof(*items));

    if (!items)
        return -ENOMEM;
    ids->items = items;
    ids->items[ids->count++] = id;
    return 0;
}

static int collect_active(void *arg, uint64_t job_id) { return ids_push(arg, job_id); }

static void recover_job(struct engine *engine, uint64_t job_id)
{
    struct resident *r;
    struct err err;
    int rc = resident_get(engine, job_id, &r, &err);

    if (rc == -ENOENT) // it ended in the last commit before the crash
        active_del(turn_batch(engine), job_id);
    else if (rc < 0) {
        engine_log(engine, LOG_ERROR, "job=%llu cannot go on: %s", (unsigned long long)job_id,
                   err_text(&err));
        log_index_keep(engine, job_id);
    } else
        resident_park_if_idle(r);
}

struct count {
    struct engine *engine;
    struct ids removing;
    struct map unfinished; // ids, also of those whose head does not tell
    uint64_t parked;       // those whose head does
};

static int note_unfinished(struct count *count, uint64_t id)
{
    return map_put(&count->unfinished, id, count);
}

static int count_head(void *arg, uint64_t id, struct slice bytes, bool damaged)
{
    struct count *count = arg;
    struct engine *engine = count->engine;
    struct job_head head;
    struct child_head one;
    int rc;

    rc = damaged ? ERR_CORRUPT
                 : head_decode(bytes, &engine->doc, &head, &one, 1, NULL);
    if (rc < 0 && rc != -ENOSPC) {
        engine->texts.unknown = true;
        return note_unfinished(count, id);
    }
    if (head.removing)
        return ids_push(&count->removing, id);
    rc = text_refs_take_head(engine, &head);
    if (rc >= 0)
        rc = schedules_note(engine, &head);
    if (rc < 0)
        return rc;
    count->parked += !job_state_is_finished(head.state);
    if (!job_state_is_finished(head.state))
        return note_unfinished(count, id);
    if (head.auto_remove)
        sweep_add(engine, id);
    return ended_load(engine, &head);
}

static int count_all(struct count *count, struct err *err)
{
    struct engine *engine = count->engine;
    int rc = jobs_scan(engine->store, 0, false, count_head, count, err);

    ended_sort(engine);
    if (rc >= 0)
        rc = text_refs_sweep(engine, err);
    if (rc >= 0)
        rc = requests_load(engine, err);
    return rc < 0 ? rc : retention_load(engine, err);
}

static int recover(struct engine *engine, struct err *err)
{
    struct count count = { .engine = engine };
    struct ids active = { 0 };
    int rc = log_index_load(engine, err);

    map_init(&count.unfinished);
    if (rc >= 0)
        rc = schedules_load(engine, err);
    if (rc >= 0)
        rc = count_all(&count, err);
    if (rc >= 0)
        rc = active_scan(engine->store, collect_active, &active, err);
    if (rc >= 0)
        rc = alarm_load(engine, &count.unfinished, err);
    map_release(&count.unfinished);
    engine->recovering = true;
    for (size_t i = 0; rc >= 0 && i < count.removing.count; i++)
        reclaim_add(engine, count.removing.items[i]);
    for (size_t i = 0; rc >= 0 && i < active.count; i++)
        recover_job(engine, active.items[i]);
    engine->recovering = false;
    log_index_settle(engine);
    engine->parked = count.parked - engine->residents.count;
    free(count.removing.items);
    free(active.items);
    return rc < 0 ? rc : 0;
}

// ---- life

static void engine_init(struct engine *engine)
{
    turn_init(engine);
    map_init(&engine->residents);
    map_init(&engine->by_uuid);
    map_init(&engine->reclaiming);
    map_init(&engine->alarms_ended);
    map_init(&engine->texts.by_hash);
    engine->retention = RETENTION_NONE;
    engine->retention_at_ms = INT64_MAX;
    list_init(&engine->lru);
    list_init(&engine->watches);
    list_init(&engine->reclaims);
    list_init(&engine->sweeps);
    list_init(&engine->unread_counts);
    list_init(&engine->schedules);
    map_init(&engine->instances);
    engine->schedules_wake_ms = INT64_MAX;
    buf_init(&engine->scratch, ONCE_VALUE_MAX);
    value_doc_init(&engine->doc);
    engine->own_prelude_hash = content_hash_of(script_prelude());
    engine->prelude = engine->options.prelude.len ? engine->options.prelude : script_prelude();
    engine->prelude_hash = content_hash_of(engine->prelude);
}

int engine_new(struct engine **ret, const struct world *world, struct store *store,
               const struct engine_options *options, struct err *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    int rc;

    if (!engine)
        return err_set(err, -ENOMEM, "no memory for the engine");
    engine->world = *world;
    engine->store = store;
    engine->options = *options;
    if (!engine->options.resident_bytes_max)
        engine->options.resident_bytes_max = RESIDENT_BYTES_MAX;
    if (!engine->options.result_max)
        engine->options.result_max = RESULT_MAX;
    if (!engine->options.turn_bytes_max)
        engine->options.turn_bytes_max = TURN_BYTES_MAX;
    if (!engine->options.links_max)
        engine->options.links_max = ENGINE_LINKS_MAX;
    if (!engine->options.park_ms)
        engine->options.park_ms = PARK_MS;
    engine_init(engine);
    rc = hosts_init(engine) < 0 ? err_set(err, -ENOMEM, "no memory for the engine") : 0;
    if (rc == 0)
        rc = read_meta(engine, err);
    if (rc == 0)
        rc = continue_timeline(engine, err);
    if (rc == 0)
        rc = recover(engine, err);
    if (rc < 0) {
        engine_free(engine);
        return rc;
    }
    turn_batch(engine); // the raised epoch must be on disk whether jobs wait or not
    turn_act(engine, &(struct action){ .kind = ACT_OPEN, .host = engine->localhost });
    rc = dispatch_orders_left(engine, err);
    if (rc < 0) {
        engine_free(engine);
        return rc;
    }
    *ret = engine;
    return 0;
}

bool engine_is_ready(const struct engine *engine) { return engine->localhost->ready; }

// It was made, or not: nobody was left to hear of it when the thread was done.
static void end_backup(struct engine *engine)
{
    struct err err;

    err_set(&err, -ECANCELED, "the engine ended while the backup was being made; look for it");
    if (engine->backup.path)
        engine->backup.fn(engine->backup.arg, 0, &err);
    free(engine->backup.path);
}

void engine_free(struct engine *engine)
{
    struct list *first;

    if (!engine)
        return;
    hosts_close(engine);
    end_backup(engine);
    while ((first = list_first(&engine->lru)))
        resident_free(container_of(first, struct resident, lru));
    list_each_safe(it, &engine->watches)
        free(container_of(it, struct watch, link));
    reclaim_drop_all(engine);
    sweep_drop_all(engine);
    unread_counts_drop(engine);
    schedules_release(engine);
    turn_release(engine);
    map_release(&engine->residents);
    map_release(&engine->by_uuid);
    text_refs_release(engine);
    ended_release(engine);
    map_release(&engine->alarms_ended);
    free(engine->alarms.items);
    hosts_release(engine);
    buf_release(&engine->scratch);
    value_doc_release(&engine->doc);
    free(engine);
}

void engine_shutdown(struct engine *engine)
{
    if (engine->stopping)
        return;
    engine->stopping = true;
    hosts_close(engine);
    engine->world.ops->wake(engine->world.self);
}

// ---- the port

static int port_header(void *core, struct slice name, struct slice text, struct buf *ret,
                       struct err *err)
{
    (void)core;
    return script_header(name, text, ret, err);
}

static struct watch *port_watch(void *core, uint64_t job_id, watch_fn fn, void *arg)
{
    struct engine *engine = core;
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    *watch = (struct watch){ .job_id = job_id, .fn = fn, .arg = arg };
    list_append(&engine->watches, &watch->link);
    return watch;
}

static void port_unwatch(void *core, struct watch *watch)
{
    (void)core;
    if (!watch)
        return;
    list_remove(&watch->link);
    free(watch);
}

static int port_backup(void *core, const char *path, change_fn fn, void *arg, struct err *err)
{
    struct engine *engine = core;

    if (engine->stopping)
        return err_set(err, -ESHUTDOWN, "the engine is stopping; ask again");
    if (engine->backup.path)
        return err_set(err, ERR_STATE, "a backup to %.200s is being made; ask again when it is "
                       "there", engine->backup.path);
    engine->backup = (struct backup){ strdup(path), fn, arg };
    if (!engine->backup.path)
        return err_set(err, -ENOMEM, "out of memory");
    engine->world.ops->backup(engine->world.self, engine->backup.path);
    return 0;
}

void engine_backed_up(struct engine *engine, int rc, const struct err *err)
{
    struct backup backup = engine->backup;
    struct err plain = { 0 };

    if (rc == -ENOENT) { // of a directory, not of a job
        err_set(&plain, -EIO, "%s", err_text(err));
        err = &plain;
    }
    engine->backup = (struct backup){ 0 };
    engine_log(engine, rc < 0 ? LOG_ERROR : LOG_INFO, "backup to %s: %s", backup.path,
               rc < 0 ? err_text(err) : "done");
    free(backup.path);
    if (!engine->stopped)
        backup.fn(backup.arg, 0, rc < 0 ? err : NULL);
}

static const struct embedded_file *port_shipped(void *core)
{
    (void)core;
    return embedded_shipped;
}

static void port_shutdown(void *core) { engine_shutdown(core); }

static const struct port_ops port_ops = {
    .change = change_take,
    .job = view_job,
    .jobs = view_jobs,
    .records = view_records,
    .marks = received_marks,
    .unread = received_unread,
    .steps = view_steps,
    .header = port_header,
    .shipped = port_shipped,
    .status = view_status,
    .schedules = view_schedules,
    .retention = view_retention,
    .watch = port_watch,
    .unwatch = port_unwatch,
    .check = check_hosts,
    .uncheck = check_drop,
    .take_over = hosts_take_over,
    .backup = port_backup,
    .shutdown = port_shutdown,
};

struct port engine_port(struct engine *engine)
{
    return (struct port){ .ops = &port_ops, .core = engine };
}
