// SPDX-License-Identifier: MIT
// Reads run in short read transactions. Beginning one anew takes LMDB's mutex to
// find a slot, so one is kept, reset, for the next reader to renew: almost all
// reads come one at a time from the loop's thread, and a second reader meanwhile
// begins its own.
#include <errno.h>

#include "storage/lmdb_store.h"
#include "storage/row.h"

static int reader_begin(struct lmdb_store *lmdb, MDB_txn **ret)
{
    MDB_txn *idle = atomic_exchange(&lmdb->idle_reader, NULL);
    int rc;

    if (!idle)
        return mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, ret);
    rc = mdb_txn_renew(idle);
    if (rc)
        mdb_txn_abort(idle);
    else
        *ret = idle;
    return rc;
}

int lmdb_read_begin(struct lmdb_store *lmdb, MDB_txn **ret, struct err *err)
{
    int rc;

    pthread_rwlock_rdlock(&lmdb->map_lock);
    if (lmdb->map_lost)
        rc = err_set(err, -EIO, "store %s: closed after a failure to grow; start Pawl again",
                     lmdb->home.path);
    else
        rc = lmdb_error(reader_begin(lmdb, ret), lmdb->home.path, "cannot begin to read", err);
    if (rc < 0)
        pthread_rwlock_unlock(&lmdb->map_lock);
    return rc;
}

void lmdb_read_end(struct lmdb_store *lmdb, MDB_txn *txn)
{
    MDB_txn *none = NULL;

    mdb_txn_reset(txn);
    if (!atomic_compare_exchange_strong(&lmdb->idle_reader, &none, txn))
        mdb_txn_abort(txn);
    pthread_rwlock_unlock(&lmdb->map_lock);
}

static int take_value(struct slice key, MDB_val found, struct buf *ret, struct err *err)
{
    struct slice value;

    if (!row_read(key, lmdb_slice(found), &value))
        return err_set(err, ERR_CORRUPT, "a stored row of %zu bytes fails its checksum",
                       found.mv_size);
    buf_add_slice(ret, value);
    if (buf_failed(ret))
        return err_set(err, buf_failed(ret),
                       "a value of %zu bytes does not fit where it is wanted: %s", value.len,
                       err_name(buf_failed(ret)));
    return 0;
}

int lmdb_get(struct store *store, struct slice key, struct buf *ret, struct err *err)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    MDB_val wanted = lmdb_val(key), found;
    MDB_txn *txn = NULL;
    int rc = lmdb_read_begin(lmdb, &txn, err);

    if (rc < 0)
        return rc;
    rc = mdb_get(txn, lmdb->dbi, &wanted, &found);
    if (rc == 0)
        rc = take_value(key, found, ret, err);
    else if (rc == MDB_NOTFOUND)
        rc = -ENOENT;
    else
        rc = lmdb_error(rc, lmdb->home.path, "cannot read a row", err);
    lmdb_read_end(lmdb, txn);
    return rc;
}

struct scan {
    MDB_cursor *cursor;
    MDB_val key, row; // where the cursor stands
    struct slice from, to;
    bool reverse;
};

// MDB_NOTFOUND when there is no row to begin with.
static int scan_first(struct scan *scan)
{
    struct slice bound = scan->reverse ? scan->to : scan->from;
    int rc;

    if (bound.len == 0)
        return mdb_cursor_get(scan->cursor, &scan->key, &scan->row,
                              scan->reverse ? MDB_LAST : MDB_FIRST);
    scan->key = lmdb_val(bound);
    rc = mdb_cursor_get(scan->cursor, &scan->key, &scan->row, MDB_SET_RANGE);
    if (!scan->reverse || (rc && rc != MDB_NOTFOUND))
        return rc;
    // The first row at or above `to`: wanted is the one before; none above: the last.
    return mdb_cursor_get(scan->cursor, &scan->key, &scan->row, rc ? MDB_LAST : MDB_PREV);
}

static bool scan_is_inside(const struct scan *scan)
{
    struct slice key = lmdb_slice(scan->key);

    if (scan->reverse)
        return slice_compare(key, scan->from) >= 0;
    return scan->to.len == 0 || slice_compare(key, scan->to) < 0;
}

// 0 when all rows are done or fn stopped it: *ret is its last word.
static int scan_rows(struct scan *scan, store_row_fn fn, void *arg, int *ret)
{
    int rc = scan_first(scan);

    while (rc == 0 && scan_is_inside(scan)) {
        struct slice value;
        bool whole = row_read(lmdb_slice(scan->key), lmdb_slice(scan->row), &value);

        *ret = fn(arg, lmdb_slice(scan->key), value, !whole);
        if (*ret)
            return 0;
        rc = mdb_cursor_get(scan->cursor, &scan->key, &scan->row,
                            scan->reverse ? MDB_PREV : MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int lmdb_scan(struct store *store, struct slice from, struct slice to, bool reverse,
              store_row_fn fn, void *arg, struct err *err)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct scan scan = { .from = from, .to = to, .reverse = reverse };
    MDB_txn *txn = NULL;
    int said = 0;
    int rc = lmdb_read_begin(lmdb, &txn, err);

    if (rc < 0)
        return rc;
    rc = mdb_cursor_open(txn, lmdb->dbi, &scan.cursor);
    if (rc == 0) {
        rc = scan_rows(&scan, fn, arg, &said);
        mdb_cursor_close(scan.cursor);
    }
    rc = lmdb_error(rc, lmdb->home.path, "cannot read its rows", err);
    lmdb_read_end(lmdb, txn);
    if (rc < 0)
        return rc;
    return said < 0 ? said : 0;
}
