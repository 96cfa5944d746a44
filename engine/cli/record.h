// SPDX-License-Identifier: MIT
// A record as it comes over the wire, and the bytes that its command wrote.
#pragma once

#include <jansson.h>

#include "base/buf.h"

// What a record is a piece of. Behind the table of streams; negative: no stream.
enum record_stream { RECORD_OUTPUT, RECORD_ERROR, RECORD_WARNING, RECORD_INFORMATION,
                     RECORD_VERBOSE, RECORD_DEBUG, RECORD_PROGRESS, RECORD_STREAMS };

int record_stream(const char *name); // -EINVAL for an unknown one
int record_stream_of(const json_t *record);
// What is in front of each line of such a stream where people read it.
const char *record_label(enum record_stream stream);
bool record_is_value(const json_t *record);
// Appends them: bytes as they were; a value as a line of JSON.
void record_bytes(const json_t *record, struct buf *out);
// Appends text with `front` in front of each line that begins in it; *open: a line was
// begun before, and is not ended after.
void lines_add(struct buf *out, bool *open, struct slice front, struct slice text);
