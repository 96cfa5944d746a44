// SPDX-License-Identifier: MIT
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FLUSHES = 200, PAGE_BYTES = 4096 };

double bench_now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

_Noreturn void bench_die(const char *what, const struct err *err)
{
    fprintf(stderr, "bench: %s: %s\n", what, err ? err_text(err) : strerror(errno));
    exit(1);
}

void bench_check(const char *what, int rc, const struct err *err)
{
    if (rc < 0)
        bench_die(what, err);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_share(double *sample, size_t count, double share)
{
    size_t at = (size_t)(share * (double)count);

    qsort(sample, count, sizeof(*sample), by_size);
    return sample[at < count ? at : count - 1];
}

double bench_median(double *sample, size_t count) { return bench_share(sample, count, 0.5); }

double bench_flush_ms(const char *dir)
{
    char path[4096], page[PAGE_BYTES] = { 0 };
    double sample[FLUSHES];
    int fd;

    snprintf(path, sizeof(path), "%s/flush", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        bench_die(path, NULL);
    for (int i = 0; i < FLUSHES; i++) {
        double begin = bench_now_s();
        if (pwrite(fd, page, sizeof(page), 0) < 0 || fdatasync(fd) < 0)
            bench_die(path, NULL);
        sample[i] = (bench_now_s() - begin) * 1e3;
    }
    close(fd);
    unlink(path);
    return bench_median(sample, FLUSHES);
}

uint64_t bench_written_bytes(void)
{
    FILE *io = fopen("/proc/self/io", "re");
    uint64_t bytes = 0;
    char line[128];

    while (io && fgets(line, sizeof(line), io))
        if (sscanf(line, "wchar: %" SCNu64, &bytes) == 1)
            break;
    if (io)
        fclose(io);
    return bytes;
}

void bench_directory(const char *parent, char *path, size_t size)
{
    int n = snprintf(path, size, "%s/bench.XXXXXX", parent);

    if (n < 0 || (size_t)n >= size || !mkdtemp(path))
        bench_die(parent, NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void bench_remove_directory(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
