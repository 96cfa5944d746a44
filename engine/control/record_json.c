// SPDX-License-Identifier: MIT
#include "control/record_json.h"

#include "base/jtext.h"
#include "base/real.h"
#include "control/json.h"
#include "model/value.h"

static int data_set(json_t *json, const struct record *record)
{
    if (record->is_value)
        return json_object_set_new(json, "value", value_slice_to_json(record->data));
    return json_object_set_new(json, "data_b64", json_base64(record->data));
}

// A text is put behind the rest, before its last brace.
static void add_text(struct slice text, struct buf *out)
{
    buf_cut(out, out->len - 1);
    buf_add_str(out, ",\"data\":");
    jtext_quote(text, out);
    buf_add_byte(out, '}');
}

void record_line(const struct record *record, uint64_t job_id, struct slice host, bool gap,
                 struct buf *out)
{
    bool is_text = !gap && !record->is_value && jtext_is_utf8(record->data);
    json_t *json = json_pack(
        "{s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "seq", (json_int_t)record->seq, "job",
        (json_int_t)job_id, "host", json_text_or_null(host), "step",
        gap ? json_null() : json_text_or_null(record->step), "attempt",
        gap || !record->attempt ? json_null() : json_integer(record->attempt), "stream",
        gap ? json_null() : json_string(stream_name(record->stream)), "time",
        json_time(gap ? 0 : record->time_unix_ms));
    int rc = !json ? -1 : gap ? json_object_set_new(json, "gap", json_true())
                     : is_text ? 0 : data_set(json, record);

    json_compact(rc < 0 ? NULL : json, out);
    json_decref(json);
    if (is_text && !buf_failed(out))
        add_text(record->data, out);
    buf_add_byte(out, '\n');
}
