// SPDX-License-Identifier: MIT
// Opening: who may, what is refused and in which words, and what damage does. The
// damage is done to the bytes of data.mdb while the store is closed.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "storage/keys.h"
#include "storage/lmdb_home.h"
#include "unit/storage/temp.h"

// A store with jobs 1 to 50, each with a journal row full of its number.
static void fill(struct temp *temp)
{
    uint8_t bytes[300];
    struct batch batch;

    temp_open(temp);
    batch_init(&batch);
    for (uint64_t job = 1; job <= 50; job++) {
        memset(bytes, (int)(0x80 + job), sizeof(bytes));
        journal_put(&batch, job, 1, slice_of(bytes, sizeof(bytes)));
    }
    commit(temp->store, &batch);
    batch_release(&batch);
    temp_close(temp);
}

static int open_data(const struct temp *temp)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/data.mdb", temp->home);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int reopen(struct temp *temp, bool read_only, struct err *err)
{
    struct store_lmdb_options options = { .create = !read_only, .read_only = read_only };

    return temp_open_with(temp, &options, err);
}

static void assert_refused(struct temp *temp, int code, const char *word)
{
    struct err err = { 0 };

    assert_int_equal(reopen(temp, false, &err), code);
    assert_null(temp->store);
    assert_non_null(strstr(err.text, temp->home));
    if (!strstr(err.text, word))
        fail_msg("\"%s\" does not say \"%s\"", err.text, word);
    assert_int_equal(reopen(temp, true, &err), code);
}

static int count_row(void *arg, uint64_t first, struct slice events)
{
    (void)first, (void)events;
    ++*(int *)arg;
    return 0;
}

static void test_modes_and_files(void **state)
{
    struct temp *temp = *state;
    static const char *const names[] = { "", "/data.mdb", "/lock.mdb", "/lock" };
    struct stat st;
    char path[128];

    temp_open(temp);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", temp->home, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, i == 0 ? 0700 : 0600);
    }
}

// No command that Pawl runs may inherit a descriptor of the store.
static void test_descriptors_close_on_exec(void **state)
{
    struct temp *temp = *state;
    int open_fds = 0;

    temp_open(temp);
    for (int fd = 3; fd < 256; fd++) {
        char link[64], target[256] = "";
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof(target) - 1) < 0 || !strstr(target, temp->home))
            continue;
        open_fds++;
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    assert_in_range(open_fds, 4, 5); // directory, lock, data, reader table (, meta)
}

static void test_missing(void **state)
{
    struct temp *temp = *state;
    struct err err = { 0 };

    assert_int_equal(reopen(temp, true, &err), -ENOENT);
    assert_int_equal(mkdir(temp->home, 0700), 0);
    assert_int_equal(reopen(temp, true, &err), -ENOENT);
    assert_non_null(strstr(err.text, "there is no data.mdb here"));
}

static void test_second_opener_is_told_the_pid(void **state)
{
    struct temp *temp = *state;
    struct store_lmdb_options options = { .create = true };
    struct err err = { 0 };
    struct store *second;
    char pid[32];

    temp_open(temp);
    assert_int_equal(store_lmdb_open(&second, temp->home, &options, &err), -EBUSY);
    assert_null(second);
    snprintf(pid, sizeof(pid), "process %ld;", (long)getpid());
    assert_non_null(strstr(err.text, pid));
    temp_close(temp);
    temp_open(temp); // the lock went with the first
}

static void test_read_only_writes_nothing(void **state)
{
    struct temp *temp = *state;
    struct batch batch;
    struct err err = { 0 };
    char path[128];
    int seen = 0;

    fill(temp);
    snprintf(path, sizeof(path), "%s/lock.mdb", temp->home);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(reopen(temp, true, &err), 0);
    assert_int_equal(journal_scan(temp->store, 7, 0, count_row, &seen, &err), 0);
    assert_int_equal(seen, 1);
    batch_init(&batch);
    active_put(&batch, 1);
    assert_int_equal(store_commit(temp->store, &batch, &err), -EROFS);
    assert_int_equal(store_reserve(temp->store, 1, &err), -EROFS);
    batch_release(&batch);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_truncated(void **state)
{
    struct temp *temp = *state;
    static const off_t sizes[] = { 0, 100, 4096, 8192, 12288, 20000 };
    int fd;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fill(temp);
        fd = open_data(temp);
        assert_int_equal(ftruncate(fd, sizes[i]), 0);
        close(fd);
        assert_refused(temp, ERR_CORRUPT, "damaged");
        temp_release(temp);
        temp_init(temp);
    }
}

static void test_garbage(void **state)
{
    struct temp *temp = *state;
    char noise[8192];
    int fd;

    fill(temp);
    memset(noise, 0x5a, sizeof(noise));
    fd = open_data(temp);
    assert_int_equal(pwrite(fd, noise, sizeof(noise), 0), (ssize_t)sizeof(noise));
    close(fd);
    assert_refused(temp, ERR_CORRUPT, "a meta page is not one");
}

static void test_root_overwritten(void **state)
{
    struct temp *temp = *state;
    char noise[4096];
    struct stat st;
    int fd;

    fill(temp);
    memset(noise, 0xa5, sizeof(noise));
    fd = open_data(temp);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 8192; at < st.st_size; at += 4096)
        assert_int_equal(pwrite(fd, noise, sizeof(noise), at), (ssize_t)sizeof(noise));
    close(fd);
    assert_refused(temp, ERR_CORRUPT, "root page");
}

