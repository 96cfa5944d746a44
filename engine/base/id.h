// SPDX-License-Identifier: MIT
// UUIDs as plain values, and their text: 8-4-4-4-12 hex digits (RFC 9562).
// Randomness comes from outside: base has no source of its own.
#pragma once

#include "base/err.h"
#include "base/slice.h"

struct uuid {
    uint8_t bytes[16];
};

enum { UUID_TEXT = 37 }; // with NUL

// A version 4 UUID out of 16 random bytes.
struct uuid uuid_from_random(const uint8_t random[16]);
// Writes the lower-case text with NUL and returns it.
const char *uuid_format(struct uuid id, char text[UUID_TEXT]);
// -EINVAL when the text is not a UUID.
int uuid_parse(struct slice text, struct uuid *ret);
bool uuid_equal(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid id);
