// SPDX-License-Identifier: MIT
// A journal with a hole in it cannot be replayed: the first damaged or empty row
// ends the scan, and with it this job, and no other.
#include "storage/keys.h"
#include "storage/tables.h"

void journal_put(struct batch *batch, uint64_t job_id, uint64_t first_event_no,
                 struct slice events)
{
    struct key key = key_2(KEY_JOURNAL, job_id, first_event_no);

    batch_put(batch, key_slice(&key), events);
}

struct journal_scan {
    uint64_t job_id;
    journal_fn fn;
    void *arg;
    struct err *err;
};

static int on_events(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct journal_scan *scan = arg;

    if (!key_is_sound(key))
        return err_set(scan->err, ERR_CORRUPT, "job %llu: a key in its journal is damaged",
                       (unsigned long long)scan->job_id);
    if (damaged)
        return err_set(scan->err, ERR_CORRUPT, "job %llu: the journal is damaged from event %llu "
                       "on", (unsigned long long)scan->job_id,
                       (unsigned long long)key_u64(key, 1));
    if (bytes.len == 0)
        return err_set(scan->err, ERR_CORRUPT, "job %llu: its journal may lack events from %llu "
                       "on: a row of the store's log, where they stood, is damaged",
                       (unsigned long long)scan->job_id, (unsigned long long)key_u64(key, 1));
    return scan->fn(scan->arg, key_u64(key, 1), bytes);
}

int journal_scan(struct store *store, uint64_t job_id, uint64_t from_no, journal_fn fn,
                 void *arg, struct err *err)
{
    struct journal_scan scan = { job_id, fn, arg, err };
    struct key from = key_2(KEY_JOURNAL, job_id, from_no);
    struct key to = key_prefix_end(key_1(KEY_JOURNAL, job_id));

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_events, &scan, err);
}
