// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

enum { META_BYTES = 4 + 16 + 8 + 16 + 8, PAST_BYTES = 2 * META_PAST };

static struct uuid read_uuid(const uint8_t *p)
{
    struct uuid uuid;

    memcpy(uuid.bytes, p, sizeof(uuid.bytes));
    return uuid;
}

// A store that an earlier Pawl wrote has no past.
static void past_decode(struct slice row, struct store_meta *ret)
{
    while (ret->past_count < META_PAST && row.len >= META_BYTES + 2 * (ret->past_count + 1)) {
        ret->past[ret->past_count] = read_u16be(row.ptr + META_BYTES + 2 * ret->past_count);
        ret->past_count++;
    }
}

// The format is read before anything else: a newer Pawl may have changed the rest.
static int meta_decode(struct slice row, struct store_meta *ret, struct err *err)
{
    if (row.len < 4)
        return err_set(err, ERR_CORRUPT, "the meta row has %zu bytes: too few", row.len);
    ret->format = read_u32be(row.ptr);
    if (ret->format > STORE_FORMAT)
        return err_set(err, ERR_VERSION, "written by a newer Pawl (format %u, this one reads up "
                       "to %d): use that one, or restore an older backup", ret->format,
                       STORE_FORMAT);
    if (row.len < META_BYTES)
        return err_set(err, ERR_CORRUPT, "the meta row has %zu bytes instead of %d", row.len,
                       META_BYTES);
    ret->store = read_uuid(row.ptr + 4);
    ret->epoch = read_u64be(row.ptr + 20);
    ret->incarnation = read_uuid(row.ptr + 28);
    ret->next_id = read_u64be(row.ptr + 44);
    past_decode(row, ret);
    return 0;
}

int meta_get(struct store *store, struct store_meta *ret, struct err *err)
{
    struct key key = key_tag(KEY_META);
    struct buf row;
    int rc;

    *ret = (struct store_meta){ 0 };
    buf_init(&row, 0);
    rc = store_get(store, key_slice(&key), &row, err);
    if (rc == 0)
        rc = meta_decode(buf_slice(&row), ret, err);
    else if (rc != -ENOENT)
        err_wrap(err, "the meta row");
    buf_release(&row);
    return rc;
}

void meta_put(struct batch *batch, const struct store_meta *meta)
{
    struct key key = key_tag(KEY_META);
    uint8_t row[META_BYTES + PAST_BYTES];

    write_u32be(row, meta->format);
    memcpy(row + 4, meta->store.bytes, 16);
    write_u64be(row + 20, meta->epoch);
    memcpy(row + 28, meta->incarnation.bytes, 16);
    write_u64be(row + 44, meta->next_id);
    for (uint32_t i = 0; i < meta->past_count; i++)
        write_u16be(row + META_BYTES + 2 * (size_t)i, meta->past[i]);
    batch_put(batch, key_slice(&key), slice_of(row, META_BYTES + 2 * meta->past_count));
}

void meta_begin(struct store_meta *meta, struct uuid incarnation)
{
    if (meta->epoch > 0) {
        memmove(meta->past + 1, meta->past, (META_PAST - 1) * sizeof(meta->past[0]));
        meta->past[0] = read_u16be(meta->incarnation.bytes);
        meta->past_count += meta->past_count < META_PAST;
    }
    meta->epoch++;
    meta->incarnation = incarnation;
}
