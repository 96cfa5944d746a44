// SPDX-License-Identifier: MIT
// How: the finished jobs are an array in the order of their ends, 24 bytes each, made at a start
// from the heads, which are all read then anyway. A job that ends comes last, but for a
// clock that was set back, and the oldest go first: both cost nothing. One that is
// removed out of turn leaves a hole, and holes are closed when they are as many as
// the jobs. Only what is committed is here.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "core/state.h"

enum { HOLES_MAX = 1024 };

static int compare(const void *a, const void *b)
{
    const struct ended_job *x = a, *y = b;

    if (x->ended_unix_ms != y->ended_unix_ms)
        return x->ended_unix_ms < y->ended_unix_ms ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int ended_load(struct engine *engine, const struct job_head *head)
{
    struct ended *ended = &engine->ended;
    struct ended_job *items = array_room(ended->items, ended->count, &ended->cap, sizeof(*items));

    if (!items)
        return -ENOMEM;
    ended->items = items;
    items[ended->count++] = (struct ended_job){ head->ended_unix_ms, head->id,
                                                job_head_held_bytes(head) };
    ended->live++;
    ended->bytes += items[ended->count - 1].bytes;
    return 0;
}

void ended_sort(struct engine *engine)
{
    if (engine->ended.count)
        qsort(engine->ended.items, engine->ended.count, sizeof(*engine->ended.items), compare);
}

// Where it is, or would be: the first that is not before it. Holes keep their time, and stand
// before the jobs of the same time or among them.
static size_t place_of(const struct ended *ended, int64_t ended_unix_ms)
{
    size_t low = ended->first, high = ended->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (ended->items[mid].ended_unix_ms < ended_unix_ms)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int ended_add(struct engine *engine, const struct job_head *head)
{
    struct ended *ended = &engine->ended;
    size_t last = ended->count, at;
    struct ended_job job;
    int rc = ended_load(engine, head);

    if (rc < 0 || last == ended->first ||
        ended->items[last - 1].ended_unix_ms <= head->ended_unix_ms)
        return rc;
    job = ended->items[last];
    ended->count--; // it is not part of the order yet
    at = place_of(ended, head->ended_unix_ms + 1);
    ended->count++;
    memmove(ended->items + at + 1, ended->items + at, (last - at) * sizeof(job));
    ended->items[at] = job;
    return 0;
}

static void close_holes(struct ended *ended)
{
    size_t to = 0;

    for (size_t i = ended->first; i < ended->count; i++)
        if (ended->items[i].id)
            ended->items[to++] = ended->items[i];
    ended->first = 0;
    ended->count = to;
}

void ended_remove(struct engine *engine, uint64_t id, int64_t ended_unix_ms)
{
    struct ended *ended = &engine->ended;
    size_t at = place_of(ended, ended_unix_ms);

    while (at < ended->count && ended->items[at].id != id &&
           ended->items[at].ended_unix_ms == ended_unix_ms)
        at++;
    if (at == ended->count || ended->items[at].id != id)
        return;
    ended->items[at].id = 0;
    ended->bytes -= ended->items[at].bytes;
    ended->live--;
    while (ended->first < ended->count && ended->items[ended->first].id == 0)
        ended->first++;
    if (ended->count - ended->live > ended->live + HOLES_MAX)
        close_holes(ended);
}

const struct ended_job *ended_next(const struct engine *engine, size_t *at)
{
    const struct ended *ended = &engine->ended;

    if (*at < ended->first)
        *at = ended->first;
    while (*at < ended->count && ended->items[*at].id == 0)
        ++*at;
    return *at < ended->count ? &ended->items[(*at)++] : NULL;
}

void ended_release(struct engine *engine)
{
    free(engine->ended.items);
    engine->ended = (struct ended){ 0 };
}
