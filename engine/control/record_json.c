// SPDX-License-Identifier: MIT
#include "control/record_json.h"

#include "base/jtext.h"
#include "base/real.h"
#include "control/json.h"
#include "model/value.h"

static void put_data(const struct record *record, struct buf *out)
{
    bool is_text = !record->is_value && jtext_is_utf8(record->data);
    json_t *json;

    buf_add_str(out, record->is_value ? ",\"value\":" : is_text ? ",\"data\":"
                                                               : ",\"data_b64\":");
    if (is_text) {
        jtext_quote(record->data, out);
        return;
    }
    json = record->is_value ? value_slice_to_json(record->data) : json_base64(record->data);
    json_compact(json, out);
    json_decref(json);
}

void record_line(const struct record *record, uint64_t job_id, struct slice host, bool gap,
                 struct buf *out)
{
    const struct slice none = { 0 };
    struct slice stream = slice_str(gap ? NULL : stream_name(record->stream));

    buf_add_str(out, "{\"seq\":");
    json_put_int(out, (int64_t)record->seq);
    buf_add_str(out, ",\"job\":");
    json_put_int(out, (int64_t)job_id);
    buf_add_str(out, ",\"host\":");
    json_put_text_or_null(out, host);
    buf_add_str(out, ",\"step\":");
    json_put_text_or_null(out, gap ? none : record->step);
    buf_add_str(out, ",\"attempt\":");
    if (gap || !record->attempt)
        buf_add_str(out, "null");
    else
        json_put_int(out, record->attempt);
    buf_add_str(out, ",\"stream\":");
    json_put_text_or_null(out, stream);
    buf_add_str(out, ",\"time\":");
    json_put_time(out, gap ? 0 : record->time_unix_ms);
    if (gap)
        buf_add_str(out, ",\"gap\":true");
    else
        put_data(record, out);
    buf_add_str(out, "}\n");
}
