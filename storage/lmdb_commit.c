// SPDX-License-Identifier: MIT
// One batch, one write transaction, one flush. Order of a commit:
//
//   1. begin; make room in the file (-ENOSPC here leaves everything as it was)
//   2. apply every operation; a put is checksummed straight into LMDB's page
//   3. mdb_txn_commit: pages, fdatasync, meta page (O_DSYNC)
//
// A crash before the meta page leaves the last commit, after it this one. A full
// map, in 2 or 3, aborts the transaction, doubles the map and does all of it again.
// Any other failure from 2 on is final: after a failed sync nobody knows what the
// disk holds, and a later success would hide it.
#include <errno.h>

#include "storage/lmdb_store.h"
#include "storage/row.h"

enum { MAP_IS_FULL = 1 }; // beside 0 and negative codes

struct work {
    struct lmdb_store *lmdb;
    MDB_txn *txn;
    uint64_t puts, deletes;
};

static int apply_put(struct work *work, const struct batch_item *item)
{
    MDB_val key = lmdb_val(item->key);
    MDB_val row = { .mv_size = ROW_HEADER + item->value.len };
    int rc = mdb_put(work->txn, work->lmdb->dbi, &key, &row, MDB_RESERVE);

    if (rc == 0) {
        row_write(row.mv_data, item->key, item->value);
        work->puts++;
    }
    return rc;
}

static int apply_del(struct work *work, const struct batch_item *item)
{
    MDB_val key = lmdb_val(item->key);
    int rc = mdb_del(work->txn, work->lmdb->dbi, &key, NULL);

    if (rc == 0)
        work->deletes++;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

// Seeks again for each row: after a delete the first row left is the next one.
static int apply_del_range(struct work *work, const struct batch_item *item)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(work->txn, work->lmdb->dbi, &cursor);

    if (rc)
        return rc;
    for (uint32_t n = 0; n < item->limit && rc == 0; n++) {
        MDB_val key = lmdb_val(item->key), row;
        rc = mdb_cursor_get(cursor, &key, &row, MDB_SET_RANGE);
        if (rc == 0 && slice_compare(lmdb_slice(key), item->value) >= 0)
            break;
        if (rc == 0)
            rc = mdb_cursor_del(cursor, 0);
        if (rc == 0)
            work->deletes++;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int apply(struct work *work, const struct batch *batch)
{
    struct batch_item item;
    int rc = 0;

    for (size_t at = 0; rc == 0 && batch_next(batch, &at, &item);) {
        switch (item.op) {
        case BATCH_PUT: rc = apply_put(work, &item); break;
        case BATCH_DEL: rc = apply_del(work, &item); break;
        case BATCH_DEL_RANGE: rc = apply_del_range(work, &item); break;
        }
    }
    return rc;
}

// The code, and the words, of a commit that failed for good.
static int final_error(struct lmdb_store *lmdb, int rc, struct err *err)
{
    if (rc == ENOSPC || rc == EDQUOT || (rc == EIO && lmdb_disk_is_full(lmdb)))
        return lmdb->failed = err_set(err, -EIO, "store %s: the disk ran full during a commit; "
                                      "free some space and start Pawl again", lmdb->home.path);
    return lmdb->failed = lmdb_error(rc, lmdb->home.path, "commit failed", err);
}

static int commit_once(struct lmdb_store *lmdb, const struct batch *batch, struct err *err)
{
    struct work work = { .lmdb = lmdb };
    int rc = mdb_txn_begin(lmdb->env, NULL, 0, &work.txn);

    if (rc)
        return final_error(lmdb, rc, err);
    rc = lmdb_room_for(lmdb, work.txn, batch, err);
    if (rc < 0) {
        mdb_txn_abort(work.txn);
        if (rc != -ENOSPC)
            lmdb->failed = rc;
        return rc;
    }
    rc = apply(&work, batch);
    if (rc == 0)
        rc = mdb_txn_commit(work.txn); // frees the transaction, whatever it returns
    else
        mdb_txn_abort(work.txn);
    if (rc)
        return rc == MDB_MAP_FULL ? MAP_IS_FULL : final_error(lmdb, rc, err);
    atomic_fetch_add(&lmdb->puts, work.puts);
    atomic_fetch_add(&lmdb->deletes, work.deletes);
    atomic_fetch_add(&lmdb->commits, 1);
    return 0;
}

// Doubles the map, when no read transaction looks at it.
static int grow_map(struct lmdb_store *lmdb, struct err *err)
{
    uint64_t bytes = 2 * atomic_load(&lmdb->map_bytes);
    int rc;

    if (bytes > lmdb->map_bytes_max)
        return err_set(err, -ENOSPC, "store %s: full: its map of %llu bytes may not grow beyond "
                       "%llu; remove jobs, or raise the limit", lmdb->home.path,
                       (unsigned long long)bytes / 2, (unsigned long long)lmdb->map_bytes_max);
    pthread_rwlock_wrlock(&lmdb->map_lock);
    rc = mdb_env_set_mapsize(lmdb->env, bytes);
    if (rc)
        lmdb->map_lost = true; // LMDB unmaps before it maps anew
    else
        atomic_store(&lmdb->map_bytes, bytes);
    pthread_rwlock_unlock(&lmdb->map_lock);
    if (rc)
        return lmdb->failed = lmdb_error(rc, lmdb->home.path, "cannot grow the map", err);
    return 0;
}

int lmdb_commit(struct store *store, const struct batch *batch, struct err *err)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    int rc;

    if (lmdb->read_only)
        return err_set(err, -EROFS, "store %s: opened for reading only", lmdb->home.path);
    if (lmdb->failed)
        return err_set(err, lmdb->failed, "store %s: an earlier commit failed; start Pawl again",
                       lmdb->home.path);
    do {
        rc = commit_once(lmdb, batch, err);
        if (rc == MAP_IS_FULL) {
            rc = grow_map(lmdb, err);
            rc = rc < 0 ? rc : MAP_IS_FULL;
        }
    } while (rc == MAP_IS_FULL);
    return rc;
}
