// SPDX-License-Identifier: MIT
// One reading under way. Private to follow.c, which reads, and follow_end.c, which says how
// it ended.
#pragma once

#include "cli/client.h"
#include "cli/crew.h"
#include "cli/follow.h"
#include "cli/interrupts.h"
#include "cli/sink.h"

struct follow {
    struct cli *cli;
    struct printer *printer;
    const struct follow_options *options;
    struct interrupts interrupts;
    int signal;              // that ended the reading; 0: none
    struct crew crew;        // its children
    struct sink sink;        // where its records go
    long long asked_id;
    char id[24], job_id[24]; // of what is read; of its job, for people
    bool queued;             // it was said that another reader has its turn
    uint64_t last_seq;       // taken
    bool any;                // last_seq counts
    uint64_t marked;
    uint64_t marked_ms;      // when, monotonic
    json_t *row;             // the last one seen, or NULL
    json_t *complaint;       // the last record of the error stream, or NULL
    struct err err;          // of an error line
    int line_exit;           // its exit code
    int write_failed;
    int breaks;
};

// What is out has been received; not more, and only if it was to be marked.
void follow_mark(struct follow *follow);
// rc: an enum stream_end, or negative. Says what is to be said; an exit code.
int follow_end(struct follow *follow, int rc);
