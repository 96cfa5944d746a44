// SPDX-License-Identifier: MIT
// A growing byte buffer with a ceiling. Invariant: len <= cap <= max. The first
// failure (ceiling or memory) is sticky: later appends do nothing and buf_failed
// tells, so that an encoder checks once at its end. Owner: whoever embeds it.
#pragma once

#include "base/slice.h"

struct buf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max;  // bytes this buffer may ever hold
    int failed;  // 0, -ENOMEM or -EFBIG
};

// A buffer that may hold max bytes; allocates nothing yet. max 0: no ceiling.
void buf_init(struct buf *buf, size_t max);
// Frees the bytes; the buffer may be used again, as after buf_init.
void buf_release(struct buf *buf);
// Empties it and forgets a failure; keeps the memory.
void buf_clear(struct buf *buf);

void buf_add(struct buf *buf, const void *ptr, size_t len);
void buf_add_slice(struct buf *buf, struct slice s);
void buf_add_str(struct buf *buf, const char *str);
void buf_add_byte(struct buf *buf, uint8_t byte);
void buf_add_u32be(struct buf *buf, uint32_t v);
void buf_add_u64be(struct buf *buf, uint64_t v);
void buf_addf(struct buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
// Room for len more bytes, counted as written; NULL when there is none.
uint8_t *buf_extend(struct buf *buf, size_t len);
// Drops the first len bytes.
void buf_drop(struct buf *buf, size_t len);
// Cuts to len bytes (len <= buf->len).
void buf_cut(struct buf *buf, size_t len);

static inline int buf_failed(const struct buf *buf) { return buf->failed; }
// The bytes, valid until the buffer next changes.
static inline struct slice buf_slice(const struct buf *buf)
{
    return slice_of(buf->ptr, buf->len);
}
// The bytes as a C string (a NUL is kept behind them); "" on failure.
const char *buf_cstr(struct buf *buf);

uint16_t read_u16be(const uint8_t *p);
uint32_t read_u32be(const uint8_t *p);
uint64_t read_u64be(const uint8_t *p);
