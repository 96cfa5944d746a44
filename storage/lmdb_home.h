// SPDX-License-Identifier: MIT
// The directory a store lives in:
//
//   DIR/          0700
//     lock        0600  flocked by the one engine that uses the store; holds its pid
//     data.mdb    0600  LMDB's data
//     lock.mdb    0600  LMDB's own reader table
//
// Owner: whoever embeds it. One thread.
#pragma once

#include "base/err.h"
#include "storage/store.h"

#define HOME_DATA "data.mdb"

struct lmdb_home {
    char *path;  // for messages, and for LMDB
    int dir_fd;
    int lock_fd; // -1: read-only, and nobody ever locked this store
};

// What preflight learned about the data file.
struct lmdb_facts {
    uint32_t page_bytes;
    uint64_t used_bytes; // up to the end of the last page
    uint64_t file_bytes;
};

// Makes the directory if wanted and missing, and takes the lock. On failure
// nothing is held.
int lmdb_home_open(struct lmdb_home *home, const char *dir,
                   const struct store_lmdb_options *options, struct err *err);
void lmdb_home_close(struct lmdb_home *home);
// -EOPNOTSUPP when `type` (statfs f_type) is a file system that cannot keep LMDB's
// promises: a remote one, or one that lives in a process.
int lmdb_home_check_filesystem(uint64_t type, const char *dir, struct err *err);
// Makes an empty data file, durably: it is there whole or not at all.
int lmdb_home_create_data(struct lmdb_home *home, struct err *err);
// Reads the meta pages without LMDB, which would map the file and die of SIGBUS
// when it is too short. -ENOENT: there is no data file (err untouched).
// ERR_CORRUPT: it must not be mapped. Opens and closes the file, which drops
// fcntl locks: only before the environment is open.
int lmdb_preflight(const struct lmdb_home *home, struct lmdb_facts *ret, struct err *err);
