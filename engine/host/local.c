// SPDX-License-Identifier: MIT
// The runner is the child itself. When it is killed, only it is: its group holds what it
// is just starting, and that is to go on.
#include "host/local.h"

#include <stdio.h>

#include "host/carrier.h"

enum { HELLO_MS = 30000 };

static enum link_end explain(const struct carrier_end *end, char text[CARRIER_REASON])
{
    size_t n;

    if (end->why)
        n = (size_t)snprintf(text, CARRIER_REASON, "the runner was ended: %s", end->why);
    else if (end->signal)
        n = (size_t)snprintf(text, CARRIER_REASON, "the runner was ended by signal %d",
                             end->signal);
    else
        n = (size_t)snprintf(text, CARRIER_REASON, "the runner ended with code %lld",
                             (long long)end->code);
    if (*end->noise)
        n += (size_t)snprintf(text + n, CARRIER_REASON - n, "; it printed: %s", end->noise);
    if (*end->words)
        snprintf(text + n, CARRIER_REASON - n, "; its last words: %s", end->words);
    return end->ready ? LINK_END_LOST : LINK_END_UNREACHED;
}

int link_local_open(struct link **ret, struct link_pool *pool, const struct link_options *options,
                    struct err *err)
{
    struct runner runner;
    struct carrier_program program = {
        .what = "the runner",
        .argv = runner.argv,
        .nonce = runner.nonce,
        .hello_ms = HELLO_MS,
        .explain = explain,
    };
    int rc = runner_init(&runner, link_pool_text(pool), options, err);

    return rc < 0 ? rc : carrier_open(ret, pool, &program, options, err);
}
