// SPDX-License-Identifier: MIT
// What tests of tables are given: each runs over a store on LMDB and one in memory.
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/storage/temp.h"

struct fixture {
    struct temp temp; // its store is the one on LMDB
    struct store *memory;
    struct batch batch;
};

static inline int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    temp_init(&f->temp);
    temp_open(&f->temp);
    assert_int_equal(store_memory_open(&f->memory, NULL), 0);
    batch_init(&f->batch);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    batch_release(&f->batch);
    store_close(f->memory);
    temp_release(&f->temp);
    test_free(f);
    return 0;
}

typedef void (*table_test)(struct store *store, struct batch *batch);

static inline void over_both(void **state, table_test test)
{
    struct fixture *f = *state;

    test(f->temp.store, &f->batch);
    batch_clear(&f->batch);
    test(f->memory, &f->batch);
}

// Numbers seen by a scan, and where to stop it.
struct seen {
    uint64_t n[64];
    size_t count, stop_at;
};

static inline int see(struct seen *seen, uint64_t n)
{
    assert_true(seen->count < 64);
    seen->n[seen->count++] = n;
    return seen->count == seen->stop_at;
}

#define TABLE(name) static void test_##name(void **state) { over_both(state, name); }
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
