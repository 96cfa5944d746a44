// SPDX-License-Identifier: MIT
// How: everything that can be wrong with a new job is found before it exists:
// its script is compiled, its header read, its parameters checked. Then it is
// one STARTED event, its texts (texts.c), its index rows and its first run, all in
// one batch.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/embedded.h"
#include "core/change.h"
#include "model/job_limit.h"
#include "model/target.h"

static struct slice shipped_workflow(const char *name)
{
    for (const struct embedded_file *f = embedded_workflows; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->text;
    return (struct slice){ 0 };
}

static bool is_shipped(enum job_type type) { return type == JOB_LOCAL || type == JOB_REMOTE; }

static int script_of(const struct change *change, struct slice *name, struct slice *text,
                     struct err *err)
{
    *name = change->script_name;
    *text = change->script_text;
    if (is_shipped(change->type)) {
        *name = change->type == JOB_LOCAL ? SLICE("local.lua") : SLICE("remote.lua");
        *text = shipped_workflow((const char *)name->ptr);
    }
    if (change->type == JOB_CIM)
        return err_set(err, ERR_USAGE, "jobs of type %s cannot be started yet",
                       job_type_name(change->type));
    if (text->len == 0)
        return err_set(err, ERR_USAGE, "the script is empty: there is nothing to run");
    return 0;
}

// What a new job is made of, apart from the change that asks for it.
struct plan {
    struct slice name;         // of the script
    struct texts texts;
    struct buf params;         // complete
    struct buf hashes;         // of its texts
    struct buf modules;        // of a shipped workflow
    struct buf uuids;          // of its children, 16 bytes each
    size_t children;
    struct slice prelude_hash; // of an older job's; empty: the one of new jobs
    const struct schedule *schedule; // that it is an instance of; NULL: none
    int64_t nominal_unix_ms;
    struct value_doc doc;
    int64_t timeout_ms, elapsed_timeout_ms, cleanup_timeout_ms;
};

// What the shipped workflows require.
static struct slice shipped_modules(struct plan *plan)
{
    buf_clear(&plan->modules);
    value_put_map(&plan->modules, 1);
    value_put_str(&plan->modules, "command");
    value_put_bytes(&plan->modules, shipped_workflow("command.lua"));
    return buf_slice(&plan->modules);
}

static void plan_init(struct plan *plan)
{
    *plan = (struct plan){ 0 };
    texts_init(&plan->texts);
    buf_init(&plan->params, 0);
    buf_init(&plan->hashes, 0);
    buf_init(&plan->modules, 0);
    buf_init(&plan->uuids, 0);
    value_doc_init(&plan->doc);
}

static void plan_release(struct plan *plan)
{
    texts_release(&plan->texts);
    buf_release(&plan->params);
    buf_release(&plan->hashes);
    buf_release(&plan->modules);
    buf_release(&plan->uuids);
    value_doc_release(&plan->doc);
}

// Due times are sums: without a bound they would run over.
static int check_limit(const char *what, int64_t ms, struct err *err)
{
    if (ms <= DURATION_MS_MAX)
        return 0;
    return err_set(err, ERR_USAGE, "%s of %lld ms is longer than a hundred years (%lld ms): set a "
                   "shorter one, or none", what, (long long)ms, (long long)DURATION_MS_MAX);
}

static int check_limits(const struct plan *plan, struct err *err)
{
    int rc = check_limit("a timeout", plan->timeout_ms, err);

    if (rc == 0)
        rc = check_limit("an elapsed_timeout", plan->elapsed_timeout_ms, err);
    return rc < 0 ? rc : check_limit("a cleanup_timeout", plan->cleanup_timeout_ms, err);
}

// The limits of the header; who starts the job may set another timeout.
static int plan_limits(struct engine *engine, const struct change *change, struct slice header,
                       struct plan *plan, struct err *err)
{
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(&engine->doc, header, &at, &v, err);

