// SPDX-License-Identifier: MIT
// Room for a commit, before it writes anything. LMDB appends to its file and
// finds a full disk half-way, as EIO; here the file is made long enough, and its
// blocks are allocated, for the most that the batch can write. So:
//
//   - a full disk is -ENOSPC while the store is still as it was;
//   - the file is never shorter than its last page, not even after a crash: a page
//     that a transaction takes and gives up again is counted but never written, and
//     would leave a healthy file that looks truncated (lmdb_preflight.c).
//
// Length alone costs nothing (the tail is sparse) and is always given; blocks are
// allocated in steps. A disk that has no more blocks still takes commits that fit
// into pages that removed jobs left behind.
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "storage/lmdb_store.h"
#include "storage/row.h"

enum {
    ROOM_STEP_MIN = 1 << 20,   // allocated ahead at a time: an eighth of what is
    ROOM_STEP_MAX = 64 << 20,  // used, within these
    ROOM_FLOOR = 4 << 20,      // kept free by store_reserve for results and removals
    PAGES_ALWAYS = 16,         // roots, the free list's own paths
    FREE_LIST_ENTRIES = 256,   // page numbers per page of the free list, half full
    NODE_BYTES = 32,           // at least what LMDB adds to a row in a leaf
    PAGE_HEADER = 16,          // of LMDB's pages
};

// The most that a batch may take: pages, out of pages copied and bytes added.
struct need {
    uint64_t pages, copied, added;
    bool runs; // some value needs adjacent pages, which recycling may not offer
};

int lmdb_pages_of(struct lmdb_store *lmdb, MDB_txn *txn, struct lmdb_pages *ret)
{
    enum { FREE_DBI = 0 }; // the free list, by LMDB's own convention
    MDB_envinfo info;
    MDB_stat rows, list;
    int rc = mdb_env_info(lmdb->env, &info);

    if (rc == 0)
        rc = mdb_stat(txn, lmdb->dbi, &rows);
    if (rc == 0)
        rc = mdb_stat(txn, FREE_DBI, &list);
    if (rc)
        return rc;
    *ret = (struct lmdb_pages){ .last = info.me_last_pgno, .depth = rows.ms_depth };
    ret->tree = rows.ms_branch_pages + rows.ms_leaf_pages + rows.ms_overflow_pages +
                list.ms_branch_pages + list.ms_leaf_pages + list.ms_overflow_pages;
    // Two pages are metas.
    if (ret->last + 1 > ret->tree + 2)
        ret->free = ret->last + 1 - ret->tree - 2;
    return 0;
}

// What one operation may add to the pages copied, and to the bytes put.
static void need_add(struct need *need, const struct lmdb_pages *pages, uint64_t page,
                     const struct batch_item *item)
{
    uint64_t row = item->key.len + item->value.len + ROW_HEADER;

    need->copied += pages->depth + 1; // the path to the row, and a sibling to merge with
    if (item->op == BATCH_DEL_RANGE)
        need->copied += item->limit / 2; // neighbours: two rows a leaf, or more
    if (item->op != BATCH_PUT)
        return;
    need->added += row + NODE_BYTES;
    if (row > page / 2 - NODE_BYTES) { // then it has pages of its own
        need->added += page;
        need->runs |= item->value.len + ROW_HEADER + PAGE_HEADER > page;
    }
}

static struct need need_of(const struct lmdb_store *lmdb, const struct batch *batch,
                           const struct lmdb_pages *pages)
{
    uint64_t page = lmdb->page_bytes;
    struct need need = { 0 };
    struct batch_item item;

    for (size_t at = 0; batch_next(batch, &at, &item);)
        need_add(&need, pages, page, &item);
    if (need.copied > pages->tree)
        need.copied = pages->tree;
    // A split leaves pages half full, and rows of up to half a page fill them badly.
    need.pages = need.copied + 3 * need.added / page + PAGES_ALWAYS;
    need.pages += (need.pages + pages->free) / FREE_LIST_ENTRIES;
    return need;
}

static uint64_t step_of(uint64_t used)
{
    uint64_t step = used / 8;

    if (step < ROOM_STEP_MIN)
        return ROOM_STEP_MIN;
    return step < ROOM_STEP_MAX ? step : ROOM_STEP_MAX;
}

