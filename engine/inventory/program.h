// SPDX-License-Identifier: MIT
// Runs a program and takes what it prints. Private to the layer.
#pragma once

#include "base/buf.h"
#include "base/err.h"

// argv[0] is its path, as given; NULL ends argv. Its standard input is empty, its
// standard output goes to `ret`, up to buf's own ceiling, the end of its standard
// error into the message when it fails. ERR_USAGE: it cannot be run, failed, printed
// too much, or took more than limit_ms; then it was ended.
int program_run(const char *const argv[], int limit_ms, struct buf *ret, struct err *err);
