// SPDX-License-Identifier: MIT
// A temporary directory per test, with a store inside it, and short cuts. Include
// after cmocka.h.
#pragma once

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/tables.h"

struct temp {
    char dir[64];      // the temporary directory
    char home[96];     // the store's, inside it
    struct store *store;
};

static inline int temp_remove_one(const char *path, const struct stat *st, int type,
                                  struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void temp_init(struct temp *temp)
{
    *temp = (struct temp){ .dir = "/tmp/pawl-storage.XXXXXX" };
    assert_non_null(mkdtemp(temp->dir));
    snprintf(temp->home, sizeof(temp->home), "%s/store", temp->dir);
}

static inline void temp_release(struct temp *temp)
{
    store_close(temp->store);
    temp->store = NULL;
    nftw(temp->dir, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int temp_open_with(struct temp *temp, const struct store_lmdb_options *options,
                                 struct err *err)
{
    return store_lmdb_open(&temp->store, temp->home, options, err);
}

// Opens, and makes if missing, with the defaults; must succeed.
static inline void temp_open(struct temp *temp)
{
    struct store_lmdb_options options = { .create = true };
    struct err err = { 0 };

    if (temp_open_with(temp, &options, &err) < 0)
        fail_msg("%s", err_text(&err));
}

static inline void temp_close(struct temp *temp)
{
    store_close(temp->store);
    temp->store = NULL;
}

// For cmocka: *state is a temp with nothing open.
static inline int temp_setup(void **state)
{
    struct temp *temp = test_calloc(1, sizeof(*temp));

    temp_init(temp);
    *state = temp;
    return 0;
}

static inline int temp_teardown(void **state)
{
    temp_release(*state);
    test_free(*state);
    return 0;
}

// Commits and empties; must succeed.
static inline void commit(struct store *store, struct batch *batch)
{
    struct err err = { 0 };

    if (store_commit(store, batch, &err) < 0)
        fail_msg("%s", err_text(&err));
    batch_clear(batch);
}

static inline struct uuid uuid_of(uint8_t n)
{
    struct uuid uuid;

    memset(uuid.bytes, n, sizeof(uuid.bytes));
    return uuid;
}
