// SPDX-License-Identifier: MIT
// How: everything that can be wrong with a new job is found before it exists:
// its script is compiled, its header read, its parameters checked. Then it is
// one STARTED event, its script's text, its index rows and its first run, all in
// one batch. The text is stored by content hash: editing the file later changes
// nothing that runs.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "core/change.h"

static struct slice shipped_workflow(const char *name)
{
    for (const struct embedded_file *f = embedded_workflows; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->text;
    return (struct slice){ 0 };
}

static int script_of(const struct change *change, struct slice *name, struct slice *text,
                     struct err *err)
{
    *name = change->script_name;
    *text = change->script_text;
    if (change->type == JOB_LOCAL) {
        *name = SLICE("local.lua");
        *text = shipped_workflow("local.lua");
    }
    if (change->type != JOB_LOCAL && change->type != JOB_WORKFLOW)
        return err_set(err, ERR_USAGE, "jobs of type %s cannot be started yet",
                       job_type_name(change->type));
    if (text->len == 0)
        return err_set(err, ERR_USAGE, "the script is empty: there is nothing to run");
    return 0;
}

static int check_params(const struct change *change, struct slice name, struct slice text,
                        struct buf *params, struct err *err)
{
    struct buf header;
    int rc;

    buf_init(&header, 0);
    rc = script_header(name, text, &header, err);
    if (rc == 0)
        rc = script_params(buf_slice(&header), change->params, params, err);
    buf_release(&header);
    return rc;
}

static struct uuid new_uuid(struct engine *engine)
{
    uint8_t random[16];

    engine->world.ops->random(engine->world.self, random, sizeof(random));
    return uuid_from_random(random);
}

static uint64_t take_id(struct engine *engine)
{
    engine->meta_dirty = true;
    return engine->meta.next_id++;
}

static void put_script(struct engine *engine, const struct content_hash *hash, struct slice text)
{
    struct buf have;

    buf_init(&have, 0);
    if (scripts_get(engine->store, hash, &have, NULL) < 0)
        scripts_put(turn_batch(engine), hash, text);
    buf_release(&have);
}

static int begin(struct resident *r, struct event *event, struct slice text, struct err *err)
{
    // The job is not known by its id until it is folded, and must be by then.
    int rc = resident_begin(r, event, text, err);

    if (rc < 0)
        resident_free(r);
    return rc;
}

static int create(struct engine *engine, const struct change *change, struct slice name,
                  struct slice text, struct slice params, uint64_t *id, struct err *err)
{
    struct content_hash hash = content_hash_of(text);
    char default_name[32];
    struct event event = { .type = EVENT_STARTED };
    struct event_started *s = &event.started;
    struct resident *r;

    *id = take_id(engine);
    snprintf(default_name, sizeof(default_name), "Job%llu", (unsigned long long)*id);
    *s = (struct event_started){
        .uuid = new_uuid(engine),
        .job_id = *id,
        .type = change->type,
        .name = change->name.len ? change->name : slice_str(default_name),
        .command = change->command,
        .script_name = name,
        .script_hash = slice_of(hash.bytes, sizeof(hash.bytes)),
        .prelude_hash = slice_of(engine->prelude_hash.bytes, sizeof(engine->prelude_hash.bytes)),
        .params = params,
        .meta = change->meta,
        .cwd = change->cwd,
        .env = change->env,
        .timeout_ms = change->timeout_ms,
        .auto_remove = change->auto_remove,
        .child_id = take_id(engine),
        .child_uuid = new_uuid(engine),
        .child_host = SLICE("localhost"),
    };
    r = resident_new(engine, *id);
    if (!r)
        return err_set(err, -ENOMEM, "no memory for a job");
    put_script(engine, &hash, text);
    jobs_index_put(turn_batch(engine), *id, s->uuid, *id);
    jobs_index_put(turn_batch(engine), s->child_id, s->child_uuid, *id);
    return begin(r, &event, text, err);
}

int change_start(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err)
{
    struct slice name, text;
    struct buf params;
    int rc = script_of(change, &name, &text, err);

    if (rc < 0)
        return rc;
    if (engine->disk_full)
        return err_set(err, -ENOSPC, "the disk of the store is full: no new job is taken until "
                       "space returns (running jobs wait): %.300s", engine->full_text);
    buf_init(&params, 0);
    rc = check_params(change, name, text, &params, err);
    if (rc == 0)
        rc = create(engine, change, name, text, buf_slice(&params), id, err);
    buf_release(&params);
    return rc;
}
