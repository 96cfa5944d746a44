// SPDX-License-Identifier: MIT
// The command line. main.c hands over its arguments and what only the engine's own
// process can do: run, and open a store that no engine uses. Everything else the
// command line does over the socket.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct daemon_options {
    const char *home;        // absolute; made already, mode 0700
    const char *socket_path; // in home
    bool foreground;         // asked for by a person or a service manager: log to stderr
    bool detached;           // started on demand: stderr is the log file in home
};

// What the engine's function returns, and the process's exit status.
enum daemon_end {
    DAEMON_ENDED = 0,   // it was asked to end
    DAEMON_REFUSED = 4, // another engine holds this home
    DAEMON_FAILED = 5,  // a fatal error, which it has written to stderr
};

// Runs until the engine ends; a detached engine's fatal ends are counted.
typedef int (*daemon_fn)(const struct daemon_options *options);

// What a look at every row of a store found.
struct store_facts {
    uint32_t format;
    char store[37];          // its uuid; "" when it has none yet
    uint64_t bytes;          // of its pages in use
    uint64_t jobs, records, damaged, orphans;
    char first_fault[ERR_TEXT_MAX]; // "" when none
    char limits[ERR_TEXT_MAX]; // where this machine allows an engine less than it may want; or ""
};

struct cli_engine {
    daemon_fn run;
    // Both: -EBUSY when an engine uses the home's store; the text names its pid.
    int (*check)(const char *home, struct store_facts *ret, struct err *err);
    int (*backup)(const char *home, const char *path, struct err *err);
};

int cli_main(int argc, char **argv, const struct cli_engine *engine);
