// SPDX-License-Identifier: MIT
// The program of a step that brings a file from or to a host. It runs on this machine,
// as any command does here: claimed, followed, timed out and killed by the local runner.
// For the bytes it opens a session of its own beside the host's link, and again when
// that breaks; what the two ends say to each other is drawn in transfer.c.
#pragma once

#include "host/link.h"
#include "model/command.h"

struct transfer {
    const struct command *command; // one that is a transfer
    struct link_key key;    // of the attempt: marks what the far end says
    const char *step;       // "1.2/3": names the parts that the step leaves, with key.job
    struct slice cwd;       // where relative paths of this machine begin
    struct slice session;   // sh text, `exec ...`, that becomes an sh on the host
    bool is_local;          // the host is this machine
};

// Appends it. -EINVAL: a path with a NUL byte in it.
int transfer_program(const struct transfer *transfer, struct buf *buf, struct err *err);
