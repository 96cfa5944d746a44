// SPDX-License-Identifier: MIT
// Private to storage/lmdb_*.c: one open LMDB environment.
//
// Threads: one thread at a time commits, reserves, or closes; any thread reads.
// The map may move only when nothing looks at it: whoever reads pages holds
// map_lock shared, growing the map holds it alone. The committing thread needs no
// lock for its own write transaction, because it is also the only one that grows.
#pragma once

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "storage/lmdb_home.h"

struct lmdb_store {
    struct store store; // first
    struct lmdb_home home;
    MDB_env *env;
    MDB_dbi dbi; // the one unnamed database
    bool read_only;

    pthread_rwlock_t map_lock;
    bool map_lost; // under map_lock: growing failed half-way, nothing is mapped
    _Atomic(uint64_t) map_bytes;
    uint64_t map_bytes_max;
    _Atomic(MDB_txn *) idle_reader; // reset, ready to be renewed; or NULL

    // Of the committing thread:
    int failed;               // code of the commit that went wrong; none follows it
    uint32_t page_bytes;
    uint64_t file_bytes;      // size of the data file, which holds what is coming
    uint64_t allocated_bytes; // of it, from the front, that have blocks on disk
    uint64_t free_pages;      // as the last commit found them

    _Atomic(uint64_t) commits, puts, deletes;
};

static inline struct lmdb_store *lmdb_of(struct store *store)
{
    return (struct lmdb_store *)(void *)store;
}

static inline MDB_val lmdb_val(struct slice s)
{
    return (MDB_val){ .mv_size = s.len, .mv_data = (void *)(uintptr_t)s.ptr };
}

static inline struct slice lmdb_slice(MDB_val v) { return slice_of(v.mv_data, v.mv_size); }

// The one place where LMDB's codes become ours: "store DIR: doing: reason".
int lmdb_error(int rc, const char *dir, const char *doing, struct err *err);

// Pages of the snapshot a transaction sees.
struct lmdb_pages {
    uint64_t last;    // number of the last page ever used
    uint64_t tree;    // pages of the rows and of the free list's own tree
    uint64_t free;    // pages that may be used again
    uint64_t depth;   // of the tree of rows
};
int lmdb_pages_of(struct lmdb_store *lmdb, MDB_txn *txn, struct lmdb_pages *ret);

// ---- reading (lmdb_read.c)
// Between the two nothing grows the map: keep it short. On failure nothing is held.
int lmdb_read_begin(struct lmdb_store *lmdb, MDB_txn **ret, struct err *err);
void lmdb_read_end(struct lmdb_store *lmdb, MDB_txn *txn);
int lmdb_get(struct store *store, struct slice key, struct buf *ret, struct err *err);
int lmdb_scan(struct store *store, struct slice from, struct slice to, bool reverse,
              store_row_fn fn, void *arg, struct err *err);

// ---- writing (lmdb_commit.c, lmdb_room.c)
int lmdb_commit(struct store *store, const struct batch *batch, struct err *err);
int lmdb_reserve(struct store *store, uint64_t bytes, struct err *err);
// Makes room in the file, and on disk, for what this batch may write. -ENOSPC:
// there is none, and nothing has changed.
int lmdb_room_for(struct lmdb_store *lmdb, MDB_txn *txn, const struct batch *batch,
                  struct err *err);
bool lmdb_disk_is_full(const struct lmdb_store *lmdb);

int lmdb_backup(struct store *store, const char *path, struct err *err);
