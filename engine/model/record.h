// SPDX-License-Identifier: MIT
// Records: pieces of stream output. A note is a record on its way: what a script
// printed during one resume. Plain values; slices are borrowed.
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define STREAMS(X)             \
    X(OUTPUT, "output")        \
    X(ERROR, "error")          \
    X(WARNING, "warning")      \
    X(VERBOSE, "verbose")      \
    X(DEBUG, "debug")          \
    X(INFORMATION, "information") \
    X(PROGRESS, "progress")

enum stream {
#define X(id, text) STREAM_##id,
    STREAMS(X)
#undef X
    STREAM_COUNT
};

const char *stream_name(enum stream stream);
// -EINVAL for an unknown name.
int stream_parse(struct slice name, enum stream *ret);

// A piece of output as a script hands it over.
struct note {
    enum stream stream;
    bool is_value;      // data is an encoded value (emit, progress), not bytes
    struct slice data;
};

// A record as stored under (job, seq). Data of one record is at most
// RECORD_DATA_MAX bytes for bytes: with its headers one LMDB overflow page.
// Values are never cut, and are refused by emit beyond EMIT_MAX.
enum { RECORD_DATA_MAX = 3840, EMIT_MAX = 256 * 1024 };

struct record {
    uint64_t seq;          // 1, 2, 3 ... over the whole job
    uint64_t child_id;     // 0: the parent's own stream (host null)
    uint64_t intent_no;    // event number of the attempt that wrote it; 0: the script
    uint64_t bytes_before; // stream bytes of the job before this record: exact unread sizes
    int64_t time_unix_ms;
    enum stream stream;
    bool is_value;
    uint32_t attempt;      // 0: the script
    struct slice step;     // place, "1.2/3"; empty: the script's main strand at no step
    struct slice data;
};

void record_encode(const struct record *record, struct buf *buf);
// Slices point into bytes. seq is not part of the bytes: the caller sets it.
int record_decode(struct slice bytes, struct record *ret, struct err *err);