    if (rc < 0)
        return rc;
    plan->timeout_ms = change->timeout_ms ? change->timeout_ms
                                          : value_int(value_get(&v, "timeout"), 0);
    plan->elapsed_timeout_ms = value_int(value_get(&v, "elapsed_timeout"), 0);
    plan->cleanup_timeout_ms = value_int(value_get(&v, "cleanup_timeout"), JOB_CLEANUP_MS);
    return check_limits(plan, err);
}

static int plan_header(struct engine *engine, const struct change *change, struct plan *plan,
                       struct err *err)
{
    struct buf header;
    int rc;

    buf_init(&header, 0);
    rc = script_header(plan->name, plan->texts.script, &header, err);
    if (rc == 0)
        rc = plan_limits(engine, change, buf_slice(&header), plan, err);
    if (rc == 0)
        rc = script_params(buf_slice(&header), change->params, &plan->params, err);
    buf_release(&header);
    return rc;
}

struct uuid engine_new_uuid(struct engine *engine)
{
    uint8_t random[16];

    engine->world.ops->random(engine->world.self, random, sizeof(random));
    return uuid_from_random(random);
}

uint64_t engine_take_id(struct engine *engine)
{
    engine->meta_dirty = true;
    return engine->meta.next_id++;
}

// One child for each host, or for localhost.
static int plan_children(struct engine *engine, const struct change *change, struct plan *plan,
                         struct err *err)
{
    msgpack_object hosts;
    size_t at = 0;
    int rc = 0;

    plan->children = 1;
    if (change->hosts.len) {
        rc = targets_check(change->hosts, &plan->doc, err);
        if (rc == 0)
            rc = value_parse(&plan->doc, change->hosts, &at, &hosts, err);
        plan->children = rc == 0 ? value_count(&hosts) : 0;
    }
    for (size_t i = 0; rc == 0 && i < plan->children; i++) {
        struct uuid uuid = engine_new_uuid(engine);
        buf_add(&plan->uuids, uuid.bytes, sizeof(uuid.bytes));
    }
    return rc == 0 && buf_failed(&plan->uuids) ? err_set(err, -ENOMEM, "no memory for a job") : rc;
}

static struct uuid plan_uuid(const struct plan *plan, size_t i)
{
    struct uuid uuid;

    memcpy(uuid.bytes, plan->uuids.ptr + i * sizeof(uuid.bytes), sizeof(uuid.bytes));
    return uuid;
}

static int begin(struct resident *r, struct event *event, const struct texts *texts,
                 struct err *err)
{
    // The job is not known by its id until it is folded, and must be by then.
    int rc = resident_begin(r, event, texts, err);

    if (rc < 0)
        resident_free(r);
    return rc;
}

static int create(struct engine *engine, const struct change *change, struct plan *plan,
                  uint64_t *id, struct err *err)
{
    char default_name[32];
    struct event event = { .type = EVENT_STARTED };
    struct event_started *s = &event.started;
    struct resident *r;
    int rc;

    *id = engine_take_id(engine);
    snprintf(default_name, sizeof(default_name), "Job%llu", (unsigned long long)*id);
    *s = (struct event_started){
        .uuid = engine_new_uuid(engine),
        .job_id = *id,
        .type = change->type,
        .name = change->name.len ? change->name : slice_str(default_name),
        .command = change->command,
        .script_name = plan->name,
        .prelude_hash = plan->prelude_hash,
        .params = buf_slice(&plan->params),
        .meta = change->meta,
        .cwd = change->cwd,
        .env = change->env,
        .timeout_ms = plan->timeout_ms,
        .elapsed_timeout_ms = plan->elapsed_timeout_ms,
        .cleanup_timeout_ms = plan->cleanup_timeout_ms,
        .reach_ms = change->reach_ms,
        .auto_remove = change->auto_remove,
        .child_id = engine->meta.next_id,
        .child_uuids = buf_slice(&plan->uuids),
        .hosts = change->hosts,
    };
    if (plan->schedule) {
        s->name = change->name.len ? change->name : plan->schedule->name;
        s->schedule = plan->schedule->name;
        s->schedule_uuid = plan->schedule->uuid;
        s->nominal_unix_ms = plan->nominal_unix_ms;
    }
    engine->meta.next_id += plan->children;
    r = resident_new(engine, *id);
    if (!r)
        return err_set(err, -ENOMEM, "no memory for a job");
    rc = texts_pin(engine, &plan->texts, s, &plan->hashes, err);
    if (rc < 0) {
        resident_free(r);
        return rc;
    }
    rc = begin(r, &event, &plan->texts, err);
    if (rc < 0) {
        texts_unpin(engine, s);
        return rc;
    }
    jobs_index_put(turn_batch(engine), *id, s->uuid, *id);
    for (size_t i = 0; i < plan->children; i++)
        jobs_index_put(turn_batch(engine), s->child_id + i, plan_uuid(plan, i), *id);
    return 0;
}

static int refuse_full(const struct engine *engine, struct err *err)
{
    if (!engine->disk_full)
        return 0;
    return err_set(err, -ENOSPC, "the disk of the store is full: no new job is taken until "
                   "space returns (running jobs wait): %.300s", engine->full_text);
}

// Finds everything that can be wrong.
static int plan_make(struct engine *engine, const struct change *change, struct plan *plan,
                     struct err *err)
{
    int rc = script_of(change, &plan->name, &plan->texts.script, err);

