// SPDX-License-Identifier: MIT
#include "storage/fixed.h"

#include <errno.h>

enum { FIXED_MAX = 3 }; // numbers in a row

void fixed_put(struct batch *batch, const struct key *key, const uint64_t *values, size_t n)
{
    uint8_t row[8 * FIXED_MAX];

    assert(n <= FIXED_MAX);
    for (size_t i = 0; i < n; i++)
        write_u64be(row + 8 * i, values[i]);
    batch_put(batch, key_slice(key), slice_of(row, 8 * n));
}

int fixed_get(struct store *store, const struct key *key, uint64_t *values, size_t n,
              struct err *err)
{
    struct buf row;
    int rc;

    buf_init(&row, 0);
    rc = store_get(store, key_slice(key), &row, err);
    if (rc == 0 && row.len != 8 * n)
        rc = err_set(err, ERR_CORRUPT, "a stored row has %zu bytes instead of %zu", row.len,
                     8 * n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        values[i] = read_u64be(row.ptr + 8 * i);
    buf_release(&row);
    return rc;
}
