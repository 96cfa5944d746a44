// SPDX-License-Identifier: MIT
// A row of the log holds what one turn added to the journals of many jobs: one page
// is written where one for each job would be.
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

enum { ENTRY_HEAD = 8 + 8 + 4 + 4 };

void log_add(struct buf *row, const struct log_entry *entry)
{
    uint8_t *at = buf_extend(row, ENTRY_HEAD);

    if (!at)
        return;
    write_u64be(at, entry->job_id);
    write_u64be(at + 8, entry->first_event_no);
    write_u32be(at + 16, entry->count);
    write_u32be(at + 20, (uint32_t)entry->events.len);
    buf_add_slice(row, entry->events);
}

void log_put(struct batch *batch, uint64_t turn, struct slice row)
{
    struct key key = key_1(KEY_LOG, turn);

    batch_put(batch, key_slice(&key), row);
}

void log_del(struct batch *batch, uint64_t from_turn, uint64_t to_turn)
{
    struct key from = key_1(KEY_LOG, from_turn);
    struct key to = key_1(KEY_LOG, to_turn);

    batch_del_range(batch, key_slice(&from), key_slice(&to), (uint32_t)(to_turn - from_turn));
}

int log_next(struct slice row, size_t *at, struct log_entry *ret)
{
    const uint8_t *p = row.ptr + *at;
    size_t left = row.len - *at;
    uint32_t len;

    if (left == 0)
        return 0;
    if (left < ENTRY_HEAD)
        return ERR_CORRUPT;
    len = read_u32be(p + 20);
    if (len > left - ENTRY_HEAD)
        return ERR_CORRUPT;
    *ret = (struct log_entry){
        .job_id = read_u64be(p),
        .first_event_no = read_u64be(p + 8),
        .count = read_u32be(p + 16),
        .events = slice_of(p + ENTRY_HEAD, len),
    };
    *at += ENTRY_HEAD + len;
    return 1;
}

struct log_walk {
    log_fn fn;
    void *arg;
};

static int each_entry(const struct log_walk *walk, uint64_t turn, struct slice row)
{
    struct log_entry entry;
    size_t at = 0;
    int rc, said;

    while ((rc = log_next(row, &at, &entry)) == 1) {
        entry.turn = turn;
        said = walk->fn(walk->arg, &entry);
        if (said)
            return said;
    }
    return rc;
}

static int on_row(void *arg, struct slice key, struct slice row, bool damaged)
{
    const struct log_walk *walk = arg;
    uint64_t turn = key_is_sound(key) ? key_u64(key, 0) : 0;
    int rc = damaged || turn == 0 ? ERR_CORRUPT : each_entry(walk, turn, row);

    return rc == ERR_CORRUPT ? walk->fn(walk->arg, &(struct log_entry){ .turn = turn }) : rc;
}

int log_scan(struct store *store, log_fn fn, void *arg, struct err *err)
{
    struct log_walk walk = { fn, arg };
    struct key from = key_tag(KEY_LOG);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_row, &walk, err);
}
