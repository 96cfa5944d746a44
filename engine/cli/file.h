// SPDX-License-Identifier: MIT
// Whole files as bytes, with a ceiling, and bytes as JSON.
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

enum { FILE_BYTES_MAX = 8 * 1024 * 1024 }; // half of what a request may hold

// "-" is standard input. The buffer is the caller's.
int file_read(const char *path, struct buf *ret, struct err *err);
// The part of a path behind its last slash.
const char *file_name(const char *path);
// Sets object[key] to the text, or object[key "_b64"] when it is not UTF-8.
int json_set_bytes(json_t *object, const char *key, struct slice bytes, struct err *err);
// Splits "KEY=VALUE" and sets object[KEY]. what names the option in the message.
int json_set_pair(json_t *object, const char *pair, const char *what, struct err *err);
// The process's environment as an object. Variables that are not UTF-8 are left out.
json_t *json_environment(void);
