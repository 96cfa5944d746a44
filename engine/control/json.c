// SPDX-License-Identifier: MIT
#include "control/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "base/jtext.h"
#include "base/real.h"

json_t *json_exact(struct slice bytes)
{
    if (!jtext_is_utf8(bytes))
        return NULL;
    return json_stringn_nocheck(bytes.len ? (const char *)bytes.ptr : "", bytes.len);
}

// What is not UTF-8 in it becomes U+FFFD.
static void mend(struct slice text, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t n = jtext_sequence(text, at);
        if (n)
            buf_add(out, text.ptr + at, n);
        else
            buf_add_str(out, "\xef\xbf\xbd");
        at += n ? n : 1;
    }
}

json_t *json_text(struct slice text)
{
    json_t *json = json_exact(text);
    struct buf mended;

    if (json)
        return json;
    buf_init(&mended, 0);
    mend(text, &mended);
    if (!buf_failed(&mended))
        json = json_stringn_nocheck((const char *)mended.ptr, mended.len);
    buf_release(&mended);
    return json;
}

json_t *json_text_or_null(struct slice text) { return text.len ? json_text(text) : json_null(); }

json_t *json_base64(struct slice bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    json_t *json;

    if (!text)
        return NULL;
    sodium_bin2base64(text, size, bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    json = json_string_nocheck(text);
    free(text);
    return json;
}

// ---- times

static char *put_digits(char *at, unsigned n, int digits)
{
    for (int i = digits; i-- > 0; n /= 10)
        at[i] = (char)('0' + n % 10);
    return at + digits;
}

enum { TIME_TEXT = 32 };

// Length of "2026-01-31T12:00:00.000Z"; 0: no time.
static size_t time_format(int64_t unix_ms, char text[TIME_TEXT])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    char *at = text;
    struct tm tm;

    if (unix_ms <= 0 || !gmtime_r(&seconds, &tm))
        return 0;
    at = put_digits(at, (unsigned)tm.tm_year + 1900, tm.tm_year < 10000 - 1900 ? 4 : 9);
    *at++ = '-';
    at = put_digits(at, (unsigned)tm.tm_mon + 1, 2);
    *at++ = '-';
    at = put_digits(at, (unsigned)tm.tm_mday, 2);
    *at++ = 'T';
    at = put_digits(at, (unsigned)tm.tm_hour, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)tm.tm_min, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)tm.tm_sec, 2);
    *at++ = '.';
    at = put_digits(at, (unsigned)(unix_ms % 1000), 3);
    *at++ = 'Z';
    return (size_t)(at - text);
}

json_t *json_time(int64_t unix_ms)
{
    char text[TIME_TEXT];
    size_t n = time_format(unix_ms, text);

    return n ? json_stringn(text, n) : json_null();
}

void json_put_time(struct buf *out, int64_t unix_ms)
{
    char text[TIME_TEXT + 2];
    size_t n = time_format(unix_ms, text + 1);

    if (n == 0) {
        buf_add_str(out, "null");
        return;
    }
    text[0] = text[n + 1] = '"';
    buf_add(out, text, n + 2);
}

// ---- the rest

void json_put_int(struct buf *out, int64_t n)
{
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
    char text[24], *at = text + sizeof(text);

    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(text + sizeof(text) - at));
}

void json_put_text(struct buf *out, struct slice text)
{
    struct buf mended;

    if (jtext_is_utf8(text)) {
        jtext_quote(text, out);
        return;
    }
    buf_init(&mended, 0);
    mend(text, &mended);
    jtext_quote(buf_slice(&mended), out);
    if (buf_failed(&mended))
        out->failed = buf_failed(&mended);
    buf_release(&mended);
}

void json_put_text_or_null(struct buf *out, struct slice text)
{
    if (text.len)
        json_put_text(out, text);
    else
        buf_add_str(out, "null");
}

void json_put_bool(struct buf *out, bool yes) { buf_add_str(out, yes ? "true" : "false"); }

void json_line(const json_t *json, struct buf *out)
{
    json_compact(json, out);
    buf_add_byte(out, '\n');
}
