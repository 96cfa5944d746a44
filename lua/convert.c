// SPDX-License-Identifier: MIT
// The way from the root is a chain of places on the C stack, at most
// VALUE_DEPTH_MAX long: it finds cycles, and becomes the path in a message.
#include "lua/convert.h"

#include <errno.h>
#include <math.h>

#include "lua/internal.h"
#include "lua/keys.h"

struct place {
    const struct place *up; // NULL: the root
    const void *table;      // the table whose member this is
    struct key key;
};

struct encoding {
    lua_State *L;
    struct buf *buf;
    const char *what;
    struct err *err;
};

static int encode(struct encoding *e, int idx, const struct place *place, int depth);

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i] | 0x20;
        if (s.ptr[i] != '_' && !(c >= 'a' && c <= 'z') &&
            !(i > 0 && s.ptr[i] >= '0' && s.ptr[i] <= '9'))
            return false;
    }
    return s.len > 0;
}

static void put_path(struct buf *buf, const struct place *place)
{
    if (!place)
        return;
    put_path(buf, place->up);
    switch (place->key.type) {
    case KEY_INT: buf_addf(buf, "[%lld]", place->key.i); break;
    case KEY_REAL: buf_addf(buf, "[%.17g]", place->key.r); break;
    case KEY_BOOLEAN: buf_addf(buf, "[%s]", place->key.b ? "true" : "false"); break;
    case KEY_STRING:
        if (is_name(place->key.s))
            buf_addf(buf, ".%.*s", SLICE_ARG(place->key.s));
        else
            buf_addf(buf, "[\"%.*s\"]", SLICE_ARG(place->key.s));
        break;
    case KEY_OTHER: break;
    }
}

static int refuse(struct encoding *e, const struct place *place, const char *why)
{
    struct buf path;

    buf_init(&path, ERR_TEXT_MAX / 2);
    put_path(&path, place);
    if (path.len)
        err_set(e->err, ERR_USAGE, "%s: %s: %s", e->what, buf_cstr(&path), why);
    else
        err_set(e->err, ERR_USAGE, "%s: %s", e->what, why);
    buf_release(&path);
    return ERR_USAGE;
}

static bool is_inside_itself(const void *table, const struct place *place)
{
    for (; place; place = place->up)
        if (place->table == table)
            return true;
    return false;
}

// Results and errors of ours are stored as the plain tables they are.
static bool has_foreign_metatable(lua_State *L, int idx)
{
    bool ours;

    if (!lua_getmetatable(L, idx))
        return false;
    vm_get(L, VM_RESULT_META);
    vm_get(L, VM_ERROR_META);
    ours = lua_rawequal(L, -3, -2) || lua_rawequal(L, -3, -1);
    lua_pop(L, 3);
    return !ours;
}

static int encode_list(struct encoding *e, int idx, lua_Integer count, const struct place *up,
                       int depth)
{
    struct place place = { .up = up, .table = lua_topointer(e->L, idx), .key.type = KEY_INT };
    int rc = 0;

    value_put_array(e->buf, (size_t)count);
    for (lua_Integer i = 1; i <= count && rc == 0; i++) {
        place.key.i = i;
        lua_rawgeti(e->L, idx, i);
        rc = encode(e, lua_gettop(e->L), &place, depth + 1);
        lua_pop(e->L, 1);
    }
    return rc;
}

static void put_key(struct buf *buf, const struct key *key)
{
    switch (key->type) {
    case KEY_INT: value_put_int(buf, key->i); break;
    case KEY_REAL: value_put_real(buf, key->r); break;
    case KEY_STRING: value_put_bytes(buf, key->s); break;
    case KEY_BOOLEAN: value_put_bool(buf, key->b); break;
    case KEY_OTHER: break;
    }
}

static int encode_map(struct encoding *e, int idx, const struct place *up, int depth)
{
    struct place place = { .up = up, .table = lua_topointer(e->L, idx) };
    struct keys keys;
    int rc = 0;

    if (!keys_collect(e->L, idx, &keys)) {
        char why[96];
        snprintf(why, sizeof(why), "a key that is %s cannot be stored", vm_type_words(e->L, -1));
        lua_pop(e->L, 1);
        return refuse(e, up, why);
    }
    value_put_map(e->buf, keys.count);
    for (size_t i = 0; i < keys.count && rc == 0; i++) {
        place.key = keys.at[i];
        put_key(e->buf, &keys.at[i]);
        key_push(e->L, &keys.at[i]);
        lua_rawget(e->L, idx);
        rc = encode(e, lua_gettop(e->L), &place, depth + 1);
        lua_pop(e->L, 1);
    }
    lua_pop(e->L, 1); // the anchor of the keys
    return rc;
}

