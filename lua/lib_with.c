// SPDX-License-Identifier: MIT
// A handle is never changed: another one of the same host has the table of what is set.
#include "lua/lib_with.h"

#include <string.h>

#include "lua/ask.h"
#include "lua/lib_host.h"
#include "lua/options.h"

static const char *const texts[] = { "as", "cwd", "shell" };

static void check_with(lua_State *L)
{
    if (lua_getfield(L, 2, "env") != LUA_TNIL)
        ask_check_env(L, "with");
    lua_pop(L, 1);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int type = lua_getfield(L, 2, texts[i]);
        if (type != LUA_TNIL && type != LUA_TSTRING)
            options_raise(L, "with", texts[i], "a string");
        if (type == LUA_TSTRING && strcmp(texts[i], "as") == 0)
            ask_check_user(L, "with");
        lua_pop(L, 1);
    }
}

// Adds to the table at `to` what the table at `from` has and it has not; env is
// merged name by name.
static void inherit(lua_State *L, int from, int to)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        lua_getfield(L, to, texts[i]);
        if (lua_isnil(L, -1)) {
            lua_getfield(L, from, texts[i]);
            lua_setfield(L, to, texts[i]);
        }
        lua_pop(L, 1);
    }
    lua_createtable(L, 0, 2);
    for (int i = 0; i < 2; i++) {
        if (lua_getfield(L, i ? to : from, "env") == LUA_TTABLE)
            ask_add_members(L, lua_gettop(L), lua_gettop(L) - 1);
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    if (lua_next(L, -2))
        lua_pop(L, 2);
    else
        lua_pushnil(L); // no variables: no table
    lua_setfield(L, to, "env");
}

int host_with(lua_State *L)
{
    host_check(L, "with");
    if (lua_type(L, 2) != LUA_TTABLE)
        vm_raise(L, "with: the options must be a table, not %s", vm_type_words(L, 2));
    options_read(L, "with", 2, 0, OPTIONS_WITH, NULL);
    check_with(L);
    lua_settop(L, 2);
    lua_createtable(L, 0, 3); // [3]: a copy, which the script cannot change later
    ask_add_members(L, 2, 3);
    lua_createtable(L, 0, 0); // [4]: what it had
    if (lua_getiuservalue(L, 1, VALUE_WITH) == LUA_TTABLE)
        lua_replace(L, 4);
    lua_settop(L, 4);
    inherit(L, 4, 3);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, VALUE_NAME);
    lua_insert(L, 3);
    lua_getiuservalue(L, 1, VALUE_VARS);
    host_push(L);
    return 1;
}

int host_as(lua_State *L)
{
    host_check(L, "as");
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING)
        vm_raise(L, "as: the user must be a string, not %s", vm_type_words(L, 2));
    ask_check_user(L, "as");
    lua_createtable(L, 0, 1);
    lua_insert(L, 2);
    lua_setfield(L, 2, "as");
    return host_with(L);
}
