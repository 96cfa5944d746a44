// SPDX-License-Identifier: MIT
// What every bench program needs: a clock, figures of a sample, what one flush of
// the disk costs, a directory that goes away again, and a way to give up. A bench
// has nobody to report an error to: it prints and exits.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

double bench_now_s(void);
_Noreturn void bench_die(const char *what, const struct err *err); // err NULL: errno
void bench_check(const char *what, int rc, const struct err *err); // dies if rc < 0

// Sorts the sample. share: 0.5 is the median, 0.99 what one in a hundred exceeds.
double bench_share(double *sample, size_t count, double share);
double bench_median(double *sample, size_t count);

// Median milliseconds of overwriting one page and fdatasync, in that directory.
double bench_flush_ms(const char *dir);
// Bytes this process has handed to write calls so far; 0 when not known.
uint64_t bench_written_bytes(void);

// Makes PARENT/bench.XXXXXX into path, which has room for size bytes.
void bench_directory(const char *parent, char *path, size_t size);
void bench_remove_directory(const char *path);