static int encode_table(struct encoding *e, int idx, const struct place *place, int depth)
{
    lua_Integer count;

    if (is_inside_itself(lua_topointer(e->L, idx), place))
        return refuse(e, place, "a table that contains itself cannot be stored");
    if (depth >= VALUE_DEPTH_MAX)
        return refuse(e, place, "tables nested this deep cannot be stored (30 at most)");
    if (has_foreign_metatable(e->L, idx))
        return refuse(e, place, "a table with a metatable cannot be stored");
    luaL_checkstack(e->L, 8, "a value nested too deep");
    count = keys_list_length(e->L, idx);
    if (count >= 0)
        return encode_list(e, idx, count, place, depth);
    return encode_map(e, idx, place, depth);
}

static int encode(struct encoding *e, int idx, const struct place *place, int depth)
{
    struct slice s;
    char why[96];

    switch (lua_type(e->L, idx)) {
    case LUA_TNIL: value_put_nil(e->buf); return 0;
    case LUA_TBOOLEAN: value_put_bool(e->buf, lua_toboolean(e->L, idx)); return 0;
    case LUA_TNUMBER:
        if (lua_isinteger(e->L, idx))
            value_put_int(e->buf, lua_tointeger(e->L, idx));
        else
            value_put_real(e->buf, lua_tonumber(e->L, idx));
        return 0;
    case LUA_TSTRING:
        s.ptr = (const uint8_t *)lua_tolstring(e->L, idx, &s.len);
        vm_charge_bytes(e->L, s.len);
        value_put_bytes(e->buf, s);
        return 0;
    case LUA_TTABLE: return encode_table(e, idx, place, depth);
    default:
        snprintf(why, sizeof(why), "%s cannot be stored", vm_type_words(e->L, idx));
        return refuse(e, place, why);
    }
}

int convert_encode(lua_State *L, int idx, const char *what, struct buf *buf, struct err *err)
{
    struct encoding e = { .L = L, .buf = buf, .what = what, .err = err };
    size_t from = buf->len;
    int rc = encode(&e, lua_absindex(L, idx), NULL, 0);

    if (rc == 0 && buf_failed(buf) == -EFBIG)
        rc = err_set(err, ERR_USAGE, "%s: the value is larger than the %zu bytes allowed", what,
                     buf->max);
    else if (rc == 0 && buf_failed(buf))
        vm_stop(L, ERR_MEMORY);
    if (rc < 0)
        buf_cut(buf, from);
    return rc;
}

static void push_array(lua_State *L, const value *v)
{
    uint32_t n = v->via.array.size;

    luaL_checkstack(L, 4, "a value nested too deep");
    lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
    for (uint32_t i = 0; i < n; i++) {
        convert_push(L, &v->via.array.ptr[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

// Lua has no nil and no NaN as a key.
static bool is_key(const value *v)
{
    bool real = v->type == MSGPACK_OBJECT_FLOAT32 || v->type == MSGPACK_OBJECT_FLOAT64;

    return v->type != MSGPACK_OBJECT_NIL && !(real && isnan(v->via.f64));
}

static void push_map(lua_State *L, const value *v)
{
    uint32_t n = v->via.map.size;

    luaL_checkstack(L, 4, "a value nested too deep");
    lua_createtable(L, 0, n < INT32_MAX ? (int)n : 0);
    for (uint32_t i = 0; i < n; i++) {
        const msgpack_object_kv *kv = &v->via.map.ptr[i];
        if (!is_key(&kv->key))
            continue; // no script wrote this
        convert_push(L, &kv->key);
        convert_push(L, &kv->val);
        lua_rawset(L, -3);
    }
}

void convert_push(lua_State *L, const value *v)
{
    switch (v->type) {
    case MSGPACK_OBJECT_BOOLEAN: lua_pushboolean(L, v->via.boolean); return;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (v->via.u64 > INT64_MAX)
            lua_pushnumber(L, (lua_Number)v->via.u64);
        else
            lua_pushinteger(L, (lua_Integer)v->via.u64);
        return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: lua_pushinteger(L, v->via.i64); return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: lua_pushnumber(L, v->via.f64); return;
    case MSGPACK_OBJECT_STR: lua_pushlstring(L, v->via.str.ptr, v->via.str.size); return;
    case MSGPACK_OBJECT_BIN: lua_pushlstring(L, v->via.bin.ptr, v->via.bin.size); return;
    case MSGPACK_OBJECT_ARRAY: push_array(L, v); return;
    case MSGPACK_OBJECT_MAP: push_map(L, v); return;
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_EXT: break;
    }
    lua_pushnil(L);
}

void convert_decode(lua_State *L, struct slice bytes)
{
    struct script *script = script_of(L);
    msgpack_object v;
    size_t at = 0;

    if (bytes.len == 0) {
        lua_pushnil(L);
        return;
    }
    if (value_parse(&script->doc, bytes, &at, &v, NULL) < 0)
        vm_stop(L, ERR_CORRUPT);
    convert_push(L, &v);
}
