// SPDX-License-Identifier: MIT
// How: reads of one loop never overlap, so that one buffer serves all; it is made with
// the first read. Users are counted, the owner as one of them.
#include "host/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct link_pool {
    uv_loop_t *loop;
    struct runner_text text;
    char *buffer; // NULL: not made yet, or taken
    size_t users;
};

int link_pool_new(struct link_pool **ret, uv_loop_t *loop, struct err *err)
{
    struct link_pool *pool = calloc(1, sizeof(*pool));
    int rc;

    if (!pool)
        return err_set(err, -ENOMEM, "no memory for links");
    pool->loop = loop;
    pool->users = 1;
    rc = runner_text_init(&pool->text, err);
    if (rc < 0) {
        free(pool);
        return rc;
    }
    *ret = pool;
    return 0;
}

void link_pool_free(struct link_pool *pool)
{
    if (pool)
        link_pool_leave(pool);
}

void link_pool_join(struct link_pool *pool) { pool->users++; }

void link_pool_leave(struct link_pool *pool)
{
    assert(pool->users > 0);
    if (--pool->users > 0)
        return;
    runner_text_release(&pool->text);
    free(pool->buffer);
    free(pool);
}

uv_loop_t *link_pool_loop(const struct link_pool *pool) { return pool->loop; }
const struct runner_text *link_pool_text(const struct link_pool *pool) { return &pool->text; }

char *link_pool_buffer(struct link_pool *pool)
{
    if (!pool->buffer)
        pool->buffer = malloc(POOL_BUFFER);
    return pool->buffer;
}

char *link_pool_take(struct link_pool *pool)
{
    char *buffer = pool->buffer;

    assert(buffer);
    pool->buffer = NULL;
    return buffer;
}

void link_pool_give(struct link_pool *pool, char *buffer)
{
    if (pool->buffer)
        free(buffer);
    else
        pool->buffer = buffer;
}
