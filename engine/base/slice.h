// SPDX-License-Identifier: MIT
// A borrowed run of bytes. A slice never owns what it points at: it is valid
// for as long as its source says (a transaction, a buffer until its next
// change, a literal for ever). Keeping the bytes is an explicit copy into a buf.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *ptr; // may be NULL when len is 0
    size_t len;         // bytes
};

// A slice over a string literal, without its terminating NUL.
#define SLICE(lit) ((struct slice){ (const uint8_t *)("" lit), sizeof(lit) - 1 })
// Arguments for a "%.*s" conversion.
#define SLICE_ARG(s) (int)(s).len, (const char *)(s).ptr

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){ ptr, len };
}

// A slice over a NUL-terminated string; NULL gives the empty slice.
static inline struct slice slice_str(const char *str)
{
    return (struct slice){ (const uint8_t *)str, str ? strlen(str) : 0 };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *str)
{
    return slice_equal(a, slice_str(str));
}

// Order of memcmp, a proper prefix before the longer run.
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int rc = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return rc ? rc : (a.len > b.len) - (a.len < b.len);
}

// At most max bytes of a text, and no half of a UTF-8 character at the end.
static inline struct slice slice_cut(struct slice text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    while (len > 0 && len < text.len && (text.ptr[len] & 0xc0) == 0x80)
        len--;
    return slice_of(text.ptr, len);
}
