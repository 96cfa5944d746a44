// SPDX-License-Identifier: MIT
// jansson writes all reals of a value with the same number of digits, 17, because
// some need as many: 0.56 becomes 0.56000000000000005. So its text is gone over once
// more, and each real is put in its place anew; it never gets longer.
#include "base/real.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t real_format(double v, char text[REAL_TEXT])
{
    int n = 0;

    if (isnan(v))
        return (size_t)snprintf(text, REAL_TEXT, "nan");
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, REAL_TEXT, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    if (text[strspn(text, "-0123456789")] == 0) // reads as an integer
        n += snprintf(text + n, REAL_TEXT - (size_t)n, ".0");
    return (size_t)n;
}

static bool has_real(const json_t *json)
{
    const char *key;
    json_t *item;
    size_t i;

    if (json_is_array(json)) {
        json_array_foreach(json, i, item)
            if (has_real(item))
                return true;
    } else if (json_is_object(json)) {
        json_object_foreach((json_t *)(uintptr_t)json, key, item)
            if (has_real(item))
                return true;
    }
    return json_is_real(json);
}

// The number of len bytes at from, written to `to` (which is not behind it).
static size_t put_number(const char *from, size_t len, char *to)
{
    char given[REAL_TEXT], shortest[REAL_TEXT];
    size_t n = len;

    if (len < sizeof(given) && strcspn(from, ".eE") < len) {
        memcpy(given, from, len);
        given[len] = 0;
        n = real_format(strtod(given, NULL), shortest);
        if (n < len)
            from = shortest;
        else
            n = len;
    }
    memmove(to, from, n);
    return n;
}

// The end of what begins at `at`: a string with its quotes, a number, or one byte.
static size_t token_length(const char *at)
{
    size_t n = 1;

    if (*at != '"')
        return strchr("-0123456789", *at) ? strspn(at, "+-.0123456789eE") : 1;
    while (at[n] != '"')
        n += at[n] == '\\' ? 2 : 1;
    return n + 1;
}

// text is JSON, ended by NUL, which no text of JSON has inside.
static size_t shorten(char *text)
{
    char *to = text;

    for (const char *at = text; *at;) {
        size_t n = token_length(at);
        if (strchr("-0123456789", *at)) {
            to += put_number(at, n, to);
        } else {
            memmove(to, at, n);
            to += n;
        }
        at += n;
    }
    return (size_t)(to - text);
}

static int append(const char *text, size_t len, void *arg)
{
    struct buf *out = arg;

    buf_add(out, text, len);
    return buf_failed(out) ? -1 : 0;
}

void json_compact(const json_t *json, struct buf *out)
{
    size_t from = out->len;

    if (!json || json_dump_callback(json, append, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0) {
        out->failed = out->failed ? out->failed : -ENOMEM;
        return;
    }
    if (!has_real(json))
        return;
    buf_cstr(out);
    if (!buf_failed(out))
        buf_cut(out, from + shorten((char *)out->ptr + from));
}
