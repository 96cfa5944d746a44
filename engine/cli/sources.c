// SPDX-License-Identifier: MIT
#include "cli/sources.h"

#include <stdlib.h>

#include "base/array.h"
#include "cli/text.h"

enum { STREAM_BITS = 3 }; // of a key; the rest is the child's id

void sources_init(struct sources *sources)
{
    *sources = (struct sources){ 0 };
    map_init(&sources->by_key);
}

static void source_free(struct source *source)
{
    buf_release(&source->host);
    buf_release(&source->held);
    free(source);
}

void sources_release(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        source_free(sources->all[i]);
    free(sources->all);
    map_release(&sources->by_key);
    *sources = (struct sources){ 0 };
}

static struct source *source_new(uint64_t child, unsigned stream, const char *host)
{
    struct source *source = calloc(1, sizeof(*source));

    if (!source)
        return NULL;
    source->child = child;
    source->stream = stream;
    buf_init(&source->host, 0);
    buf_init(&source->held, 0);
    buf_add_str(&source->host, host);
    return source;
}

static int sources_put(struct sources *sources, uint64_t key, struct source *source)
{
    struct source **all = array_room(sources->all, sources->count, &sources->cap, sizeof(struct source *));

    if (!all)
        return -1;
    sources->all = all;
    if (map_put(&sources->by_key, key, source) < 0)
        return -1;
    all[sources->count++] = source;
    return 0;
}

struct source *sources_get(struct sources *sources, uint64_t child, unsigned stream,
                           const char *host)
{
    uint64_t key = child << STREAM_BITS | stream;
    struct source *source = map_get(&sources->by_key, key);

    if (source)
        return source;
    source = source_new(child, stream, host);
    if (source && sources_put(sources, key, source) < 0) {
        source_free(source);
        return NULL;
    }
    return source;
}

uint64_t sources_done(const struct sources *sources, uint64_t last)
{
    uint64_t done = last;

    for (size_t i = 0; i < sources->count; i++)
        if (sources->all[i]->held.len && sources->all[i]->seq <= done)
            done = sources->all[i]->seq - 1;
    return done;
}

// Bytes up to the end of the last line in those that came, or none: what waited before
// has no end of a line in it.
static size_t lines_length(const struct source *source, struct slice came)
{
    const uint8_t *newline = came.len ? memrchr(came.ptr, '\n', came.len) : NULL;

    return newline ? source->held.len - came.len + (size_t)(newline - came.ptr) + 1 : 0;
}

size_t source_add(struct source *source, struct slice bytes, uint64_t seq, enum hold hold)
{
    size_t n;

    if (source->held.len == 0)
        source->seq = seq;
    buf_add_slice(&source->held, bytes);
    if (hold == HOLD_NOTHING)
        return source->held.len;
    n = hold == HOLD_LINE ? lines_length(source, bytes) : 0;
    if (hold == HOLD_SEQUENCE || source->held.len - n > SOURCE_HELD_MAX)
        n = source->held.len - text_unfinished(buf_slice(&source->held));
    if (n && source->held.len - n <= bytes.len)
        source->seq = seq; // what waits now came with this record
    return n;
}

void source_drop(struct source *source, size_t len) { buf_drop(&source->held, len); }
