// SPDX-License-Identifier: MIT
// Opening and closing the store on LMDB. In this order: the directory and its
// lock; the data file made, or looked over without LMDB; the environment; the
// format of whoever wrote it. Whatever fails, what was opened before is closed.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "storage/lmdb_store.h"
#include "storage/tables.h"

static const uint64_t MAP_BYTES = (uint64_t)1 << 30;
static const uint64_t MAP_BYTES_MAX = (uint64_t)1 << 40;

static void lmdb_stat(struct store *store, struct store_stat *ret)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lmdb_pages pages;
    struct stat st;
    MDB_txn *txn;
    int fd;

    *ret = (struct store_stat){
        .commits = atomic_load(&lmdb->commits),
        .puts = atomic_load(&lmdb->puts),
        .deletes = atomic_load(&lmdb->deletes),
        .bytes_map = atomic_load(&lmdb->map_bytes),
    };
    if (lmdb_read_begin(lmdb, &txn, NULL) < 0)
        return;
    if (lmdb_pages_of(lmdb, txn, &pages) == 0)
        ret->bytes_used = (pages.tree + 2) * lmdb->page_bytes;
    if (mdb_env_get_fd(lmdb->env, &fd) == 0 && fstat(fd, &st) == 0)
        ret->bytes_file = (uint64_t)st.st_size;
    lmdb_read_end(lmdb, txn);
}

static void lmdb_close(struct store *store)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    MDB_txn *idle = atomic_load(&lmdb->idle_reader);

    if (idle)
        mdb_txn_abort(idle);
    if (lmdb->env)
        mdb_env_close(lmdb->env);
    lmdb_home_close(&lmdb->home); // the lock goes last
    pthread_rwlock_destroy(&lmdb->map_lock);
    free(lmdb);
}

static const struct store_ops lmdb_ops = {
    .commit = lmdb_commit,
    .get = lmdb_get,
    .scan = lmdb_scan,
    .reserve = lmdb_reserve,
    .backup = lmdb_backup,
    .stat = lmdb_stat,
    .close = lmdb_close,
};

// LMDB found its own invariants broken, in the middle of a tree: no state is left
// to return to. It aborts after this; the words are for whoever reads the log.
static void on_assert(MDB_env *env, const char *text)
{
    const struct lmdb_store *lmdb = mdb_env_get_userctx(env);

    fprintf(stderr, "store %s: the data file is damaged, Pawl ends here; restore a backup (%s)\n",
            lmdb->home.path, text);
}

static int look_over(struct lmdb_store *lmdb, bool create, struct lmdb_facts *ret,
                     struct err *err)
{
    int rc = lmdb_preflight(&lmdb->home, ret, err);

    if (rc == -ENOENT && create) {
        rc = lmdb_home_create_data(&lmdb->home, err);
        if (rc == 0)
            rc = lmdb_preflight(&lmdb->home, ret, err);
    }
    if (rc == -ENOENT)
        return err_set(err, rc, "store %s: there is no " HOME_DATA " here",
                       lmdb->home.path);
    return rc;
}

// The first size wanted, doubled until the file fits with room to spare.
static uint64_t first_map_bytes(const struct store_lmdb_options *options,
                                const struct lmdb_facts *facts)
{
    uint64_t bytes = options->map_bytes ? options->map_bytes : MAP_BYTES;

    while (bytes < facts->used_bytes + facts->used_bytes / 2)
        bytes *= 2;
    return bytes;
}

// LMDB leaves its data descriptor open across exec; commands must not inherit it.
static int close_on_exec(MDB_env *env)
{
    int fd;
    int rc = mdb_env_get_fd(env, &fd);

    return rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? errno : rc;
}

static int open_database(struct lmdb_store *lmdb)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);

    if (rc)
        return rc;
    rc = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
    if (rc)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn); // an abort would close the handle again
    return rc;
}

// A reader of data.mdb alone needs no table of readers: with the home locked, or
// never opened by an engine, nobody writes.
static int open_env(struct lmdb_store *lmdb, struct err *err)
{
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (lmdb->read_only ? MDB_RDONLY | MDB_NOLOCK : 0);
    int dead;
    int rc = mdb_env_create(&lmdb->env);

    if (rc == 0)
        rc = mdb_env_set_userctx(lmdb->env, lmdb);
    if (rc == 0)
        rc = mdb_env_set_assert(lmdb->env, on_assert);
    if (rc == 0)
        rc = mdb_env_set_mapsize(lmdb->env, atomic_load(&lmdb->map_bytes));
    if (rc == 0)
        rc = mdb_env_open(lmdb->env, lmdb->home.path, flags, 0600);
    if (rc == 0)
        rc = close_on_exec(lmdb->env);
    if (rc == 0 && !lmdb->read_only)
        rc = mdb_reader_check(lmdb->env, &dead);
    if (rc == 0)
        rc = open_database(lmdb);
    return lmdb_error(rc, lmdb->home.path, "cannot open " HOME_DATA, err);
}

// A damaged row is `doctor`'s business: it opens read-only and must see the rest.
static int check_format(struct lmdb_store *lmdb, struct err *err)
{
    struct store_meta meta;
    int rc = meta_get(&lmdb->store, &meta, err);

    if (rc == -ENOENT || (rc == ERR_CORRUPT && lmdb->read_only))
        return 0;
    if (rc < 0)
        err_wrap(err, "store %s", lmdb->home.path);
    return rc;
}

static int lmdb_open(struct lmdb_store *lmdb, const char *dir,
                     const struct store_lmdb_options *options, struct err *err)
{
    struct lmdb_facts facts;
    int rc = lmdb_home_open(&lmdb->home, dir, options, err);

    if (rc < 0)
        return rc;
    rc = look_over(lmdb, options->create && !options->read_only, &facts, err);
    if (rc < 0)
        return rc;
    lmdb->page_bytes = facts.page_bytes;
    lmdb->file_bytes = facts.file_bytes;
    atomic_store(&lmdb->map_bytes, first_map_bytes(options, &facts));
    rc = open_env(lmdb, err);
    return rc < 0 ? rc : check_format(lmdb, err);
}

int store_lmdb_open(struct store **ret, const char *dir, const struct store_lmdb_options *options,
                    struct err *err)
{
    struct lmdb_store *lmdb = calloc(1, sizeof(*lmdb));
    int rc;

    *ret = NULL;
    if (!lmdb)
        return err_set(err, -ENOMEM, "store %s: no memory to open it", dir);
    lmdb->store.ops = &lmdb_ops;
    lmdb->home = (struct lmdb_home){ .dir_fd = -1, .lock_fd = -1 };
    lmdb->read_only = options->read_only;
    lmdb->map_bytes_max = options->map_bytes_max ? options->map_bytes_max : MAP_BYTES_MAX;
    pthread_rwlock_init(&lmdb->map_lock, NULL);
    rc = lmdb_open(lmdb, dir, options, err);
    if (rc < 0)
        lmdb_close(&lmdb->store);
    else
        *ret = &lmdb->store;
    return rc;
}
