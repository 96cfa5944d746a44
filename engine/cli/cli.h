// SPDX-License-Identifier: MIT
// The command line. main.c hands over its arguments and the one function that
// runs an engine; everything else the command line does over the socket.
#pragma once

#include <stdbool.h>

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

int cli_main(int argc, char **argv, daemon_fn daemon_main);
