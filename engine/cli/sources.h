// SPDX-License-Identifier: MIT
// What waits of the output of many: the beginning of a line, until its end comes, so
// that lines of two hosts are never mixed; the beginning of a UTF-8 sequence, so that
// a terminal is not shown half of it. A source is one stream of one child. What one
// may hold back is bounded: a longer line is let go in pieces.
// Owner: whoever embeds it.
#pragma once

#include "base/buf.h"
#include "base/map.h"

enum { SOURCE_HELD_MAX = 16 * 1024 };

enum hold {
    HOLD_NOTHING,
    HOLD_SEQUENCE, // an unfinished UTF-8 sequence
    HOLD_LINE,     // an unfinished line
};

struct source {
    uint64_t child;  // id; the job's own for what its script wrote
    unsigned stream;
    struct buf host; // "" for the script
    struct buf held; // what waits; during a write what is written, too
    uint64_t seq;    // of the record in which the waiting part began
};

struct sources {
    struct map by_key;
    struct source **all; // in the order of their coming
    size_t count, cap;
};

void sources_init(struct sources *sources);
void sources_release(struct sources *sources);
// The source of a child's stream, new when it is. NULL: no memory.
struct source *sources_get(struct sources *sources, uint64_t child, unsigned stream,
                           const char *host);
// All records up to this one have gone out whole, when all that came have this as the
// last: the number before the first one of which something waits, or `last`.
uint64_t sources_done(const struct sources *sources, uint64_t last);

// Adds bytes of a record, and gives how many of `held` may go out now; source_drop
// takes these away.
size_t source_add(struct source *source, struct slice bytes, uint64_t seq, enum hold hold);
void source_drop(struct source *source, size_t len);
