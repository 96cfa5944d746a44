// SPDX-License-Identifier: MIT
// Values to JSON and back. JSON is for people and the wire; nothing that is
// replayed ever passes through it.
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/value.h"

static json_t *base64_object(struct slice bytes)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    json_t *json = NULL;

    if (text) {
        sodium_bin2base64(text, room, bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
        json = json_pack("{s:s}", "b64", text);
    }
    free(text);
    return json;
}

static json_t *bytes_to_json(struct slice bytes)
{
    json_t *json = json_stringn(bytes.len ? (const char *)bytes.ptr : "", bytes.len);

    return json ? json : base64_object(bytes); // NULL: not UTF-8
}

// JSON object keys are text: other keys are written as Lua would print them.
static void key_text(const value *key, char *text, size_t room)
{
    if (key->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        snprintf(text, room, "%llu", (unsigned long long)key->via.u64);
    else if (key->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        snprintf(text, room, "%lld", (long long)key->via.i64);
    else if (key->type == MSGPACK_OBJECT_BOOLEAN)
        snprintf(text, room, "%s", key->via.boolean ? "true" : "false");
    else
        snprintf(text, room, "%.17g", value_real(key, 0));
}

static json_t *map_to_json(const value *v)
{
    json_t *json = json_object();

    for (uint32_t i = 0; json && i < v->via.map.size; i++) {
        const msgpack_object_kv *kv = &v->via.map.ptr[i];
        struct slice key = value_bytes(&kv->key);
        char text[40];
        if (kv->key.type != MSGPACK_OBJECT_STR) {
            key_text(&kv->key, text, sizeof(text));
            key = slice_str(text);
        }
        // Keys that are no UTF-8 cannot be said in JSON at all: such a pair is left out.
        json_object_setn_new(json, (const char *)key.ptr, key.len, value_to_json(&kv->val));
    }
    return json;
}

static json_t *array_to_json(const value *v)
{
    json_t *json = json_array();

    for (uint32_t i = 0; json && i < v->via.array.size; i++)
        json_array_append_new(json, value_to_json(&v->via.array.ptr[i]));
    return json;
}

json_t *value_to_json(const value *v)
{
    if (!v)
        return json_null();
    switch (v->type) {
    case MSGPACK_OBJECT_BOOLEAN: return json_boolean(v->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return v->via.u64 <= INT64_MAX ? json_integer((json_int_t)v->via.u64)
                                       : json_real((double)v->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return json_integer(v->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return isfinite(v->via.f64) ? json_real(v->via.f64) : json_null();
    case MSGPACK_OBJECT_STR: return bytes_to_json(value_bytes(v));
    case MSGPACK_OBJECT_ARRAY: return array_to_json(v);
    case MSGPACK_OBJECT_MAP: return map_to_json(v);
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT: break;
    }
    return json_null();
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_json(const json_t *json, struct buf *buf, int depth, struct err *err);

static int put_object(const json_t *json, struct buf *buf, int depth, struct err *err)
{
    size_t n = json_object_size(json), i = 0;
    const char **keys = calloc(n ? n : 1, sizeof(*keys));
    const char *key;
    json_t *member;
    int rc = 0;

    if (!keys)
        return err_set(err, -ENOMEM, "no memory to read JSON");
    json_object_foreach((json_t *)json, key, member) keys[i++] = key;
    qsort(keys, n, sizeof(*keys), by_name);
    value_put_map(buf, n);
    for (i = 0; i < n && rc == 0; i++) {
        value_put_str(buf, keys[i]);
        rc = put_json(json_object_get(json, keys[i]), buf, depth, err);
    }
    free(keys);
    return rc;
}

static int put_array(const json_t *json, struct buf *buf, int depth, struct err *err)
{
    size_t i;
    json_t *item;
    int rc;

    value_put_array(buf, json_array_size(json));
    json_array_foreach((json_t *)json, i, item) {
        rc = put_json(item, buf, depth, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int put_json(const json_t *json, struct buf *buf, int depth, struct err *err)
{
    if (depth >= VALUE_DEPTH_MAX)
        return err_set(err, ERR_USAGE, "JSON is nested deeper than %d levels", VALUE_DEPTH_MAX);
    switch (json_typeof(json)) {
    case JSON_OBJECT: return put_object(json, buf, depth + 1, err);
    case JSON_ARRAY: return put_array(json, buf, depth + 1, err);
    case JSON_STRING:
        value_put_bytes(buf, slice_of(json_string_value(json), json_string_length(json)));
        break;
    case JSON_INTEGER: value_put_int(buf, json_integer_value(json)); break;
    case JSON_REAL: value_put_real(buf, json_real_value(json)); break;
    case JSON_TRUE: value_put_bool(buf, true); break;
    case JSON_FALSE: value_put_bool(buf, false); break;
    case JSON_NULL: value_put_nil(buf); break;
    }
    return buf_failed(buf) ? err_set(err, buf_failed(buf), "no memory for a value") : 0;
}

int value_from_json(const json_t *json, struct buf *buf, struct err *err)
{
    return put_json(json, buf, 0, err);
}

json_t *value_slice_to_json(struct slice bytes)
{
    struct value_doc doc;
    msgpack_object v;
    size_t at = 0;
    json_t *json = NULL;

    if (bytes.len == 0)
        return json_null();
    value_doc_init(&doc);
    if (value_parse(&doc, bytes, &at, &v, NULL) == 0)
        json = value_to_json(&v);
    value_doc_release(&doc);
    return json;
}
