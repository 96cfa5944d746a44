// SPDX-License-Identifier: MIT
// The few ways this layer makes JSON: texts that need not be UTF-8, times, lines. What is sent
// by the thousand, rows and records, is written straight into a buffer (json_put_...).
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/slice.h"

// A string; bytes that are not UTF-8 become U+FFFD. For texts that people read.
json_t *json_text(struct slice text);
// The same, and null for the empty text.
json_t *json_text_or_null(struct slice text);
// A string when the bytes are UTF-8, else NULL: exact or not at all.
json_t *json_exact(struct slice bytes);
json_t *json_base64(struct slice bytes);
// RFC 3339 in UTC with milliseconds; null for 0.
json_t *json_time(int64_t unix_ms);
// Appends the value and a newline. NULL (no memory) fails the buffer.
void json_line(const json_t *json, struct buf *out);

// ---- straight into a buffer
void json_put_int(struct buf *out, int64_t n);
// As json_text and json_text_or_null.
void json_put_text(struct buf *out, struct slice text);
void json_put_text_or_null(struct buf *out, struct slice text);
void json_put_time(struct buf *out, int64_t unix_ms);
void json_put_bool(struct buf *out, bool yes);
