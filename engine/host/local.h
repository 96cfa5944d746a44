// SPDX-License-Identifier: MIT
// The link to a runner on this machine: a child process and three pipes.
#pragma once

#include "host/pool.h"

// LINK_READY or LINK_DOWN comes later, from the loop, and the loop must run until the
// link is closed. On failure nothing is left (but what the loop frees when it next runs).
int link_local_open(struct link **ret, struct link_pool *pool, const struct link_options *options,
                    struct err *err);
