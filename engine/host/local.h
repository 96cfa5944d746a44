// SPDX-License-Identifier: MIT
// The link to this machine: the same runner.sh, in a child process on two pipes.
#pragma once

#include <uv.h>

#include "host/link.h"

// Spawns the runner. 0: LINK_READY or LINK_DOWN will come. The link is the
// caller's until link_close.
int link_local_open(struct link **ret, uv_loop_t *loop, const struct link_options *options,
                    struct err *err);
