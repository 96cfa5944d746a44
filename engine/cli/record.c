// SPDX-License-Identifier: MIT
#include "cli/record.h"

#include <errno.h>
#include <sodium.h>

#include "base/real.h"
#include "cli/call.h"

static const struct {
    const char *name, *label;
} streams[RECORD_STREAMS] = {
    [RECORD_OUTPUT] = { "output", "" },
    [RECORD_ERROR] = { "error", "" },
    [RECORD_WARNING] = { "warning", "warning: " },
    [RECORD_INFORMATION] = { "information", "" },
    [RECORD_VERBOSE] = { "verbose", "verbose: " },
    [RECORD_DEBUG] = { "debug", "debug: " },
    [RECORD_PROGRESS] = { "progress", "progress: " },
};

int record_stream(const char *name)
{
    for (int i = 0; i < RECORD_STREAMS; i++)
        if (strcmp(streams[i].name, name) == 0)
            return i;
    return -EINVAL;
}

int record_stream_of(const json_t *record) { return record_stream(row_text(record, "stream")); }
const char *record_label(enum record_stream stream) { return streams[stream].label; }

bool record_is_value(const json_t *record)
{
    return !json_object_get(record, "data") && !json_object_get(record, "data_b64");
}

static void base64_add(const json_t *json, struct buf *out)
{
    size_t len = json_string_length(json), before = out->len, n = 0;
    uint8_t *to = buf_extend(out, len); // more than it takes

    if (to && sodium_base642bin(to, len, json_string_value(json), len, NULL, &n, NULL,
                                sodium_base64_VARIANT_ORIGINAL) != 0)
        n = 0;
    if (to)
        buf_cut(out, before + n);
}

void record_bytes(const json_t *record, struct buf *out)
{
    const json_t *data = json_object_get(record, "data");
    const json_t *base64 = json_object_get(record, "data_b64");

    if (data) {
        buf_add(out, json_string_value(data), json_string_length(data));
    } else if (base64) {
        base64_add(base64, out);
    } else {
        json_compact(json_object_get(record, "value"), out);
        buf_add_byte(out, '\n');
    }
}

void lines_add(struct buf *out, bool *open, struct slice front, struct slice text)
{
    while (text.len > 0) {
        const uint8_t *newline = memchr(text.ptr, '\n', text.len);
        size_t n = newline ? (size_t)(newline - text.ptr) + 1 : text.len;
        if (!*open)
            buf_add_slice(out, front);
        buf_add(out, text.ptr, n);
        *open = newline == NULL;
        text = slice_of(text.ptr + n, text.len - n);
    }
}
