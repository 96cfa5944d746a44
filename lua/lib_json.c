// SPDX-License-Identifier: MIT
// jansson's objects never live across a call that may raise: they become bytes
// in the script's scratch buffer first, and those become Lua values. Writing is
// our own, since numbers should look as a person would write them.
#include "lua/lib_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "lua/convert.h"
#include "lua/internal.h"
#include "lua/text.h"

enum { JSON_COST = 4 }; // a byte of JSON takes about this many units

void json_push_decoded(lua_State *L, const char *function, struct slice text)
{
    struct script *script = script_of(L);
    struct err err;
    json_error_t error;
    json_t *json;
    int rc;

    vm_charge(L, JSON_COST * text.len);
    json = json_loadb((const char *)text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        vm_raise(L, "%s: line %d, column %d: %s", function, error.line, error.column, error.text);
    buf_clear(&script->scratch);
    rc = value_from_json(json, &script->scratch, &err);
    json_decref(json);
    if (rc < 0)
        vm_raise(L, "%s: %s", function, err_text(&err));
    convert_decode(L, buf_slice(&script->scratch));
}

// json.decode(text) -> value; null becomes nil
static int json_decode(lua_State *L)
{
    json_push_decoded(L, "json.decode", vm_check_string(L, "json.decode", 1));
    return 1;
}

// ---- writing

static void put_json(const value *v, struct buf *buf);

// What has to be escaped, or is no UTF-8, is jansson's business.
static bool is_simple(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~' || s.ptr[i] == '"' || s.ptr[i] == '\\')
            return false;
    return true;
}

static void put_by_jansson(const value *v, struct buf *buf)
{
    json_t *json = value_to_json(v);
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    if (text)
        buf_add_str(buf, text);
    else
        buf->failed = -ENOMEM;
    free(text);
    json_decref(json);
}

static void put_text(const value *v, struct buf *buf)
{
    struct slice s = value_bytes(v);

    if (!is_simple(s)) {
        put_by_jansson(v, buf);
        return;
    }
    buf_add_byte(buf, '"');
    buf_add_slice(buf, s);
    buf_add_byte(buf, '"');
}

// JSON has neither NaN nor infinities.
static void put_real(double v, struct buf *buf)
{
    char text[TEXT_NUMBER_MAX];

    if (isfinite(v))
        buf_add(buf, text, real_format(v, text));
    else
        buf_add_str(buf, "null");
}

static void put_key(const value *key, struct buf *buf)
{
    if (key->type == MSGPACK_OBJECT_STR) {
        put_text(key, buf);
        return;
    }
    buf_add_byte(buf, '"');
    put_json(key, buf);
    buf_add_byte(buf, '"');
}

static void put_map(const value *v, struct buf *buf)
{
    buf_add_byte(buf, '{');
    for (uint32_t i = 0; i < v->via.map.size; i++) {
        if (i)
            buf_add_byte(buf, ',');
        put_key(&v->via.map.ptr[i].key, buf);
        buf_add_byte(buf, ':');
        put_json(&v->via.map.ptr[i].val, buf);
    }
    buf_add_byte(buf, '}');
}

static void put_array(const value *v, struct buf *buf)
{
    buf_add_byte(buf, '[');
    for (uint32_t i = 0; i < v->via.array.size; i++) {
        if (i)
            buf_add_byte(buf, ',');
        put_json(&v->via.array.ptr[i], buf);
    }
    buf_add_byte(buf, ']');
}

static void put_json(const value *v, struct buf *buf)
{
    switch (v->type) {
    case MSGPACK_OBJECT_BOOLEAN: buf_add_str(buf, v->via.boolean ? "true" : "false"); return;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: buf_addf(buf, "%" PRId64, value_int(v, 0)); return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: put_real(v->via.f64, buf); return;
    case MSGPACK_OBJECT_STR: put_text(v, buf); return;
    case MSGPACK_OBJECT_ARRAY: put_array(v, buf); return;
    case MSGPACK_OBJECT_MAP: put_map(v, buf); return;
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT: break;
    }
    buf_add_str(buf, "null");
}

// json.encode(value) -> text, with keys in canonical order
static int json_encode(lua_State *L)
{
    struct script *script = script_of(L);
    struct buf *buf = &script->scratch;
    struct err err;
    msgpack_object v;
    size_t at = 0, bytes;

    luaL_checkany(L, 1);
    buf_clear(buf);
    if (convert_encode(L, 1, "json.encode", buf, &err) < 0)
        vm_raise(L, "%s", err.text);
    bytes = buf->len;
    vm_charge(L, JSON_COST * bytes);
    // The parsed value points into its bytes: a string of Lua's keeps them.
    lua_pushlstring(L, (const char *)buf->ptr, bytes);
    if (value_parse(&script->doc, slice_of(lua_tostring(L, -1), bytes), &at, &v, NULL) < 0)
        vm_stop(L, ERR_MEMORY);
    buf_clear(buf);
    put_json(&v, buf);
    if (buf_failed(buf))
        vm_stop(L, ERR_MEMORY);
    lua_pushlstring(L, (const char *)buf->ptr, buf->len);
    return 1;
}

void lib_json_open(lua_State *L)
{
    static const luaL_Reg functions[] = { { "decode", json_decode }, { "encode", json_encode },
                                          { NULL, NULL } };

    luaL_newlib(L, functions);
    lua_setfield(L, -2, "json");
}
