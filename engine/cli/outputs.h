// SPDX-License-Identifier: MIT
// The outputs of many hosts, kept until they can be compared. What is equal is kept
// once: an output is cut into blocks, each block is kept under its digest, and from the
// first one on in a file without a name, in TMPDIR. So five hundred hosts that write
// the same 10 MB take 10 MB of disk, and memory for one block each.
// Owner: whoever embeds it. Errors name the file's directory.
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"

enum { OUTPUT_BLOCK = 16 * 1024 };

struct output {
    struct buf tail;    // less than a block
    uint32_t *blocks;   // numbers, in order
    size_t count, cap;
};

struct outputs {
    int file;           // -1: none yet
    struct content_hash *blocks; // their digests; number n is at n * OUTPUT_BLOCK
    size_t count, cap;
    struct map by_hash; // the first eight bytes of a digest: number + 1
};

void outputs_init(struct outputs *outputs);
void outputs_release(struct outputs *outputs);
void output_init(struct output *output);
void output_release(struct output *output);

// After a failure the output is not to be used further.
int output_add(struct outputs *outputs, struct output *output, struct slice bytes,
               struct err *err);
bool output_is_empty(const struct output *output);
uint64_t output_bytes(const struct output *output);
// Equal for equal outputs only.
int output_digest(const struct outputs *outputs, const struct output *output,
                  struct content_hash *ret, struct err *err);
// Gives it piece by piece, in order.
int output_read(const struct outputs *outputs, const struct output *output,
                void (*fn)(void *arg, struct slice bytes), void *arg, struct err *err);
