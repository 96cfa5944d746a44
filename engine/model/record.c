// SPDX-License-Identifier: MIT
// A record's bytes: MessagePack
//   array [ child_id, intent_no, bytes_before, time, stream, is_value, attempt, step, data ]
#include "model/record.h"

#include <assert.h>
#include <errno.h>

#include "model/value.h"

static const char *const names[] = {
#define X(id, text) [STREAM_##id] = text,
    STREAMS(X)
#undef X
};

const char *stream_name(enum stream stream)
{
    assert((unsigned)stream < STREAM_COUNT);
    return names[stream];
}

int stream_parse(struct slice name, enum stream *ret)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        if (slice_is(name, names[i])) {
            *ret = (enum stream)i;
            return 0;
        }
    }
    return -EINVAL;
}

enum { RECORD_FIELDS = 9 };

void record_encode(const struct record *record, struct buf *buf)
{
    value_put_array(buf, RECORD_FIELDS);
    value_put_uint(buf, record->child_id);
    value_put_uint(buf, record->intent_no);
    value_put_uint(buf, record->bytes_before);
    value_put_int(buf, record->time_unix_ms);
    value_put_uint(buf, record->stream);
    value_put_bool(buf, record->is_value);
    value_put_uint(buf, record->attempt);
    value_put_bytes(buf, record->step);
    value_put_bytes(buf, record->data);
}

static int record_read(const value *v, struct record *ret, struct err *err)
{
    uint64_t stream = value_uint(value_at(v, 4), STREAM_COUNT);

    if (value_count(v) < RECORD_FIELDS || stream >= STREAM_COUNT)
        return err_set(err, ERR_CORRUPT, "a stream record has a wrong form");
    *ret = (struct record){
        .child_id = value_uint(value_at(v, 0), 0),
        .intent_no = value_uint(value_at(v, 1), 0),
        .bytes_before = value_uint(value_at(v, 2), 0),
        .time_unix_ms = value_int(value_at(v, 3), 0),
        .stream = (enum stream)stream,
        .is_value = value_bool(value_at(v, 5), false),
        .attempt = (uint32_t)value_uint(value_at(v, 6), 0),
        .step = value_bytes(value_at(v, 7)),
        .data = value_bytes(value_at(v, 8)),
    };
    return 0;
}

int record_decode(struct slice bytes, struct record *ret, struct err *err)
{
    struct value_doc doc;
    msgpack_object v;
    size_t at = 0;
    int rc;

    value_doc_init(&doc);
    rc = value_parse(&doc, bytes, &at, &v, err);
    if (rc == 0)
        rc = record_read(&v, ret, err);
    value_doc_release(&doc);
    return rc;
}
