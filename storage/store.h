// SPDX-License-Identifier: MIT
// The store: an ordered map of short keys to records, durable and atomic by
// batch. This is all that a second implementation must provide; the tables
// (journal.h, jobs.h, ...) are written on top of it and know no LMDB.
//
// Every value is wrapped, by the store, in a small header with a checksum (see
// keys.h); callers see their own bytes only. A value that fails its checksum is
// ERR_CORRUPT for that record alone.
//
// Threads: store_commit may run on any one thread at a time; reads may run on
// another thread meanwhile and see the last finished commit. Nothing here logs,
// reads a clock, or knows Lua.
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "storage/batch.h"

struct store;

enum { STORE_KEY_MAX = 64, STORE_VALUE_MAX = 64 * 1024 * 1024 };

// One row. key and value are valid during the call only. Return 0 to go on, 1 to
// stop the scan with success, negative to stop it with that code. When the row
// is damaged, damaged is true and value is empty.
typedef int (*store_row_fn)(void *arg, struct slice key, struct slice value, bool damaged);

struct store_stat {
    uint64_t commits;        // since open
    uint64_t puts, deletes;  // operations in them
    uint64_t bytes_used;     // pages in use
    uint64_t bytes_file;     // size of the data file; 0 for memory
    uint64_t bytes_map;      // address space reserved
};

// What `doctor` and a verified backup report.
struct store_report {
    uint64_t records, damaged, orphans; // orphans: index rows without their target, or the reverse
    char first_fault[ERR_TEXT_MAX];     // "" when none
};

// Implementations fill this table; callers use the functions below.
struct store_ops {
    int (*commit)(struct store *store, const struct batch *batch, struct err *err);
    int (*get)(struct store *store, struct slice key, struct buf *ret, struct err *err);
    int (*scan)(struct store *store, struct slice from, struct slice to, bool reverse,
                store_row_fn fn, void *arg, struct err *err);
    int (*reserve)(struct store *store, uint64_t bytes, struct err *err);
    int (*backup)(struct store *store, const char *path, struct err *err);
    void (*stat)(struct store *store, struct store_stat *ret);
    void (*close)(struct store *store);
};

struct store {
    const struct store_ops *ops; // first member of every implementation
};

struct store_lmdb_options {
    uint64_t map_bytes;     // first size of the map; 0: 1 GiB. It doubles when full
    uint64_t map_bytes_max; // 0: 1 TiB
    bool force_filesystem;  // open on a network file system all the same
    bool create;            // make it when missing
    bool read_only;         // for `doctor` on a damaged home: takes the lock if there is one,
                            // and writes nothing
};

// Opens DIR/data.mdb. Takes the flock on DIR/lock first (-EBUSY names the pid
// that holds it), checks file size and both meta pages by pread before LMDB may
// map them (ERR_CORRUPT), and the format version (ERR_VERSION when newer).
// -EROFS, -EACCES, -ENOSPC say so in words, with the path and the way out.
// Owner of *ret: the caller, to be closed with store_close.
int store_lmdb_open(struct store **ret, const char *dir, const struct store_lmdb_options *options,
                    struct err *err);
// A store in memory, for simulation and tests: same behaviour, nothing durable.
int store_memory_open(struct store **ret, struct err *err);

// Applies the batch whole or not at all. After 0 it is durable. -ENOSPC: the
// disk was full before anything was written; the batch may be tried again. Any
// other failure is fatal: the process must stop acknowledging and end.
int store_commit(struct store *store, const struct batch *batch, struct err *err);
// Appends the value to *ret (cleared first). -ENOENT: no such key (err untouched).
int store_get(struct store *store, struct slice key, struct buf *ret, struct err *err);
// Calls fn for the rows with from <= key < to, in key order or backwards; an empty
// `to` stands for the end of the store. Uses one read transaction: keep it short.
// fn must not call the store.
int store_scan(struct store *store, struct slice from, struct slice to, bool reverse,
               store_row_fn fn, void *arg, struct err *err);
// Makes sure that so many bytes of batches can still be written, and a few MiB
// more: a commit may use that floor, so that when this begins to fail, results
// and removals still get through. The data file is extended ahead. -ENOSPC when
// there is no room. Cheap when there is. Only between commits, on the committing
// thread.
int store_reserve(struct store *store, uint64_t bytes, struct err *err);
// A compacted copy at path (a new directory), synced, then opened and checked; it
// appears under that name whole or not at all. ERR_CORRUPT: the copy has damaged
// records; it is kept beside, under the name the text gives. A long read: the map
// cannot grow, and a commit that needs it to waits, until the copy is written.
// Not offered by the store in memory (-EOPNOTSUPP).
int store_backup(struct store *store, const char *path, struct err *err);
void store_stat(struct store *store, struct store_stat *ret);
void store_close(struct store *store); // NULL is allowed

// Walks every record and index of every table (in slices, short transactions).
// 0 also when damage was found: that is in the report. Orphans are exact only when
// nothing commits meanwhile.
int store_check(struct store *store, struct store_report *ret, struct err *err);
