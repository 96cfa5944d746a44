// SPDX-License-Identifier: MIT
// How: a block is written where the file ends, unless one with its digest is there
// already. Two outputs are equal when the digests of their blocks and their tails are:
// blocks are of one size, so equal bytes make equal blocks.
#include "cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"

void outputs_init(struct outputs *outputs)
{
    *outputs = (struct outputs){ .file = -1 };
    map_init(&outputs->by_hash);
}

void outputs_release(struct outputs *outputs)
{
    if (outputs->file >= 0)
        close(outputs->file);
    free(outputs->blocks);
    map_release(&outputs->by_hash);
    outputs_init(outputs);
}

void output_init(struct output *output)
{
    *output = (struct output){ 0 };
    buf_init(&output->tail, 0);
}

void output_release(struct output *output)
{
    buf_release(&output->tail);
    free(output->blocks);
}

// ---- the file
static const char *directory(void)
{
    const char *path = getenv("TMPDIR");

    return path && *path ? path : "/tmp";
}

static int file_fail(struct err *err)
{
    return err_set(err, -EIO, "cannot keep outputs in %.200s: %s; TMPDIR names another "
                   "directory", directory(), strerror(errno));
}

static int file_open(struct outputs *outputs, struct err *err)
{
    char path[512];

    if ((size_t)snprintf(path, sizeof(path), "%s/pawl-XXXXXX", directory()) >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return file_fail(err);
    }
    outputs->file = mkostemp(path, O_CLOEXEC);
    if (outputs->file < 0)
        return file_fail(err);
    unlink(path);
    return 0;
}

static int file_write(const struct outputs *outputs, const uint8_t *block, size_t number,
                      struct err *err)
{
    size_t done = 0;

    while (done < OUTPUT_BLOCK) {
        ssize_t n = pwrite(outputs->file, block + done, OUTPUT_BLOCK - done,
                           (off_t)(number * OUTPUT_BLOCK + done));
        if (n < 0 && errno != EINTR)
            return file_fail(err);
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int file_read(const struct outputs *outputs, uint8_t *block, size_t number,
                     struct err *err)
{
    size_t done = 0;

    while (done < OUTPUT_BLOCK) {
        ssize_t n = pread(outputs->file, block + done, OUTPUT_BLOCK - done,
                          (off_t)(number * OUTPUT_BLOCK + done));
        if (n == 0)
            errno = EIO;
        if (n == 0 || (n < 0 && errno != EINTR))
            return file_fail(err);
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

// ---- blocks
static int no_memory(struct err *err) { return err_set(err, -ENOMEM, "out of memory"); }

static uint64_t key_of(const struct content_hash *hash) { return read_u64be(hash->bytes); }

static bool block_find(const struct outputs *outputs, const struct content_hash *hash,
                       uint32_t *ret)
{
    size_t number = (size_t)(uintptr_t)map_get(&outputs->by_hash, key_of(hash));

    if (!number || memcmp(&outputs->blocks[number - 1], hash, sizeof(*hash)) != 0)
        return false;
    *ret = (uint32_t)(number - 1);
    return true;
}

static int block_keep(struct outputs *outputs, const uint8_t *block,
                      const struct content_hash *hash, uint32_t *ret, struct err *err)
{
    struct content_hash *blocks = array_room(outputs->blocks, outputs->count, &outputs->cap,
                                             sizeof(*blocks));
    int rc = 0;

    if (!blocks || outputs->count == UINT32_MAX)
        return no_memory(err);
    outputs->blocks = blocks;
    if (outputs->file < 0)
        rc = file_open(outputs, err);
    if (rc == 0)
        rc = file_write(outputs, block, outputs->count, err);
    if (rc < 0)
        return rc;
    *ret = (uint32_t)outputs->count;
    blocks[outputs->count++] = *hash;
    // Of two blocks whose digests begin alike the first is found; the other is kept anew.
    if (!map_get(&outputs->by_hash, key_of(hash)) &&
        map_put(&outputs->by_hash, key_of(hash), (void *)(uintptr_t)outputs->count) < 0)
        return no_memory(err);
    return 0;
}

static int block_add(struct outputs *outputs, struct output *output, const uint8_t *block,
                     struct err *err)
{
    struct content_hash hash = content_hash_of(slice_of(block, OUTPUT_BLOCK));
    uint32_t *blocks = array_room(output->blocks, output->count, &output->cap, sizeof(*blocks));
    int rc = 0;

    if (!blocks)
        return no_memory(err);
    output->blocks = blocks;
    if (!block_find(outputs, &hash, &blocks[output->count]))
        rc = block_keep(outputs, block, &hash, &blocks[output->count], err);
    output->count += rc == 0;
    return rc;
}

int output_add(struct outputs *outputs, struct output *output, struct slice bytes,
               struct err *err)
{
    size_t at = 0;
    int rc = 0;

    buf_add_slice(&output->tail, bytes);
    if (buf_failed(&output->tail))
        return no_memory(err);
    while (rc == 0 && output->tail.len - at >= OUTPUT_BLOCK) {
        rc = block_add(outputs, output, output->tail.ptr + at, err);
        at += OUTPUT_BLOCK;
    }
    buf_drop(&output->tail, at);
    return rc;
}

bool output_is_empty(const struct output *output) { return output_bytes(output) == 0; }

uint64_t output_bytes(const struct output *output)
{
    return (uint64_t)output->count * OUTPUT_BLOCK + output->tail.len;
}

int output_digest(const struct outputs *outputs, const struct output *output,
                  struct content_hash *ret, struct err *err)
{
    struct buf digests;
    int rc;

    buf_init(&digests, 0);
    buf_add_u64be(&digests, output_bytes(output));
    for (size_t i = 0; i < output->count; i++)
        buf_add(&digests, &outputs->blocks[output->blocks[i]], sizeof(*outputs->blocks));
    buf_add_slice(&digests, buf_slice(&output->tail));
    rc = buf_failed(&digests) ? no_memory(err) : 0;
    if (rc == 0)
        *ret = content_hash_of(buf_slice(&digests));
    buf_release(&digests);
    return rc;
}

int output_read(const struct outputs *outputs, const struct output *output,
                void (*fn)(void *arg, struct slice bytes), void *arg, struct err *err)
{
    uint8_t *block = output->count ? malloc(OUTPUT_BLOCK) : NULL;
    int rc = output->count && !block ? no_memory(err) : 0;

    for (size_t i = 0; i < output->count && rc == 0; i++) {
        rc = file_read(outputs, block, output->blocks[i], err);
        if (rc == 0)
            fn(arg, slice_of(block, OUTPUT_BLOCK));
    }
    if (rc == 0 && output->tail.len)
        fn(arg, buf_slice(&output->tail));
    free(block);
    return rc;
}
