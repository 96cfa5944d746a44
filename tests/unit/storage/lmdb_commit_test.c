// SPDX-License-Identifier: MIT
// Commits on a map that must grow while a reader looks on, the limit of the map,
// what reserve does to the file, and backups.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "unit/storage/temp.h"

enum { TURNS = 200, ROWS = 50, ROW_BYTES = 500 };

static void open_small(struct temp *temp, uint64_t map_bytes_max)
{
    struct store_lmdb_options options = { .create = true, .map_bytes = 64 * 1024,
                                          .map_bytes_max = map_bytes_max };

    assert_int_equal(temp_open_with(temp, &options, NULL), 0);
}

// Turn n puts rows n*ROWS + 1 ... of job 1.
static void put_turn(struct batch *batch, uint64_t turn)
{
    uint8_t bytes[ROW_BYTES];

    memset(bytes, (int)(turn & 0xff), sizeof(bytes));
    for (uint64_t i = 1; i <= ROWS; i++)
        journal_put(batch, 1, turn * ROWS + i, slice_of(bytes, sizeof(bytes)));
}

// A journal must be a whole number of turns, with no row missing.
static int on_row(void *arg, uint64_t first, struct slice events)
{
    uint64_t *count = arg;

    if (first != *count + 1 || events.len != ROW_BYTES ||
        events.ptr[ROW_BYTES - 1] != (uint8_t)(*count / ROWS))
        return -EINVAL;
    ++*count;
    return 0;
}

struct reader {
    struct store *store;
    atomic_bool stop;
    uint64_t reads;
    int failed;
};

static void *read_on(void *arg)
{
    struct reader *reader = arg;
    uint64_t before = 0;

    while (!atomic_load(&reader->stop) && !reader->failed) {
        uint64_t count = 0;
        struct store_stat stat;
        int rc = journal_scan(reader->store, 1, 0, on_row, &count, NULL);
        if (rc < 0 || count % ROWS || count < before)
            reader->failed = rc < 0 ? rc : -ERANGE;
        before = count;
        store_stat(reader->store, &stat);
        reader->reads++;
    }
    return NULL;
}

static void test_map_grows_under_a_reader(void **state)
{
    struct temp *temp = *state;
    struct reader reader = { 0 };
    struct store_stat stat;
    struct batch batch;
    pthread_t thread;
    uint64_t count = 0;

    open_small(temp, 0);
    reader.store = temp->store;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    batch_init(&batch);
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        put_turn(&batch, turn);
        commit(temp->store, &batch);
    }
    batch_release(&batch);
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(reader.failed, 0);
    assert_true(reader.reads > 0);
    store_stat(temp->store, &stat);
    assert_true(stat.bytes_map >= 32 * 64 * 1024); // it doubled five times at least
    assert_int_equal(stat.commits, TURNS);
    assert_int_equal(stat.puts, TURNS * ROWS);
    assert_int_equal(journal_scan(temp->store, 1, 0, on_row, &count, NULL), 0);
    assert_int_equal(count, TURNS * ROWS);
}

// The map's limit refuses a batch whole; a smaller one still goes through.
static void test_map_limit_is_no_space(void **state)
{
    struct temp *temp = *state;
    struct batch batch;
    struct err err = { 0 };
    uint64_t turns = 0, count = 0;
    int rc;

    open_small(temp, 512 * 1024);
    batch_init(&batch);
    do {
        batch_clear(&batch);
        put_turn(&batch, turns++);
        rc = store_commit(temp->store, &batch, &err);
    } while (rc == 0);
    assert_int_equal(rc, -ENOSPC);
    assert_non_null(strstr(err.text, "may not grow beyond"));
    assert_int_equal(journal_scan(temp->store, 1, 0, on_row, &count, &err), 0);
    assert_int_equal(count, (turns - 1) * ROWS);
    batch_clear(&batch);
    batch_del_range(&batch, SLICE("\x20"), SLICE("\x21"), UINT32_MAX);
    commit(temp->store, &batch);
    count = 0;
    assert_int_equal(journal_scan(temp->store, 1, 0, on_row, &count, &err), 0);
    assert_int_equal(count, 0);
    batch_release(&batch);
}

static void test_a_batch_that_failed_to_build_is_refused(void **state)
{
    struct temp *temp = *state;
    uint8_t key[STORE_KEY_MAX + 1] = { 0x20 };
    struct batch batch;
    struct buf got;
    struct err err = { 0 };

    temp_open(temp);
    batch_init(&batch);
    buf_init(&got, 0);
    batch_put(&batch, SLICE("\x20 good"), SLICE("x"));
    batch_put(&batch, slice_of(key, sizeof(key)), SLICE("x"));
    assert_int_equal(store_commit(temp->store, &batch, &err), -EINVAL);
    assert_int_equal(store_get(temp->store, SLICE("\x20 good"), &got, &err), -ENOENT);
    buf_release(&got);
    batch_release(&batch);
}

