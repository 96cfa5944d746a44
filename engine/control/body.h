// SPDX-License-Identifier: MIT
// What a request's body holds, member by member: each of these leaves *ret as it is when
// the member is absent or null, and names it when it is of another kind (ERR_USAGE).
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

// Has it no others than these? known ends with NULL.
int body_keys(json_t *body, const char *const known[], struct err *err);
bool body_has(const json_t *body, const char *key); // neither absent nor null
int body_text(const json_t *body, const char *key, struct slice *ret, struct err *err); // borrowed
int body_bool(const json_t *body, const char *key, bool *ret, struct err *err);
// A whole number from `least` up.
int body_number(const json_t *body, const char *key, int64_t least, int64_t *ret,
                struct err *err);
