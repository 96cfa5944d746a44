// SPDX-License-Identifier: MIT
// LMDB keeps two meta pages, 0 and 1, and trusts the one with the larger
// transaction number, without a checksum and without looking at the file's size.
// Reading them here first turns what would be a SIGBUS, or an abort deep inside a
// tree, into ERR_CORRUPT. A 64-bit page, little or big endian as the machine:
//
//   0  u64 page number     16  u32 magic        40  free tree   136  u64 last page
//   8  u16 pad             20  u32 version      88  main tree   144  u64 transaction
//  10  u16 flags           24  u64 address
//  12  u32 bounds          32  u64 map size
//
//   a tree: u32 pad (of the free tree: the page size) | u16 flags | u16 depth |
//           u64 branch, leaf, overflow pages | u64 entries | u64 root page
//
// Every commit leaves the file long enough for its last page (lmdb_room.c sees to
// that), so that a shorter file has lost something.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/lmdb_home.h"

enum {
    META_BYTES = 152, // of a meta page that mean something
    META_MAGIC = 16, META_VERSION = 20, META_FREE = 40, META_MAIN = 88, META_LAST = 136,
    META_TXN = 144,
    TREE_ROOT = 40,
    PAGE_FLAGS = 10, PAGE_HEADER = 16,
    FLAG_BRANCH = 1, FLAG_LEAF = 2, FLAG_META = 8,
    DATA_VERSION = 1,
    PAGE_MIN = 512, PAGE_MAX = 65536,
};
static const uint32_t META_MAGIC_VALUE = 0xbeefc0de;
static const uint64_t NO_PAGE = UINT64_MAX; // root of an empty tree

struct meta_page {
    uint32_t page_bytes;
    uint64_t free_root, main_root, last_page, txn;
};

struct preflight {
    const struct lmdb_home *home;
    int fd;
    uint64_t file_bytes;
    struct err *err;
};

static uint16_t load_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t load_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static int damaged(const struct preflight *pre, const char *what)
{
    return err_set(pre->err, ERR_CORRUPT,
                   "store %s: " HOME_DATA " is damaged: %s; restore a backup",
                   pre->home->path, what);
}

static int read_at(const struct preflight *pre, uint8_t *to, size_t len, uint64_t offset)
{
    ssize_t n = pread(pre->fd, to, len, (off_t)offset);

    if (n < 0)
        return err_set(pre->err, -errno, "store %s: cannot read " HOME_DATA ": %s",
                       pre->home->path, err_name(-errno));
    return (size_t)n == len ? 0 : damaged(pre, "it ends too early");
}

static int read_meta(const struct preflight *pre, uint64_t offset, struct meta_page *ret)
{
    uint8_t page[META_BYTES];
    int rc = read_at(pre, page, sizeof(page), offset);

    if (rc < 0)
        return rc;
    if (!(load_u16(page + PAGE_FLAGS) & FLAG_META) ||
        load_u32(page + META_MAGIC) != META_MAGIC_VALUE)
        return damaged(pre, "a meta page is not one");
    if (load_u32(page + META_VERSION) != DATA_VERSION)
        return err_set(pre->err, ERR_VERSION, "store %s: written by another LMDB format (%u), "
                       "this Pawl reads format %d", pre->home->path,
                       load_u32(page + META_VERSION), DATA_VERSION);
    *ret = (struct meta_page){
        .page_bytes = load_u32(page + META_FREE),
        .free_root = load_u64(page + META_FREE + TREE_ROOT),
        .main_root = load_u64(page + META_MAIN + TREE_ROOT),
        .last_page = load_u64(page + META_LAST),
        .txn = load_u64(page + META_TXN),
    };
    if (ret->page_bytes < PAGE_MIN || ret->page_bytes > PAGE_MAX ||
        (ret->page_bytes & (ret->page_bytes - 1)))
        return damaged(pre, "its page size makes no sense");
    return 0;
}

// Reads both; *ret is the one LMDB will trust.
static int read_metas(const struct preflight *pre, struct meta_page *ret)
{
    struct meta_page second = { 0 };
    int rc = read_meta(pre, 0, ret);

    if (rc == 0)
        rc = read_meta(pre, ret->page_bytes, &second);
    if (rc < 0)
        return rc;
    if (second.page_bytes != ret->page_bytes)
        return damaged(pre, "its meta pages contradict each other");
    if (second.txn > ret->txn)
        *ret = second;
    return 0;
}

static int check_root(const struct preflight *pre, const struct meta_page *meta, uint64_t root)
{
    uint8_t page[PAGE_HEADER];
    int rc;

    if (root == NO_PAGE)
        return 0;
    if (root < 2 || root > meta->last_page)
        return damaged(pre, "a root lies outside the file");
    rc = read_at(pre, page, sizeof(page), root * meta->page_bytes);
    if (rc < 0)
        return rc;
    if (load_u64(page) != root ||
        !(load_u16(page + PAGE_FLAGS) & (FLAG_BRANCH | FLAG_LEAF)))
        return damaged(pre, "a root page has been overwritten");
    return 0;
}

static int check_file(const struct preflight *pre, struct lmdb_facts *ret)
{
    struct meta_page meta = { 0 };
    char text[128];
    int rc = read_metas(pre, &meta);

    if (rc < 0)
        return rc;
    if (meta.last_page < 1 || meta.last_page >= INT64_MAX / meta.page_bytes)
        return damaged(pre, "its last page makes no sense");
    *ret = (struct lmdb_facts){ .page_bytes = meta.page_bytes,
                                .used_bytes = (meta.last_page + 1) * meta.page_bytes,
                                .file_bytes = pre->file_bytes };
    if (ret->file_bytes < ret->used_bytes) {
        snprintf(text, sizeof(text), "it has %llu bytes and should have %llu at least",
                 (unsigned long long)ret->file_bytes, (unsigned long long)ret->used_bytes);
        return damaged(pre, text);
    }
    rc = check_root(pre, &meta, meta.free_root);
    return rc < 0 ? rc : check_root(pre, &meta, meta.main_root);
}

int lmdb_preflight(const struct lmdb_home *home, struct lmdb_facts *ret, struct err *err)
{
    struct preflight pre = { .home = home, .err = err };
    struct stat st;
    int rc;

    pre.fd = openat(home->dir_fd, HOME_DATA, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (pre.fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (pre.fd < 0 || fstat(pre.fd, &st) < 0) {
        rc = err_set(err, -errno, "store %s: cannot open " HOME_DATA ": %s", home->path,
                     err_name(-errno));
    } else {
        pre.file_bytes = (uint64_t)st.st_size;
        rc = check_file(&pre, ret);
    }
    if (pre.fd >= 0)
        close(pre.fd);
    return rc;
}
