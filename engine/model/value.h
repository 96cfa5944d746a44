// SPDX-License-Identifier: MIT
// Structured values as bytes: MessagePack (https://msgpack.org), written by
// msgpack-c. Everything a script sees from outside, and everything it hands out,
// passes through this form once, on the first run as on replay. Byte strings are
// the msgpack "str" type and need not be UTF-8. Canonical form: integers in
// their shortest encoding, reals always as float 64 with one NaN, map keys
// sorted (see value_map_less in the Lua converter), so that equal values have
// equal bytes and a fingerprint over them means something.
#pragma once

#include <jansson.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

enum { VALUE_DEPTH_MAX = 30 }; // nesting; msgpack-c's parser stack holds 32

// ---- writing: each appends one value (or a header that n values follow)
void value_put_nil(struct buf *buf);
void value_put_bool(struct buf *buf, bool v);
void value_put_int(struct buf *buf, int64_t v);
void value_put_uint(struct buf *buf, uint64_t v);
void value_put_real(struct buf *buf, double v);
void value_put_bytes(struct buf *buf, struct slice v);
void value_put_str(struct buf *buf, const char *v); // NULL gives nil
void value_put_array(struct buf *buf, size_t n);    // n values follow
void value_put_map(struct buf *buf, size_t n);      // n pairs follow
void value_put(struct buf *buf, const msgpack_object *v); // as it was parsed; NULL gives nil
void value_put_uuid(struct buf *buf, struct uuid id);

// ---- reading
// A parsed value. Byte strings inside point into the parsed bytes. The doc may
// be used again and again; its memory is kept. Not thread-safe.
struct value_doc {
    msgpack_zone zone;
    bool ready;
};

void value_doc_init(struct value_doc *doc);
void value_doc_release(struct value_doc *doc);
// Parses the value at *at and moves *at behind it. What an earlier call on this
// doc returned is gone. ERR_CORRUPT: not one whole value, or nested too deep.
int value_parse(struct value_doc *doc, struct slice bytes, size_t *at,
                msgpack_object *ret, struct err *err);

typedef msgpack_object value;

// Member of a map by key; NULL when v is no map or has no such key.
const value *value_get(const value *v, const char *key);
// Element of an array; NULL beyond its end or when v is no array.
const value *value_at(const value *v, size_t i);
size_t value_count(const value *v); // of an array or map, else 0
// Each takes NULL, and gives the fallback when v is NULL or of another type.
int64_t value_int(const value *v, int64_t fallback);
uint64_t value_uint(const value *v, uint64_t fallback);
double value_real(const value *v, double fallback);
bool value_bool(const value *v, bool fallback);
struct slice value_bytes(const value *v);
struct uuid value_uuid(const value *v);
bool value_is_nil(const value *v); // NULL counts as nil

// ---- JSON
// A new reference. Bytes that are not UTF-8 become {"b64": "..."}; NaN and
// infinities become null. NULL on lack of memory.
json_t *value_to_json(const value *v);
// Appends the value; object keys are written in sorted order. A {"b64"} object
// is an object like any other.
int value_from_json(const json_t *json, struct buf *buf, struct err *err);
// Parses the bytes (one value) and converts; NULL when damaged.
json_t *value_slice_to_json(struct slice bytes);
