// SPDX-License-Identifier: MIT
// The length of a value that is encoded in place is not known when its operation
// begins: the head is written with zero there and patched by batch_put_end.
#include "storage/batch.h"

#include <assert.h>
#include <errno.h>

#include "storage/bytes.h"
#include "storage/store.h"

enum {
    HEAD_BYTES = 6,   // op, key length, value length
    LENGTH_AT = 2,    // of the value length in the head
    LIMIT_BYTES = 4,  // of DEL_RANGE
    BATCH_MAX = 256 * 1024 * 1024, // a runaway turn ends as -EFBIG, not as a dead machine
};

void batch_init(struct batch *batch)
{
    buf_init(&batch->bytes, BATCH_MAX);
    batch->count = 0;
}

void batch_release(struct batch *batch)
{
    buf_release(&batch->bytes);
    batch->count = 0;
}

void batch_clear(struct batch *batch)
{
    buf_clear(&batch->bytes);
    batch->count = 0;
}

static void batch_fail(struct batch *batch, int code)
{
    if (!batch->bytes.failed)
        batch->bytes.failed = code;
}

static void add_head(struct batch *batch, enum batch_op op, struct slice key, size_t value_len)
{
    uint8_t *at;

    if (key.len == 0 || key.len > STORE_KEY_MAX)
        batch_fail(batch, -EINVAL);
    else if (value_len > STORE_VALUE_MAX)
        batch_fail(batch, -EFBIG);
    at = buf_extend(&batch->bytes, HEAD_BYTES + key.len);
    if (!at)
        return;
    at[0] = (uint8_t)op;
    at[1] = (uint8_t)key.len;
    write_u32be(at + LENGTH_AT, (uint32_t)value_len);
    memcpy(at + HEAD_BYTES, key.ptr, key.len);
    batch->count++;
}

void batch_put(struct batch *batch, struct slice key, struct slice value)
{
    add_head(batch, BATCH_PUT, key, value.len);
    buf_add_slice(&batch->bytes, value);
}

size_t batch_put_begin(struct batch *batch, struct slice key)
{
    size_t begun = batch->bytes.len;

    add_head(batch, BATCH_PUT, key, 0);
    return begun;
}

void batch_put_end(struct batch *batch, size_t begun)
{
    uint8_t *head = batch->bytes.ptr + begun;
    size_t len;

    if (buf_failed(&batch->bytes))
        return;
    len = batch->bytes.len - begun - HEAD_BYTES - head[1];
    if (len > STORE_VALUE_MAX)
        batch_fail(batch, -EFBIG);
    else
        write_u32be(head + LENGTH_AT, (uint32_t)len);
}

void batch_del(struct batch *batch, struct slice key)
{
    add_head(batch, BATCH_DEL, key, 0);
}

void batch_del_range(struct batch *batch, struct slice from, struct slice to, uint32_t limit)
{
    add_head(batch, BATCH_DEL_RANGE, from, LIMIT_BYTES + to.len);
    buf_add_u32be(&batch->bytes, limit);
    buf_add_slice(&batch->bytes, to);
}

bool batch_next(const struct batch *batch, size_t *at, struct batch_item *ret)
{
    const uint8_t *head = batch->bytes.ptr + *at;
    size_t left = batch->bytes.len - *at;
    size_t value_len;

    if (left == 0)
        return false;
    assert(left >= HEAD_BYTES);
    value_len = read_u32be(head + LENGTH_AT);
    assert(left - HEAD_BYTES >= head[1] + value_len);
    *ret = (struct batch_item){
        .op = (enum batch_op)head[0],
        .key = slice_of(head + HEAD_BYTES, head[1]),
        .value = slice_of(head + HEAD_BYTES + head[1], value_len),
    };
    if (ret->op == BATCH_DEL_RANGE) {
        ret->limit = read_u32be(ret->value.ptr);
        ret->value = slice_of(ret->value.ptr + LIMIT_BYTES, value_len - LIMIT_BYTES);
    }
    *at += HEAD_BYTES + head[1] + value_len;
    return true;
}
