// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

enum { RETENTION_BYTES = 3 * 8 };

int retention_get(struct store *store, struct retention *ret, struct err *err)
{
    struct key key = key_tag(KEY_RETENTION);
    struct buf row;
    int rc;

    *ret = RETENTION_NONE;
    buf_init(&row, 0);
    rc = store_get(store, key_slice(&key), &row, err);
    if (rc == 0 && row.len < RETENTION_BYTES)
        rc = err_set(err, ERR_CORRUPT, "it has %zu bytes instead of %d", row.len,
                     RETENTION_BYTES);
    if (rc == 0)
        *ret = (struct retention){ (int64_t)read_u64be(row.ptr), (int64_t)read_u64be(row.ptr + 8),
                                   (int64_t)read_u64be(row.ptr + 16) };
    else if (rc != -ENOENT)
        err_wrap(err, "the retention row");
    buf_release(&row);
    return rc == -ENOENT ? 0 : rc;
}

void retention_put(struct batch *batch, const struct retention *retention)
{
    struct key key = key_tag(KEY_RETENTION);
    uint8_t row[RETENTION_BYTES];

    write_u64be(row, (uint64_t)retention->age_ms);
    write_u64be(row + 8, (uint64_t)retention->count);
    write_u64be(row + 16, (uint64_t)retention->bytes);
    batch_put(batch, key_slice(&key), slice_of(row, sizeof(row)));
}
