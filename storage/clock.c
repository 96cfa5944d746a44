// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

enum { CLOCK_BYTES = 16 + 3 * 8 };

int clock_get(struct store *store, struct store_clock *ret, struct err *err)
{
    struct key key = key_tag(KEY_CLOCK);
    struct buf row;
    int rc;

    *ret = (struct store_clock){ 0 };
    buf_init(&row, 0);
    rc = store_get(store, key_slice(&key), &row, err);
    if (rc == 0 && row.len < CLOCK_BYTES)
        rc = err_set(err, ERR_CORRUPT, "the clock row has %zu bytes instead of %d", row.len,
                     CLOCK_BYTES);
    else if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "the clock row");
    if (rc == 0) {
        memcpy(ret->boot_id.bytes, row.ptr, 16);
        ret->boottime_ms = (int64_t)read_u64be(row.ptr + 16);
        ret->wall_ms = (int64_t)read_u64be(row.ptr + 24);
        ret->timeline_ms = (int64_t)read_u64be(row.ptr + 32);
    }
    buf_release(&row);
    return rc;
}

void clock_put(struct batch *batch, const struct store_clock *clock)
{
    struct key key = key_tag(KEY_CLOCK);
    uint8_t row[CLOCK_BYTES];

    memcpy(row, clock->boot_id.bytes, 16);
    write_u64be(row + 16, (uint64_t)clock->boottime_ms);
    write_u64be(row + 24, (uint64_t)clock->wall_ms);
    write_u64be(row + 32, (uint64_t)clock->timeline_ms);
    batch_put(batch, key_slice(&key), slice_of(row, sizeof(row)));
}
