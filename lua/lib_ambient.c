// SPDX-License-Identifier: MIT
// What only a once() sees: os.time, os.clock, os.date, os.getenv, os.remove,
// os.rename, and io.open. Nothing here starts a process: that is what steps are
// for. os.time() is the time the engine gave; the rest is stock Lua's.
#include <lualib.h>

#include "lua/internal.h"

// Upvalue: stock os.time.
static int ambient_time(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, script_of(L)->now_unix_ms / 1000);
        return 1;
    }
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

// Upvalue: stock os.date.
static int ambient_date(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_isnil(L, 1)) {
        lua_pushliteral(L, "%c");
        lua_replace(L, 1);
    }
    if (lua_isnil(L, 2)) {
        lua_pushinteger(L, script_of(L)->now_unix_ms / 1000);
        lua_replace(L, 2);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

// Stack: [-2] ours, [-1] stock.
static void take(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    lua_setfield(L, -3, name);
}

static void take_wrapped(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -3, name);
}

void lib_ambient_push(lua_State *L)
{
    vm_of(L)->has_files = true;
    lua_createtable(L, 0, 2);

    lua_createtable(L, 0, 6);
    luaL_requiref(L, "os", luaopen_os, 0);
    take(L, "clock");
    take(L, "getenv");
    take(L, "remove");
    take(L, "rename");
    take_wrapped(L, "time", ambient_time);
    take_wrapped(L, "date", ambient_date);
    lua_pop(L, 1);
    lua_setfield(L, -2, "os");

    lua_createtable(L, 0, 1);
    luaL_requiref(L, "io", luaopen_io, 0);
    take(L, "open");
    lua_pop(L, 1);
    lua_setfield(L, -2, "io");

    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_pushliteral(L, "file");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
