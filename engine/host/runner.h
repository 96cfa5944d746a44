// SPDX-License-Identifier: MIT
// What makes any sh a runner: its text and everything that hello needs are arguments, or
// lines of standard input, nothing is a file, and nothing is read ahead of READY.
// The text is made once for many runners; a runner is a plain value that borrows it.
#pragma once

#include "base/buf.h"
#include "host/link.h"

enum { RUNNER_ARGS = 13, RUNNER_PAST = 64, RUNNER_NONCE_TEXT = 33 };

struct runner_text {
    struct buf sh; // with a NUL
};

// On failure there is nothing to release.
int runner_text_init(struct runner_text *text, struct err *err);
void runner_text_release(struct runner_text *text);

struct runner {
    char nonce[RUNNER_NONCE_TEXT];
    char store[UUID_TEXT];
    char incarnation[UUID_TEXT];
    char epoch[21];
    char past[5 * RUNNER_PAST + 1];
    char *argv[RUNNER_ARGS + 1]; // ended by NULL; points into runner, text and options
    bool is_sh; // no other shell was asked for
};

// With a nonce that nobody can guess. Borrows the text and the option's strings; must
// not be moved.
int runner_init(struct runner *runner, const struct runner_text *text,
                const struct link_options *options, struct err *err);
// Appends what makes a sh that reads its standard input the runner: its arguments and its
// text, which spares the target a program's start; or, where another shell was asked for,
// `exec 'SHELL' '-c' ...`.
void runner_command(const struct runner *runner, struct buf *buf);
