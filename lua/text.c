// SPDX-License-Identifier: MIT
// Objects are numbered in the order a script first asks for their names, kept in
// a weak table: a name lives as long as its object, a number is never given twice.
#include "lua/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua/internal.h"

size_t text_number(lua_State *L, int idx, char text[TEXT_NUMBER_MAX])
{
    if (lua_isinteger(L, idx))
        return (size_t)snprintf(text, TEXT_NUMBER_MAX, "%" PRId64,
                                (int64_t)lua_tointeger(L, idx));
    return real_format(lua_tonumber(L, idx), text);
}

// Inside a once() names come from a table and a counter of its own: on replay the
// once is not called, and later names must not depend on it.
static lua_Integer name_of(lua_State *L, int idx)
{
    struct script *script = script_of(L);
    bool once = script->mode == SCRIPT_ONCE;
    uint64_t *count = once ? &script->once_names : &script->names;
    lua_Integer ret;

    idx = lua_absindex(L, idx);
    vm_get(L, once ? VM_ONCE_NAMES : VM_NAMES);
    lua_pushvalue(L, idx);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pushvalue(L, idx);
        lua_pushinteger(L, (lua_Integer)++*count);
        lua_rawset(L, -4);
        ret = (lua_Integer)*count;
    } else {
        ret = lua_tointeger(L, -1);
    }
    lua_pop(L, 2);
    return ret;
}

void text_push_name(lua_State *L, int idx)
{
    lua_pushfstring(L, "%s: #%I", luaL_typename(L, idx), (LUAI_UACINT)name_of(L, idx));
}

static bool push_by_metamethod(lua_State *L, int idx)
{
    if (!luaL_callmeta(L, idx, "__tostring")) {
        int type = luaL_getmetafield(L, idx, "__name");
        if (type == LUA_TSTRING) {
            lua_pushfstring(L, "%s: #%I", lua_tostring(L, -1), (LUAI_UACINT)name_of(L, idx));
            lua_remove(L, -2);
            return true;
        }
        if (type != LUA_TNIL)
            lua_pop(L, 1);
        return false;
    }
    if (!lua_isstring(L, -1))
        vm_raise(L, "tostring: '__tostring' must return a string, not %s", vm_type_words(L, -1));
    return true;
}

struct slice text_push(lua_State *L, int idx)
{
    char number[TEXT_NUMBER_MAX];
    struct slice ret;

    idx = lua_absindex(L, idx);
    switch (lua_type(L, idx)) {
    case LUA_TSTRING:
        lua_pushvalue(L, idx);
        break;
    case LUA_TNUMBER:
        lua_pushlstring(L, number, text_number(L, idx, number));
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
        break;
    case LUA_TNIL:
        lua_pushliteral(L, "nil");
        break;
    default:
        if (!push_by_metamethod(L, idx))
            text_push_name(L, idx);
    }
    ret.ptr = (const uint8_t *)lua_tolstring(L, -1, &ret.len);
    return ret;
}