static int room_error(const struct lmdb_store *lmdb, int code, const char *doing,
                      struct err *err)
{
    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
        return err_set(err, -ENOSPC, "store %s: the disk is full; free some space, or remove "
                       "jobs", lmdb->home.path);
    return err_set(err, -code, "store %s: %s: %s", lmdb->home.path, doing, err_name(-code));
}

// Not every file system can allocate ahead: then what it says is free must do.
static int space_check(int fd, uint64_t bytes)
{
    struct statvfs fs;

    if (fstatvfs(fd, &fs) < 0)
        return errno;
    return (uint64_t)fs.f_bavail * fs.f_frsize >= bytes ? 0 : ENOSPC;
}

// 0 or an errno, without a sign.
static int allocate(int fd, uint64_t from, uint64_t end)
{
    while (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(end - from)) < 0) {
        if (errno == EOPNOTSUPP || errno == ENOSYS)
            return space_check(fd, end - from);
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

// Allocates up to `end` at least, a step more when there is that much.
static int extend_blocks(struct lmdb_store *lmdb, int fd, uint64_t used, uint64_t end)
{
    uint64_t ahead = end + step_of(used);
    int rc = allocate(fd, used, ahead);

    if (rc == ENOSPC || rc == EDQUOT) {
        ahead = end;
        rc = allocate(fd, used, end);
    }
    if (rc == 0)
        lmdb->allocated_bytes = ahead;
    return rc;
}

static int extend_length(struct lmdb_store *lmdb, int fd, uint64_t used, uint64_t end)
{
    uint64_t length = end + step_of(used);

    if (ftruncate(fd, (off_t)length) < 0 || fsync(fd) < 0)
        return errno;
    lmdb->file_bytes = length;
    return 0;
}

static int room_make(struct lmdb_store *lmdb, uint64_t used, uint64_t bytes, bool recycled,
                     struct err *err)
{
    uint64_t end = used + bytes;
    int fd, rc = 0;

    if (end <= lmdb->allocated_bytes && end <= lmdb->file_bytes)
        return 0;
    mdb_env_get_fd(lmdb->env, &fd);
    if (end > lmdb->allocated_bytes)
        rc = extend_blocks(lmdb, fd, used, end);
    if ((rc == ENOSPC || rc == EDQUOT) && recycled)
        rc = 0;
    if (rc == 0 && end > lmdb->file_bytes)
        rc = extend_length(lmdb, fd, used, end);
    return rc ? room_error(lmdb, rc, "cannot extend " HOME_DATA, err) : 0;
}

int lmdb_room_for(struct lmdb_store *lmdb, MDB_txn *txn, const struct batch *batch,
                  struct err *err)
{
    struct lmdb_pages pages;
    struct need need;
    uint64_t lasting;
    int rc = lmdb_pages_of(lmdb, txn, &pages);

    if (rc)
        return lmdb_error(rc, lmdb->home.path, "cannot tell its size", err);
    need = need_of(lmdb, batch, &pages);
    // LMDB does not yet reuse what the last commit freed; of the rest, half is
    // counted, because a reader may hold some of it back.
    lasting = pages.free < lmdb->free_pages ? pages.free : lmdb->free_pages;
    lmdb->free_pages = pages.free;
    return room_make(lmdb, (pages.last + 1) * lmdb->page_bytes, need.pages * lmdb->page_bytes,
                     !need.runs && need.pages <= lasting / 2, err);
}

int lmdb_reserve(struct store *store, uint64_t bytes, struct err *err)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lmdb_pages pages = { 0 };
    MDB_txn *txn = NULL;
    int rc = lmdb->read_only ? err_set(err, -EROFS, "store %s: opened for reading only",
                                       lmdb->home.path)
                             : lmdb_read_begin(lmdb, &txn, err);

    if (rc < 0)
        return rc;
    rc = lmdb_error(lmdb_pages_of(lmdb, txn, &pages), lmdb->home.path, "cannot tell its size",
                    err);
    lmdb_read_end(lmdb, txn);
    if (rc < 0)
        return rc;
    bytes = 2 * bytes + ROOM_FLOOR; // a page split leaves two halves
    return room_make(lmdb, (pages.last + 1) * lmdb->page_bytes, bytes,
                     pages.free / 2 * lmdb->page_bytes >= bytes, err);
}

bool lmdb_disk_is_full(const struct lmdb_store *lmdb)
{
    struct statvfs fs;

    return fstatvfs(lmdb->home.dir_fd, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize < ROOM_STEP_MIN;
}
