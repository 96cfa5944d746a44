// SPDX-License-Identifier: MIT
// A damaged record is a gap in the stream: its number is known from its key, and
// what comes after it is whole.
#include "storage/keys.h"
#include "storage/tables.h"

void records_put(struct batch *batch, uint64_t job_id, const struct record *record)
{
    struct key key = key_2(KEY_RECORD, job_id, record->seq);
    size_t begun = batch_put_begin(batch, key_slice(&key));

    record_encode(record, &batch->bytes);
    batch_put_end(batch, begun);
}

// False: a gap, and only seq is set.
static bool record_of_row(struct slice key, struct slice bytes, bool damaged, struct record *ret)
{
    bool whole = !damaged && record_decode(bytes, ret, NULL) == 0;

    if (!whole)
        *ret = (struct record){ 0 };
    ret->seq = key_u64(key, 1);
    return whole;
}

struct records_scan {
    records_fn fn;
    void *arg;
    uint64_t next; // the number that the next row must have
};

// Numbers have no holes, so a jump is rows that a damaged page has dropped: one gap
// for all of them, under the last one's number.
static int tell_jump(const struct records_scan *scan, uint64_t seq)
{
    struct record missing = { .seq = seq - 1 };

    return seq > scan->next ? scan->fn(scan->arg, &missing, true) : 0;
}

static int on_record(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    struct records_scan *scan = arg;
    struct record record;
    bool whole;
    int rc;

    if (!key_is_sound(key))
        return 0; // its number is lost too: the next row tells that one is missing
    whole = record_of_row(key, bytes, damaged, &record);
    rc = tell_jump(scan, record.seq);
    if (rc)
        return rc;
    scan->next = record.seq + 1;
    return scan->fn(scan->arg, &record, !whole);
}

int records_scan(struct store *store, uint64_t job_id, uint64_t from_seq, records_fn fn,
                 void *arg, struct err *err)
{
    struct records_scan scan = { fn, arg, from_seq ? from_seq : 1 };
    struct key from = key_2(KEY_RECORD, job_id, from_seq);
    struct key to = key_prefix_end(key_1(KEY_RECORD, job_id));

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_record, &scan, err);
}

struct end {
    uint64_t seq, bytes;
};

// Backwards: the first row has the last seq, the first whole one the size. The
// bytes of damaged records behind it are lost and not counted.
static int on_end(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    struct end *end = arg;
    struct record record;
    bool whole;

    if (!key_is_sound(key))
        return 0;
    whole = record_of_row(key, bytes, damaged, &record);
    if (end->seq == 0)
        end->seq = record.seq;
    if (whole)
        end->bytes = record.bytes_before + record.data.len;
    return whole;
}

static int end_before(struct store *store, uint64_t job_id, const struct key *to,
                      struct end *ret, struct err *err)
{
    struct key from = key_1(KEY_RECORD, job_id);

    *ret = (struct end){ 0, 0 };
    return store_scan(store, key_slice(&from), key_slice(to), true, on_end, ret, err);
}

int records_end(struct store *store, uint64_t job_id, uint64_t *seq, uint64_t *bytes,
                struct err *err)
{
    struct key to = key_prefix_end(key_1(KEY_RECORD, job_id));
    struct end end;
    int rc = end_before(store, job_id, &to, &end, err);

    *seq = end.seq;
    *bytes = end.bytes;
    return rc;
}

int records_before(struct store *store, uint64_t job_id, uint64_t seq, uint64_t *bytes,
                   struct err *err)
{
    struct key to = key_2(KEY_RECORD, job_id, seq);
    struct end end;
    int rc = end_before(store, job_id, &to, &end, err);

    *bytes = end.bytes;
    return rc;
}
