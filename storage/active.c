// SPDX-License-Identifier: MIT
// A row here says only that it exists: a damaged one still names its job.
#include "storage/keys.h"
#include "storage/tables.h"

void active_put(struct batch *batch, uint64_t job_id)
{
    struct key key = key_1(KEY_ACTIVE, job_id);

    batch_put(batch, key_slice(&key), slice_of(NULL, 0));
}

void active_del(struct batch *batch, uint64_t job_id)
{
    struct key key = key_1(KEY_ACTIVE, job_id);

    batch_del(batch, key_slice(&key));
}

struct active_scan {
    int (*fn)(void *arg, uint64_t job_id);
    void *arg;
};

static int on_active(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct active_scan *scan = arg;

    (void)bytes, (void)damaged;
    if (!key_is_sound(key))
        return 0;
    return scan->fn(scan->arg, key_u64(key, 0));
}

int active_scan(struct store *store, int (*fn)(void *arg, uint64_t job_id), void *arg,
                struct err *err)
{
    struct active_scan scan = { fn, arg };
    struct key from = key_tag(KEY_ACTIVE);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_active, &scan, err);
}