static void test_newer_format(void **state)
{
    struct temp *temp = *state;
    struct store_meta meta = { .format = STORE_FORMAT + 1 };
    struct batch batch;

    temp_open(temp);
    batch_init(&batch);
    meta_put(&batch, &meta);
    commit(temp->store, &batch);
    batch_release(&batch);
    temp_close(temp);
    assert_refused(temp, ERR_VERSION, "newer Pawl");
}

// Finds the middle of the row that fill() wrote for this job, in every copy of it.
static int flip_row_of(const struct temp *temp, uint64_t job)
{
    uint8_t page[4096];
    int fd = open_data(temp), flipped = 0;

    for (off_t at = 0; pread(fd, page, sizeof(page), at) == (ssize_t)sizeof(page);
         at += (off_t)sizeof(page)) {
        for (size_t i = 0; i + 300 <= sizeof(page); i++) {
            uint8_t bit = (uint8_t)(page[i] ^ 0x10);
            size_t n = 0;
            while (n < 300 && page[i + n] == (uint8_t)(0x80 + job))
                n++;
            if (n < 300)
                continue;
            assert_int_equal(pwrite(fd, &bit, 1, at + (off_t)i), 1);
            flipped++;
            break;
        }
    }
    close(fd);
    return flipped;
}

static void test_one_flipped_bit_costs_one_record(void **state)
{
    struct temp *temp = *state;
    struct store_report report;
    struct err err = { 0 };

    fill(temp);
    assert_true(flip_row_of(temp, 23) > 0);
    assert_int_equal(reopen(temp, false, &err), 0);
    for (uint64_t job = 1; job <= 50; job++) {
        int seen = 0;
        int rc = journal_scan(temp->store, job, 0, count_row, &seen, &err);
        assert_int_equal(rc, job == 23 ? ERR_CORRUPT : 0);
        assert_int_equal(seen, job != 23);
        if (job == 23)
            assert_string_equal(err.text, "job 23: the journal is damaged from event 1 on");
    }
    assert_int_equal(store_check(temp->store, &report, &err), 0);
    assert_int_equal(report.records, 50);
}

static void test_value_under_another_key_is_damaged(void **state)
{
    struct temp *temp = *state;
    static const char from[] = "\x20\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x01";
    uint8_t page[4096];
    struct err err = { 0 };
    int fd, moved = 0, seen = 0;

    fill(temp);
    fd = open_data(temp);
    for (off_t at = 8192; pread(fd, page, sizeof(page), at) == (ssize_t)sizeof(page); at += 4096) {
        uint8_t *hit = memmem(page, sizeof(page), from, sizeof(from) - 1);
        if (!hit)
            continue;
        hit[16] = 2; // event 1 becomes event 2: order is kept, the row is whole
        assert_int_equal(pwrite(fd, page, sizeof(page), at), (ssize_t)sizeof(page));
        moved++;
    }
    close(fd);
    assert_true(moved > 0);
    assert_int_equal(reopen(temp, false, &err), 0);
    assert_int_equal(journal_scan(temp->store, 9, 0, count_row, &seen, &err), ERR_CORRUPT);
    assert_int_equal(seen, 0);
}

static void test_unfinished_creation_is_begun_again(void **state)
{
    struct temp *temp = *state;
    char path[128];
    int fd;

    assert_int_equal(mkdir(temp->home, 0700), 0);
    snprintf(path, sizeof(path), "%s/data.mdb.new", temp->home);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
    temp_open(temp);
    assert_int_equal(access(path, F_OK), -1);
}

// A file system that is mounted read-only; root is needed to have one.
static void test_read_only_directory(void **state)
{
    struct temp *temp = *state;
    struct err err = { 0 };

    assert_int_equal(mkdir(temp->home, 0700), 0);
    if (mount("pawl", temp->home, "tmpfs", MS_RDONLY, "size=1m") == 0) {
        assert_int_equal(reopen(temp, false, &err), -EROFS);
        assert_non_null(strstr(err.text, "read-only"));
        assert_int_equal(umount(temp->home), 0);
    } else {
        assert_int_equal(chmod(temp->home, 0500), 0);
        assert_int_equal(reopen(temp, false, &err), -EACCES);
        assert_non_null(strstr(err.text, "permission denied"));
        assert_int_equal(chmod(temp->home, 0700), 0);
    }
}

static void test_remote_file_systems(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(lmdb_home_check_filesystem(0xef53, "/d", &err), 0);     // ext4
    assert_int_equal(lmdb_home_check_filesystem(0x794c7630, "/d", &err), 0); // overlayfs
    assert_int_equal(lmdb_home_check_filesystem(0x6969, "/d", &err), -EOPNOTSUPP);
    assert_non_null(strstr(err.text, "NFS"));
    assert_int_equal(lmdb_home_check_filesystem(0x65735546, "/d", &err), -EOPNOTSUPP);
    assert_int_equal(lmdb_home_check_filesystem((uint64_t)(int32_t)0xff534d42, "/d", &err),
                     -EOPNOTSUPP); // f_type is signed
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, temp_setup, temp_teardown)
    const struct CMUnitTest tests[] = {
        T(test_modes_and_files), T(test_descriptors_close_on_exec), T(test_missing),
        T(test_second_opener_is_told_the_pid), T(test_read_only_writes_nothing),
        T(test_truncated), T(test_garbage), T(test_root_overwritten), T(test_newer_format),
        T(test_one_flipped_bit_costs_one_record), T(test_value_under_another_key_is_damaged),
        T(test_unfinished_creation_is_begun_again), T(test_read_only_directory),
        T(test_remote_file_systems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
