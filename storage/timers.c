// SPDX-License-Identifier: MIT
// The key is the whole timer: a damaged row still says what is due.
#include "storage/keys.h"
#include "storage/tables.h"

static struct key timer_key(int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    struct key key = key_2(KEY_TIMER, key_sign(due_ms), job_id);

    key_add_u64(&key, event_no);
    return key;
}

void timers_put(struct batch *batch, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    struct key key = timer_key(due_ms, job_id, event_no);

    batch_put(batch, key_slice(&key), slice_of(NULL, 0));
}

void timers_del(struct batch *batch, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    struct key key = timer_key(due_ms, job_id, event_no);

    batch_del(batch, key_slice(&key));
}

struct timers_scan {
    timers_fn fn;
    void *arg;
};

static int on_timer(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct timers_scan *scan = arg;

    (void)bytes, (void)damaged;
    if (!key_is_sound(key))
        return 0;
    return scan->fn(scan->arg, key_unsign(key_u64(key, 0)), key_u64(key, 1), key_u64(key, 2));
}

int timers_scan(struct store *store, timers_fn fn, void *arg, struct err *err)
{
    struct timers_scan scan = { fn, arg };
    struct key from = key_tag(KEY_TIMER);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_timer, &scan, err);
}
