// SPDX-License-Identifier: MIT
// Figures of the store on LMDB: puts per second through store_commit at 100 and
// 1,000 puts per commit, beside what one flush of a file costs in the same
// directory; then a scan of 10,000 job heads. The puts are journal rows of 100
// bytes spread over 1,000 jobs, the worst spread there is: nearly every put
// touches a page of its own. Journals of 50 and of 200 rows, because with longer
// ones fewer jobs share a page and more pages are written per commit.
//
//     store_bench [DIRECTORY]      (the current one; makes and removes bench.XXXXXX)
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "storage/tables.h"

enum { JOBS = 1000, VALUE_BYTES = 100, HEADS = 10000 };

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
    double begin = bench_now_s(), spent;

    batch_init(&batch);
    for (int turn = 0; turn < turns; turn++) {
        batch_clear(&batch);
        put_turn(&batch, (uint64_t)turn, puts);
        if (store_commit(store, &batch, &err) < 0)
            bench_die("commit", &err);
    }
    spent = bench_now_s() - begin;
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
        bench_die("commit of heads", &err);
    batch_release(&batch);
    begin = bench_now_s();
    if (jobs_scan(store, 0, false, count_head, &seen, &err) < 0)
        bench_die("scan of heads", &err);
    printf("scan of %d heads: %.2f ms\n", seen, (bench_now_s() - begin) * 1e3);
}

static struct store *open_store(const char *dir)
{
    struct store_lmdb_options options = { .create = true };
    struct err err = { 0 };
    struct store *store;

    if (store_lmdb_open(&store, dir, &options, &err) < 0)
        bench_die("open", &err);
    return store;
}

int main(int argc, char **argv)
{
    static const struct { int rows, puts; } shapes[] = {
        { 50, 100 }, { 50, 1000 }, { 200, 100 }, { 200, 1000 },
    };
    const char *parent = argc > 1 ? argv[1] : ".";
    char dir[2048];

    printf("flush     one page and fdatasync: %.3f ms\n", bench_flush_ms(parent));
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct store *store;
        bench_directory(parent, dir, sizeof(dir));
        store = open_store(dir);
        measure_commits(store, shapes[i].rows, shapes[i].puts);
        if (i == 0)
            measure_heads(store);
        store_close(store);
        bench_remove_directory(dir);
    }
    return 0;
}
