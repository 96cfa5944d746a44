// SPDX-License-Identifier: MIT
// What all links of one loop share, so that an idle one costs a few KB: the buffer that
// bytes are read into, and the runner's text. A link that is held keeps the buffer, with
// what it has not taken in it, and the pool makes another. Used on the loop's thread.
// Owner: whoever opens links; it lives on until the last of them is closed, too.
#pragma once

#include <uv.h>

#include "host/runner.h"

enum { POOL_BUFFER = 64 * 1024 };

struct link_pool;

// loop must outlive the pool and its links.
int link_pool_new(struct link_pool **ret, uv_loop_t *loop, struct err *err);
// NULL is allowed. Links that are open, or are being closed, go on.
void link_pool_free(struct link_pool *pool);

// For carriers.
uv_loop_t *link_pool_loop(const struct link_pool *pool);
const struct runner_text *link_pool_text(const struct link_pool *pool);
// One more user, and one less: its last may be the pool's end.
void link_pool_join(struct link_pool *pool);
void link_pool_leave(struct link_pool *pool);
// POOL_BUFFER bytes to read into, good until the loop's next callback; NULL: no memory.
char *link_pool_buffer(struct link_pool *pool);
// The buffer last returned is now the caller's ...
char *link_pool_take(struct link_pool *pool);
// ... and no longer. NULL is allowed.
void link_pool_give(struct link_pool *pool, char *buffer);
