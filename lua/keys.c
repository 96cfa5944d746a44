// SPDX-License-Identifier: MIT
// The keys lie in a userdata, so that an error anywhere leaves nothing behind.
// Integers and reals are compared exactly: a key is never both (Lua turns a
// real with an integer's value into the integer).
#include "lua/keys.h"

#include <stdlib.h>

#include "lua/vm.h"

struct key key_read(lua_State *L, int idx)
{
    struct key key = { .type = KEY_OTHER };

    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, idx)) {
            key.type = KEY_INT;
            key.i = lua_tointeger(L, idx);
        } else {
            key.type = KEY_REAL;
            key.r = lua_tonumber(L, idx);
        }
        break;
    case LUA_TSTRING:
        key.type = KEY_STRING;
        key.s.ptr = (const uint8_t *)lua_tolstring(L, idx, &key.s.len);
        break;
    case LUA_TBOOLEAN:
        key.type = KEY_BOOLEAN;
        key.b = lua_toboolean(L, idx);
        break;
    default:
        break;
    }
    return key;
}

void key_push(lua_State *L, const struct key *key)
{
    switch (key->type) {
    case KEY_INT: lua_pushinteger(L, key->i); return;
    case KEY_REAL: lua_pushnumber(L, key->r); return;
    case KEY_STRING: lua_pushlstring(L, (const char *)key->s.ptr, key->s.len); return;
    case KEY_BOOLEAN: lua_pushboolean(L, key->b); return;
    case KEY_OTHER: break;
    }
    lua_pushnil(L);
}

// r is no NaN, and no integer's value unless it is beyond their range.
static int compare_int_real(lua_Integer i, lua_Number r)
{
    lua_Integer floor;

    if (r >= 0x1p63)
        return -1;
    if (r < -0x1p63)
        return 1;
    floor = r < 0 ? (lua_Integer)r - 1 : (lua_Integer)r;
    return i <= floor ? -1 : 1;
}

static int rank(enum key_type type)
{
    return type == KEY_REAL ? KEY_INT : (int)type;
}

int key_compare(const struct key *a, const struct key *b)
{
    if (rank(a->type) != rank(b->type))
        return rank(a->type) - rank(b->type);
    switch (a->type) {
    case KEY_INT:
        if (b->type == KEY_REAL)
            return compare_int_real(a->i, b->r);
        return (a->i > b->i) - (a->i < b->i);
    case KEY_REAL:
        if (b->type == KEY_INT)
            return -compare_int_real(b->i, a->r);
        return (a->r > b->r) - (a->r < b->r);
    case KEY_STRING:
        return slice_compare(a->s, b->s);
    case KEY_BOOLEAN:
        return (int)a->b - (int)b->b;
    case KEY_OTHER:
        break;
    }
    return 0;
}

lua_Integer keys_list_length(lua_State *L, int idx)
{
    lua_Integer length = (lua_Integer)lua_rawlen(L, idx);
    lua_Integer count = 0;

    idx = lua_absindex(L, idx);
    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            lua_tointeger(L, -1) > length) {
            lua_pop(L, 1);
            return -1;
        }
        count++;
    }
    vm_charge(L, (uint64_t)count);
    return count == length ? count : -1; // a border below n with holes counts less
}

static int compare_for_qsort(const void *a, const void *b) { return key_compare(a, b); }

static bool is_sorted(const struct keys *keys)
{
    for (size_t i = 1; i < keys->count; i++)
        if (key_compare(&keys->at[i - 1], &keys->at[i]) > 0)
            return false;
    return true;
}

size_t keys_count(lua_State *L, int idx)
{
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_pop(L, 1);
        count++;
    }
    return count;
}

bool keys_collect(lua_State *L, int idx, struct keys *ret)
{
    idx = lua_absindex(L, idx);
    *ret = (struct keys){ .count = keys_count(L, idx) };
    vm_charge(L, 8 * ret->count);
    ret->at = lua_newuserdatauv(L, ret->count * sizeof(struct key), 0);
    lua_pushnil(L);
    for (size_t i = 0; lua_next(L, idx); i++) {
        lua_pop(L, 1);
        ret->at[i] = key_read(L, -1);
        if (ret->at[i].type == KEY_OTHER) {
            lua_remove(L, -2);
            return false;
        }
    }
    // Keys are unique, so any correct sort gives the one order.
    if (!is_sorted(ret))
        qsort(ret->at, ret->count, sizeof(struct key), compare_for_qsort);
    return true;
}
