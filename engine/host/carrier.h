// SPDX-License-Identifier: MIT
// A link over the three pipes of a child process: what local and ssh share. They make the
// command line and, when it has ended, say in words what that means; all else is here.
// The child leads a session of its own. On the loop's thread.
#pragma once

#include "host/pool.h"
#include "host/words.h"

enum { CARRIER_REASON = 2 * WORDS_TEXT + 128 };

// How a child ended; texts are never NULL, and valid during the call.
struct carrier_end {
    bool ready;        // READY had come
    int64_t code;
    int signal;        // that ended it, 0: none
    const char *why;   // it was killed by us because of this; NULL: not so
    const char *noise; // what came in READY's place, in one line
    const char *words; // the last of its standard error, in one line
};

// Fills in the reason and tells the kind.
typedef enum link_end (*carrier_explain_fn)(const struct carrier_end *end,
                                            char text[CARRIER_REASON]);

// The child to start; all is borrowed during carrier_open.
struct carrier_program {
    const char *what;    // for an error's text: "the runner"
    char **argv;         // argv[0] is looked up in PATH
    char **env;          // NULL: the engine's
    const char *nonce;   // RUNNER_NONCE_TEXT bytes
    struct slice first;  // bytes for its standard input, before READY
    uint64_t hello_ms;   // how long READY may take
    bool kill_group;     // a kill is for its whole process group
    carrier_explain_fn explain;
};

// See link_local_open.
int carrier_open(struct link **ret, struct link_pool *pool, const struct carrier_program *program,
                 const struct link_options *options, struct err *err);
