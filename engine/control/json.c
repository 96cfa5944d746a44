// SPDX-License-Identifier: MIT
#include "control/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "base/real.h"

// The first continuation byte of some leads has a narrower range: that excludes
// overlong forms, surrogates, and what lies beyond U+10FFFF.
static bool second_is_valid(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return second >= 0x80 && second <= 0xbf;
    }
}

size_t utf8_sequence(struct slice s, size_t at)
{
    uint8_t lead = s.ptr[at];
    size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3
               : lead < 0xf5 ? 4 : 0;

    if (n > s.len - at || (n > 1 && !second_is_valid(lead, s.ptr[at + 1])))
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s.ptr[at + i] & 0xc0) != 0x80)
            return 0;
    return n;
}

json_t *json_exact(struct slice bytes)
{
    for (size_t at = 0, n; at < bytes.len; at += n) {
        n = utf8_sequence(bytes, at);
        if (n == 0)
            return NULL;
    }
    return json_stringn_nocheck(bytes.len ? (const char *)bytes.ptr : "", bytes.len);
}

json_t *json_text(struct slice text)
{
    json_t *json = json_exact(text);
    struct buf mended;

    if (json)
        return json;
    buf_init(&mended, 0);
    for (size_t at = 0; at < text.len;) {
        size_t n = utf8_sequence(text, at);
        if (n)
            buf_add(&mended, text.ptr + at, n);
        else
            buf_add_str(&mended, "\xef\xbf\xbd");
        at += n ? n : 1;
    }
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

json_t *json_time(int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char text[40];
    size_t n;

    if (unix_ms <= 0 || !gmtime_r(&seconds, &tm))
        return json_null();
    n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    return json_sprintf("%.*s.%03dZ", (int)n, text, (int)(unix_ms % 1000));
}

void json_line(const json_t *json, struct buf *out)
{
    json_compact(json, out);
    buf_add_byte(out, '\n');
}
