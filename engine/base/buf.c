// SPDX-License-Identifier: MIT
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 64 }; // first allocation; most encoded events fit

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){ .max = max ? max : SIZE_MAX / 2 };
}

void buf_release(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){ .max = buf->max };
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = 0;
}

static int buf_reserve(struct buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap : BUF_FIRST;
    uint8_t *ptr;

    if (buf->failed)
        return buf->failed;
    if (more > buf->max - buf->len)
        return buf->failed = -EFBIG;
    if (buf->len + more <= buf->cap)
        return 0;
    while (cap < buf->len + more)
        cap *= 2;
    if (cap > buf->max)
        cap = buf->max;
    ptr = realloc(buf->ptr, cap);
    if (!ptr)
        return buf->failed = -ENOMEM;
    buf->ptr = ptr;
    buf->cap = cap;
    return 0;
}

uint8_t *buf_extend(struct buf *buf, size_t len)
{
    uint8_t *at;

    if (buf_reserve(buf, len) < 0)
        return NULL;
    at = buf->ptr + buf->len;
    buf->len += len;
    return at;
}

void buf_add(struct buf *buf, const void *ptr, size_t len)
{
    uint8_t *at = len ? buf_extend(buf, len) : NULL;

    if (at)
        memcpy(at, ptr, len);
}

void buf_add_slice(struct buf *buf, struct slice s) { buf_add(buf, s.ptr, s.len); }
void buf_add_str(struct buf *buf, const char *str) { buf_add(buf, str, strlen(str)); }
void buf_add_byte(struct buf *buf, uint8_t byte) { buf_add(buf, &byte, 1); }

void buf_add_u32be(struct buf *buf, uint32_t v)
{
    uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
    buf_add(buf, b, sizeof(b));
}

void buf_add_u64be(struct buf *buf, uint64_t v)
{
    buf_add_u32be(buf, (uint32_t)(v >> 32));
    buf_add_u32be(buf, (uint32_t)v);
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
    va_list ap, again;
    int n;
    uint8_t *at;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    assert(n >= 0);
    // vsnprintf writes a NUL too: reserve it, then take it back.
    at = buf_extend(buf, (size_t)n + 1);
    if (at) {
        vsnprintf((char *)at, (size_t)n + 1, fmt, again);
        buf->len--;
    }
    va_end(again);
}

void buf_drop(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len && len < buf->len)
        memmove(buf->ptr, buf->ptr + len, buf->len - len);
    buf->len -= len;
}

void buf_cut(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
}

const char *buf_cstr(struct buf *buf)
{
    uint8_t *at = buf_extend(buf, 1);

    if (!at)
        return "";
    *at = 0;
    buf->len--;
    return (const char *)buf->ptr;
}

uint16_t read_u16be(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t read_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t read_u64be(const uint8_t *p)
{
    return (uint64_t)read_u32be(p) << 32 | read_u32be(p + 4);
}
