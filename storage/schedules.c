// SPDX-License-Identifier: MIT
// A schedule is two rows: a small one that changes with each instance, and what its jobs
// are made of, which is written once and may be MiBs.
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

void schedules_put(struct batch *batch, const struct schedule *schedule)
{
    struct key key = key_uuid(KEY_SCHEDULE, schedule->uuid);
    size_t begun = batch_put_begin(batch, key_slice(&key));

    schedule_encode(schedule, &batch->bytes);
    batch_put_end(batch, begun);
}

void schedules_job_put(struct batch *batch, struct uuid uuid, struct slice job)
{
    struct key key = key_uuid(KEY_SCHEDULE_JOB, uuid);

    batch_put(batch, key_slice(&key), job);
}

void schedules_del(struct batch *batch, struct uuid uuid)
{
    struct key key = key_uuid(KEY_SCHEDULE, uuid), job = key_uuid(KEY_SCHEDULE_JOB, uuid);

    batch_del(batch, key_slice(&key));
    batch_del(batch, key_slice(&job));
}

int schedules_get(struct store *store, struct uuid uuid, struct buf *ret, struct err *err)
{
    struct key key = key_uuid(KEY_SCHEDULE, uuid);

    return store_get(store, key_slice(&key), ret, err);
}

int schedules_job(struct store *store, struct uuid uuid, struct buf *ret, struct err *err)
{
    struct key key = key_uuid(KEY_SCHEDULE_JOB, uuid);
    int rc = store_get(store, key_slice(&key), ret, err);

    if (rc == -ENOENT)
        return err_set(err, ERR_CORRUPT, "what its jobs are made of is missing from the store");
    return rc < 0 ? err_wrap(err, "what its jobs are made of") : rc;
}

struct schedules_scan {
    schedules_fn fn;
    void *arg;
};

static int on_schedule(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct schedules_scan *scan = arg;
    struct uuid uuid;

    if (!key_is_sound(key))
        return 0;
    memcpy(uuid.bytes, key.ptr + 1, sizeof(uuid.bytes));
    return scan->fn(scan->arg, uuid, bytes, damaged);
}

int schedules_scan(struct store *store, schedules_fn fn, void *arg, struct err *err)
{
    struct schedules_scan scan = { fn, arg };
    struct key from = key_tag(KEY_SCHEDULE);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_schedule, &scan, err);
}