static void test_value_bigger_than_its_buffer(void **state)
{
    struct temp *temp = *state;
    struct batch batch;
    struct buf got;
    struct err err = { 0 };

    temp_open(temp);
    batch_init(&batch);
    batch_put(&batch, SLICE("\x20k"), SLICE("more than eight bytes"));
    commit(temp->store, &batch);
    buf_init(&got, 8);
    assert_int_equal(store_get(temp->store, SLICE("\x20k"), &got, &err), -EFBIG);
    assert_non_null(strstr(err.text, "21 bytes"));
    buf_release(&got);
    batch_release(&batch);
}

static void test_reserve_extends_the_file(void **state)
{
    struct temp *temp = *state;
    char path[128];
    struct stat before, after;

    temp_open(temp);
    snprintf(path, sizeof(path), "%s/data.mdb", temp->home);
    assert_int_equal(store_reserve(temp->store, 1 << 20, NULL), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_true(before.st_blocks * 512 >= 2 << 20);
    assert_int_equal(store_reserve(temp->store, 1 << 20, NULL), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_blocks, after.st_blocks);
    assert_int_equal(before.st_size, after.st_size);
}

static void test_backup(void **state)
{
    struct temp *temp = *state;
    struct store_lmdb_options options = { .read_only = true };
    struct content_hash hash = content_hash_of(SLICE("return 1"));
    struct store *copy;
    struct batch batch;
    struct buf text;
    struct err err = { 0 };
    char path[128];

    temp_open(temp);
    batch_init(&batch);
    buf_init(&text, 0);
    scripts_put(&batch, &hash, SLICE("return 1"));
    commit(temp->store, &batch);
    batch_release(&batch);
    snprintf(path, sizeof(path), "%s/copy", temp->dir);
    if (store_backup(temp->store, path, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(store_backup(temp->store, path, &err), -EEXIST);
    assert_int_equal(store_lmdb_open(&copy, path, &options, &err), 0);
    assert_int_equal(scripts_get(copy, &hash, &text, &err), 0);
    assert_true(slice_is(buf_slice(&text), "return 1"));
    store_close(copy);
    options = (struct store_lmdb_options){ .create = true };
    assert_int_equal(store_lmdb_open(&copy, path, &options, &err), 0); // and it works on
    store_close(copy);
    buf_release(&text);
}

// What is in this store is no journal: a copy of it may not pass for a backup,
// but it is kept for whoever wants to save what is left.
static void test_backup_with_damage_is_told_and_kept(void **state)
{
    struct temp *temp = *state;
    struct store_lmdb_options options = { .read_only = true };
    struct store *copy;
    struct batch batch;
    struct err err = { 0 };
    char path[128];
    const char *kept;
    uint64_t count = 0;

    temp_open(temp);
    batch_init(&batch);
    put_turn(&batch, 0);
    commit(temp->store, &batch);
    batch_release(&batch);
    snprintf(path, sizeof(path), "%s/copy", temp->dir);
    assert_int_equal(store_backup(temp->store, path, &err), ERR_CORRUPT);
    assert_int_equal(access(path, F_OK), -1);
    kept = strstr(err.text, "kept as ");
    assert_non_null(kept);
    assert_int_equal(store_lmdb_open(&copy, kept + 8, &options, NULL), 0);
    assert_int_equal(journal_scan(copy, 1, 0, on_row, &count, &err), 0);
    assert_int_equal(count, ROWS);
    store_close(copy);
}

static void test_backup_to_nowhere_leaves_nothing(void **state)
{
    struct temp *temp = *state;
    struct err err = { 0 };
    char path[128];

    temp_open(temp);
    snprintf(path, sizeof(path), "%s/no/such/place", temp->dir);
    assert_int_equal(store_backup(temp->store, path, &err), -ENOENT);
    assert_non_null(strstr(err.text, path));
    snprintf(path, sizeof(path), "%s/no", temp->dir);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, temp_setup, temp_teardown)
    const struct CMUnitTest tests[] = {
        T(test_map_grows_under_a_reader), T(test_map_limit_is_no_space),
        T(test_a_batch_that_failed_to_build_is_refused), T(test_value_bigger_than_its_buffer),
        T(test_reserve_extends_the_file), T(test_backup),
        T(test_backup_with_damage_is_told_and_kept),
        T(test_backup_to_nowhere_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
