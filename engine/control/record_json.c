// SPDX-License-Identifier: MIT
#include "control/record_json.h"

#include "control/json.h"
#include "model/value.h"

static int data_set(json_t *json, const struct record *record)
{
    json_t *data;

    if (record->is_value)
        return json_object_set_new(json, "value", value_slice_to_json(record->data));
    data = json_exact(record->data);
    if (data)
        return json_object_set_new(json, "data", data);
    return json_object_set_new(json, "data_b64", json_base64(record->data));
}

json_t *record_json(const struct record *record, uint64_t job_id, struct slice host, bool gap)
{
    json_t *json = json_pack(
        "{s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "seq", (json_int_t)record->seq, "job",
        (json_int_t)job_id, "host", json_text_or_null(host), "step",
        gap ? json_null() : json_text_or_null(record->step), "attempt",
        gap || !record->attempt ? json_null() : json_integer(record->attempt), "stream",
        gap ? json_null() : json_string(stream_name(record->stream)), "time",
        json_time(gap ? 0 : record->time_unix_ms));
    int rc = !json ? -1 : gap ? json_object_set_new(json, "gap", json_true())
                              : data_set(json, record);

    if (rc < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}
