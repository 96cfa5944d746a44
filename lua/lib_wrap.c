// SPDX-License-Identifier: MIT
#include "lua/lib_wrap.h"

#include <assert.h>

#include "lua/vm.h"

enum { BYTES_PER_UNIT = 8 }; // these functions look at every byte

// Upvalue: the stock function.
static int call_charged(lua_State *L)
{
    int count = lua_gettop(L);
    size_t bytes = 0;

    for (int i = 1; i <= count; i++)
        if (lua_type(L, i) == LUA_TSTRING)
            bytes += lua_rawlen(L, i);
    vm_charge(L, (uint64_t)count + bytes / BYTES_PER_UNIT);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

void wrap_charged(lua_State *L, const char *name)
{
    int type = lua_getfield(L, -1, name);

    assert(type == LUA_TFUNCTION);
    (void)type;
    lua_pushcclosure(L, call_charged, 1);
    lua_setfield(L, -3, name);
}

void wrap_plain(lua_State *L, const char *name)
{
    int type = lua_getfield(L, -1, name);

    assert(type != LUA_TNIL);
    (void)type;
    lua_setfield(L, -3, name);
}
