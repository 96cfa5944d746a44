// SPDX-License-Identifier: MIT
// A disk that fills up: a tmpfs of 16 MiB. It is filled beside the store until
// nothing more fits; then reserve must fail first, later commits, with -ENOSPC and
// nothing written; removing rows must still go through and make room; and when
// space returns everything works again in the same process. Needs root for mount.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "unit/storage/temp.h"

enum { SKIPPED = 77, ROWS = 100, ROW_BYTES = 300 };

static void fill_disk(const struct temp *temp, const char *name)
{
    static const char block[65536];
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", temp->dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t n = sizeof(block); n > 0; n /= 2)
        while (write(fd, block, n) > 0)
            ;
    close(fd);
}

static void empty_disk(const struct temp *temp, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", temp->dir, name);
    assert_int_equal(unlink(path), 0);
}

static void put_turn(struct batch *batch, uint64_t turn)
{
    uint8_t bytes[ROW_BYTES];

    memset(bytes, (int)(turn & 0xff), sizeof(bytes));
    batch_clear(batch);
    for (uint64_t i = 1; i <= ROWS; i++)
        journal_put(batch, 1 + turn % 10, turn * ROWS + i, slice_of(bytes, sizeof(bytes)));
}

static int count_row(void *arg, uint64_t first, struct slice events)
{
    (void)first, (void)events;
    ++*(uint64_t *)arg;
    return 0;
}

static uint64_t count_rows(struct store *store)
{
    uint64_t count = 0;

    for (uint64_t job = 1; job <= 10; job++)
        assert_int_equal(journal_scan(store, job, 0, count_row, &count, NULL), 0);
    return count;
}

// Commits until the disk is full; how many turns the store has then.
static uint64_t commit_until_full(struct temp *temp, struct batch *batch, uint64_t turn)
{
    struct err err = { 0 };
    int rc;

    for (;; turn++) {
        put_turn(batch, turn);
        rc = store_commit(temp->store, batch, &err);
        if (rc < 0)
            break;
    }
    assert_int_equal(rc, -ENOSPC);
    assert_non_null(strstr(err.text, "the disk is full"));
    return turn;
}

static void test_full_disk(void **state)
{
    struct temp *temp = *state;
    struct batch batch;
    struct err err = { 0 };
    uint64_t turns = 0, more;

    batch_init(&batch);
    temp_open(temp);
    assert_int_equal(store_reserve(temp->store, 100000, &err), 0);
    for (; turns < 40; turns++) {
        put_turn(&batch, turns);
        commit(temp->store, &batch);
    }
    fill_disk(temp, "filler");

    // The floor of the reserve lets commits through that come after the refusal.
    assert_int_equal(store_reserve(temp->store, 1, &err), -ENOSPC);
    put_turn(&batch, turns++);
    commit(temp->store, &batch);
    turns = commit_until_full(temp, &batch, turns);
    assert_int_equal(count_rows(temp->store), turns * ROWS);

    // Removing gets through in slices, and what it freed is written again.
    for (int slice = 0; slice < 12; slice++) {
        batch_clear(&batch);
        batch_del_range(&batch, SLICE("\x20"), SLICE("\x21"), 100);
        commit(temp->store, &batch);
    }
    assert_int_equal(count_rows(temp->store), (turns - 12) * ROWS);
    active_put(&batch, 1);
    commit(temp->store, &batch);

    // Space returns: as before, without opening anew.
    empty_disk(temp, "filler");
    assert_int_equal(store_reserve(temp->store, 1 << 20, &err), 0);
    for (more = 0; more < 5; more++) {
        put_turn(&batch, turns + more);
        commit(temp->store, &batch);
    }
    assert_int_equal(count_rows(temp->store), (turns - 12 + more) * ROWS);
    temp_close(temp);
    temp_open(temp);
    assert_int_equal(count_rows(temp->store), (turns - 12 + more) * ROWS);
    batch_release(&batch);
}

static void test_creation_on_a_full_disk(void **state)
{
    struct temp *temp = *state;
    struct store_lmdb_options options = { .create = true };
    struct err err = { 0 };

    fill_disk(temp, "filler");
    assert_int_equal(temp_open_with(temp, &options, &err), -ENOSPC);
    empty_disk(temp, "filler");
    temp_open(temp);
}

static int setup(void **state)
{
    struct temp *temp = test_calloc(1, sizeof(*temp));

    temp_init(temp);
    *state = temp;
    return mount("pawl", temp->dir, "tmpfs", 0, "size=16m");
}

static int teardown(void **state)
{
    struct temp *temp = *state;
    int rc;

    temp_close(temp);
    rc = umount(temp->dir);
    temp_release(temp);
    test_free(temp);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_creation_on_a_full_disk, setup, teardown),
    };

    if (geteuid() != 0)
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
