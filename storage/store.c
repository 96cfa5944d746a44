// SPDX-License-Identifier: MIT
// The calls of store.h: what every implementation would check, then its table.
#include "storage/store.h"

#include <assert.h>
#include <errno.h>

int store_commit(struct store *store, const struct batch *batch, struct err *err)
{
    int failed = buf_failed(&batch->bytes);

    if (failed)
        return err_set(err, failed, "a batch of %zu operations could not be built: %s",
                       batch->count, err_name(failed));
    return batch->count ? store->ops->commit(store, batch, err) : 0;
}

int store_get(struct store *store, struct slice key, struct buf *ret, struct err *err)
{
    assert(key.len > 0 && key.len <= STORE_KEY_MAX);
    buf_clear(ret);
    return store->ops->get(store, key, ret, err);
}

int store_scan(struct store *store, struct slice from, struct slice to, bool reverse,
               store_row_fn fn, void *arg, struct err *err)
{
    if (to.len && slice_compare(from, to) >= 0)
        return 0;
    return store->ops->scan(store, from, to, reverse, fn, arg, err);
}

int store_reserve(struct store *store, uint64_t bytes, struct err *err)
{
    return store->ops->reserve(store, bytes, err);
}

int store_backup(struct store *store, const char *path, struct err *err)
{
    return store->ops->backup(store, path, err);
}

void store_stat(struct store *store, struct store_stat *ret)
{
    *ret = (struct store_stat){ 0 };
    store->ops->stat(store, ret);
}

void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}
