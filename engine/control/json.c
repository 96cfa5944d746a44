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

json_t *json_text(struct slice text)
{
    json_t *json = json_exact(text);
    struct buf mended;

    if (json)
        return json;
    buf_init(&mended, 0);
    for (size_t at = 0; at < text.len;) {
        size_t n = jtext_sequence(text, at);
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
