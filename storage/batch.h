// SPDX-License-Identifier: MIT
// A batch: the writes of one turn, applied in order by store_commit. A plain
// buffer of operations, so that a commit that met MDB_MAP_FULL is simply done
// again on a bigger map. Failure to grow, or a key of a wrong length, is sticky
// and reported by the commit.
// Owner: whoever made it; it may be filled on one thread and committed on another.
#pragma once

#include "base/buf.h"

// operations, back to back:
//   u8 op | u8 key length | u32be value length | key | value
// DEL_RANGE: key = first key, value = u32be limit, then the key to stop before.
enum batch_op { BATCH_PUT = 1, BATCH_DEL = 2, BATCH_DEL_RANGE = 3 };

struct batch {
    struct buf bytes;
    size_t count; // operations
};

struct batch_item {
    enum batch_op op;
    struct slice key, value; // for DEL_RANGE value is the key to stop before
    uint32_t limit;          // DEL_RANGE only
};

void batch_init(struct batch *batch);
void batch_release(struct batch *batch);
void batch_clear(struct batch *batch); // keeps the memory
void batch_put(struct batch *batch, struct slice key, struct slice value);
// A put whose value is encoded in place: append it to batch->bytes between the
// two calls, and hand what the first returned to the second.
size_t batch_put_begin(struct batch *batch, struct slice key);
void batch_put_end(struct batch *batch, size_t begun);
void batch_del(struct batch *batch, struct slice key); // a missing key is fine
// Deletes at most limit rows with from <= key < to.
void batch_del_range(struct batch *batch, struct slice from, struct slice to, uint32_t limit);
// Walks: start with *at = 0; false at the end.
bool batch_next(const struct batch *batch, size_t *at, struct batch_item *ret);
