// SPDX-License-Identifier: MIT
// How: the change that would have started the job when its schedule was added is kept as
// it was, texts and all, and made again for each instance. So an instance passes every
// check that a job passes, and runs on the Pawl that is installed when it starts.
#include <errno.h>

#include "core/schedules.h"

enum { JOB_FIELDS = 14 };

void schedule_job_encode(const struct change *c, struct buf *buf)
{
    value_put_array(buf, JOB_FIELDS);
    value_put_uint(buf, c->type);
    value_put_bytes(buf, c->name);
    value_put_bytes(buf, c->command);
    value_put_bytes(buf, c->script_name);
    value_put_bytes(buf, c->script_text);
    value_put_bytes(buf, c->modules);
    value_put_bytes(buf, c->params);
    value_put_bytes(buf, c->meta);
    value_put_bytes(buf, c->cwd);
    value_put_bytes(buf, c->hosts);
    value_put_bytes(buf, c->env);
    value_put_int(buf, c->timeout_ms);
    value_put_int(buf, c->reach_ms);
    value_put_bool(buf, c->auto_remove);
}

static int job_decode(struct slice bytes, struct value_doc *doc, struct change *ret,
                      struct err *err)
{
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(doc, bytes, &at, &v, err);

    if (rc < 0)
        return rc;
    *ret = (struct change){
        .kind = CHANGE_START,
        .type = (enum job_type)value_uint(value_at(&v, 0), JOB_TYPE_COUNT),
        .name = value_bytes(value_at(&v, 1)),
        .command = value_bytes(value_at(&v, 2)),
        .script_name = value_bytes(value_at(&v, 3)),
        .script_text = value_bytes(value_at(&v, 4)),
        .modules = value_bytes(value_at(&v, 5)),
        .params = value_bytes(value_at(&v, 6)),
        .meta = value_bytes(value_at(&v, 7)),
        .cwd = value_bytes(value_at(&v, 8)),
        .hosts = value_bytes(value_at(&v, 9)),
        .env = value_bytes(value_at(&v, 10)),
        .timeout_ms = value_int(value_at(&v, 11), 0),
        .reach_ms = value_int(value_at(&v, 12), 0),
        .auto_remove = value_bool(value_at(&v, 13), false),
    };
    if (value_count(&v) < JOB_FIELDS || ret->type >= JOB_TYPE_COUNT)
        return err_set(err, ERR_CORRUPT, "what its jobs are made of has a wrong form");
    return 0;
}

int schedule_job_start(struct engine *engine, const struct schedule *schedule, int64_t nominal_ms,
                       uint64_t *ret_id, struct err *err)
{
    struct change change;
    struct buf bytes;
    int rc;

    buf_init(&bytes, 0);
    rc = schedules_job(engine->store, schedule->uuid, &bytes, err);
    if (rc == 0)
        rc = job_decode(buf_slice(&bytes), &engine->doc, &change, err);
    if (rc == 0)
        rc = start_instance(engine, &change, schedule, nominal_ms, ret_id, err);
    buf_release(&bytes);
    return rc;
}