    if (rc == 0)
        rc = refuse_full(engine, err);
    if (rc < 0)
        return rc;
    plan->texts.modules = is_shipped(change->type) ? shipped_modules(plan) : change->modules;
    if (engine->options.prelude.len)
        plan->texts.prelude = engine->prelude;
    rc = check_limit("a time to reach hosts", change->reach_ms, err);
    if (rc == 0)
        rc = plan_header(engine, change, plan, err);
    if (rc == 0)
        rc = modules_check(&plan->doc, plan->name, &plan->texts, err);
    return rc < 0 ? rc : plan_children(engine, change, plan, err);
}

int start_check(struct engine *engine, const struct change *change, struct err *err)
{
    struct plan plan;
    int rc;

    plan_init(&plan);
    rc = plan_make(engine, change, &plan, err);
    plan_release(&plan);
    return rc;
}

int start_instance(struct engine *engine, const struct change *change,
                   const struct schedule *schedule, int64_t nominal_unix_ms, uint64_t *id,
                   struct err *err)
{
    struct plan plan;
    int rc;

    plan_init(&plan);
    plan.schedule = schedule;
    plan.nominal_unix_ms = nominal_unix_ms;
    rc = plan_make(engine, change, &plan, err);
    if (rc == 0)
        rc = create(engine, change, &plan, id, err);
    plan_release(&plan);
    return rc;
}

int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err)
{
    return start_instance(engine, change, NULL, 0, id, err);
}

// ---- once more

// Everything was checked when the old job began.
static int plan_again(struct engine *engine, const struct event_started *old, struct plan *plan,
                      struct err *err)
{
    int rc = refuse_full(engine, err);

    if (rc == 0)
        rc = texts_load(engine, old, &plan->texts, err);
    plan->name = old->script_name;
    plan->prelude_hash = old->prelude_hash;
    plan->timeout_ms = old->timeout_ms;
    plan->elapsed_timeout_ms = old->elapsed_timeout_ms;
    plan->cleanup_timeout_ms = old->cleanup_timeout_ms;
    buf_add_slice(&plan->params, old->params);
    return rc == 0 && buf_failed(&plan->params) ? err_set(err, -ENOMEM, "no memory for a job") : rc;
}

int start_again(struct engine *engine, const struct event_started *old, struct slice name,
                struct slice hosts, uint64_t *id, struct err *err)
{
    const struct change change = {
        .kind = CHANGE_START,
        .type = old->type,
        .name = name,
        .command = old->command,
        .meta = old->meta,
        .cwd = old->cwd,
        .hosts = hosts,
        .env = old->env,
        .reach_ms = old->reach_ms,
        .auto_remove = old->auto_remove,
    };
    struct plan plan;
    int rc;

    plan_init(&plan);
    rc = plan_again(engine, old, &plan, err);
    if (rc == 0)
        rc = plan_children(engine, &change, &plan, err);
    if (rc == 0)
        rc = create(engine, &change, &plan, id, err);
    plan_release(&plan);
    return rc;
}
