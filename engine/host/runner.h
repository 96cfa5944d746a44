// SPDX-License-Identifier: MIT
// The command line that makes any sh a runner: its text and everything that hello
// needs are arguments, nothing is a file, and nothing is read ahead of READY.
// Owner: whoever embeds it; argv is valid until release.
#pragma once

#include "base/buf.h"
#include "host/link.h"

enum { RUNNER_ARGS = 12, RUNNER_NONCE_TEXT = 33 };

struct runner {
    char nonce[RUNNER_NONCE_TEXT];
    char store[UUID_TEXT];
    char incarnation[UUID_TEXT];
    char epoch[21];
    struct buf main_text, step_text;
    char *argv[RUNNER_ARGS + 1]; // ended by NULL
};

// random: 16 bytes nobody can guess. Borrows the option's strings. On failure there
// is nothing to release.
int runner_init(struct runner *runner, const struct link_options *options,
                const uint8_t random[16], struct err *err);
void runner_release(struct runner *runner);
