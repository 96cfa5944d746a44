// SPDX-License-Identifier: MIT
// Figures of the store on LMDB: puts per second through store_commit at 100 and
// 1,000 puts per commit, beside what one flush of a file costs in the same
// directory; then a scan of 10,000 job heads. The puts are journal rows of 100
// bytes spread over 1,000 jobs, the worst spread there is: nearly every put
// touches a page of its own. Journals of 50 and of 200 rows, because with longer
// ones fewer jobs share a page and more pages are written per commit.
//
//     store_bench [DIRECTORY]      (the current one; makes and removes bench.XXXXXX)
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "storage/tables.h"

enum { JOBS = 1000, VALUE_BYTES = 100, FLUSHES = 200, HEADS = 10000 };

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s\n", what, err ? err_text(err) : strerror(errno));
    exit(1);
}

// Seconds per overwrite of one page and fdatasync.
static double measure_flush(const char *dir)
{
    char path[4096], page[4096] = { 0 };
    double begin;
    int fd;

    snprintf(path, sizeof(path), "%s/flush", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path, NULL);
    begin = now_s();
    for (int i = 0; i < FLUSHES; i++)
        if (pwrite(fd, page, sizeof(page), 0) < 0 || fdatasync(fd) < 0)
            die(path, NULL);
    begin = (now_s() - begin) / FLUSHES;
    close(fd);
    unlink(path);
    return begin;
}

static void put_turn(struct batch *batch, uint64_t turn, int puts)
{
    uint8_t bytes[VALUE_BYTES];

    memset(bytes, (int)turn & 0xff, sizeof(bytes));
    for (int i = 0; i < puts; i++) {
        uint64_t n = turn * (uint64_t)puts + (uint64_t)i;
        journal_put(batch, 1 + n % JOBS, 1 + n / JOBS, slice_of(bytes, sizeof(bytes)));
    }
}

static void measure_commits(struct store *store, int rows, int puts)
{
    struct store_stat stat;
    struct batch batch;
    struct err err = { 0 };
    int turns = rows * JOBS / puts;
    double begin = now_s(), spent;

    batch_init(&batch);
    for (int turn = 0; turn < turns; turn++) {
        batch_clear(&batch);
        put_turn(&batch, (uint64_t)turn, puts);
        if (store_commit(store, &batch, &err) < 0)
            die("commit", &err);
    }
    spent = now_s() - begin;
    batch_release(&batch);
    store_stat(store, &stat);
    printf("%5d puts per commit, %3d rows per job: %9.0f puts/s, %6.2f ms per commit, "
           "%4.0f MiB used\n", puts, rows, turns * puts / spent, spent * 1e3 / turns,
           (double)stat.bytes_used / 1048576);
}

static int count_head(void *arg, uint64_t id, struct slice head, bool damaged)
{
    (void)id, (void)head, (void)damaged;
    ++*(int *)arg;
    return 0;
}

static void measure_heads(struct store *store)
{
    struct job_head head = { .name = SLICE("nightly patching"), .command = SLICE("patch.lua"),
                             .state = JOB_RUNNING };
    struct batch batch;
    struct err err = { 0 };
    int seen = 0;
    double begin;

    batch_init(&batch);
    for (head.id = 1; head.id <= HEADS; head.id++)
        jobs_put(&batch, &head);
    if (store_commit(store, &batch, &err) < 0)
        die("commit of heads", &err);
    batch_release(&batch);
    begin = now_s();
    if (jobs_scan(store, 0, false, count_head, &seen, &err) < 0)
        die("scan of heads", &err);
    printf("scan of %d heads: %.2f ms\n", seen, (now_s() - begin) * 1e3);
}

static void remove_store(const char *dir)
{
    static const char *const names[] = { "data.mdb", "lock.mdb", "lock" };
    char path[4096];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
}

static struct store *open_store(const char *dir)
{
    struct store_lmdb_options options = { .create = true };
    struct err err = { 0 };
    struct store *store;

    if (store_lmdb_open(&store, dir, &options, &err) < 0)
        die("open", &err);
    return store;
}

int main(int argc, char **argv)
{
    static const struct { int rows, puts; } shapes[] = {
        { 50, 100 }, { 50, 1000 }, { 200, 100 }, { 200, 1000 },
    };
    char dir[2048];

    snprintf(dir, sizeof(dir), "%s/bench.XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(dir))
        die(dir, NULL);
    printf("one page + fdatasync: %.3f ms\n", measure_flush(dir) * 1e3);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct store *store = open_store(dir);
        measure_commits(store, shapes[i].rows, shapes[i].puts);
        if (i == 0)
            measure_heads(store);
        store_close(store);
        remove_store(dir);
    }
    return rmdir(dir) < 0 ? 1 : 0;
}
