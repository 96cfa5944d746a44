// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/lmdb_store.h"

static int lmdb_code(int rc)
{
    switch (rc) {
    case 0: return 0;
    case MDB_NOTFOUND: return -ENOENT;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE: return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH: return ERR_VERSION;
    case MDB_MAP_FULL: return -ENOSPC;
    case MDB_TXN_FULL: return -EFBIG;
    case MDB_READERS_FULL: return -EAGAIN;
    case MDB_BAD_VALSIZE: return -EINVAL;
    case MDB_PANIC:
    case MDB_BAD_TXN: return -EIO;
    default: return rc > 0 ? -rc : -EIO; // LMDB passes errno through
    }
}

int lmdb_error(int rc, const char *dir, const char *doing, struct err *err)
{
    int code = lmdb_code(rc);

    if (code == 0)
        return 0;
    if (code == ERR_CORRUPT)
        return err_set(err, code, "store %s: %s: the data file is damaged (%s); restore a backup",
                       dir, doing, mdb_strerror(rc));
    return err_set(err, code, "store %s: %s: %s", dir, doing, mdb_strerror(rc));
}
