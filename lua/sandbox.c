// SPDX-License-Identifier: MIT
// The globals are a table made by hand: what is not named here or in a lib_X.c
// does not exist for a script. Stock libraries are opened beside it, the wanted
// functions taken, and the rest forgotten.
#include <lualib.h>

#include "base/suggest.h"
#include "lua/convert.h"
#include "lua/header.h"
#include "lua/internal.h"
#include "lua/lib_hosts.h"
#include "lua/lib_wrap.h"
#include "lua/wait.h"

enum { CALL_NAME_MAX = 64 };

static void take_stock(lua_State *L)
{
    static const char *const stock[] = {
        "_VERSION", "assert", "error", "getmetatable", "ipairs", "rawequal", "rawget", "rawlen",
        "rawset", "select", "tonumber", "type",
    };

    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    for (size_t i = 0; i < sizeof(stock) / sizeof(*stock); i++)
        wrap_plain(L, stock[i]);
    lua_pop(L, 1);
}

// A finalizer that makes its successor: it tells that a collection has ended.
static int on_collected(lua_State *L)
{
    script_of(L)->collected = true;
    lua_newuserdatauv(L, 0, 0);
    lua_getmetatable(L, 1);
    lua_setmetatable(L, -2);
    return 0;
}

static void watch_collector(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, on_collected);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void sandbox_open(lua_State *L)
{
    lua_createtable(L, 0, 64);
    take_stock(L);
    lib_base_open(L);
    lib_string_open(L);
    lib_table_open(L);
    lib_math_open(L);
    lib_utf8_open(L);
    lib_coroutine_open(L);
    lib_json_open(L);
    lib_output_open(L);
    lib_flow_open(L);
    lib_question_open(L);
    lib_text_open(L);
    lib_host_open(L);
    lib_hosts_open(L);
    lib_module_open(L);
    lua_pushcfunction(L, lib_workflow);
    lua_setfield(L, -2, "workflow");
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushnil(L); // what else the stock libraries had
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    watch_collector(L);
}

void sandbox_push_env(lua_State *L)
{
    if (script_of(L)->mode == SCRIPT_ONCE)
        vm_get(L, VM_ONCE_ENV);
    else
        lua_pushglobaltable(L);
}

// ---- params and job

static int header_touched(lua_State *L)
{
    wait_check_header(L);
    return 0;
}

// While only the header is wanted there is no job: who asks has none before it.
void sandbox_push_absent(lua_State *L)
{
    static const luaL_Reg meta[] = { { "__index", header_touched }, { "__len", header_touched },
                                     { "__pairs", header_touched }, { "__call", header_touched },
                                     { "__add", header_touched }, { "__sub", header_touched },
                                     { "__mul", header_touched }, { NULL, NULL } };

    lua_createtable(L, 0, 0);
    luaL_newlib(L, meta);
    lua_setmetatable(L, -2);
}

static void push_map(lua_State *L, struct slice bytes)
{
    convert_decode(L, bytes);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 0);
    }
}

static void push_job(lua_State *L, const struct script_options *options)
{
    char text[UUID_TEXT];

    lua_createtable(L, 0, 5);
    lua_pushinteger(L, (lua_Integer)options->job_id);
    lua_setfield(L, -2, "id");
    lua_pushlstring(L, (const char *)options->job_name.ptr, options->job_name.len);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, uuid_format(options->job_uuid, text));
    lua_setfield(L, -2, "uuid");
    push_map(L, options->meta);
    lua_setfield(L, -2, "meta");
    lua_pushnumber(L, (lua_Number)options->job_started_unix_ms / 1000);
    lua_setfield(L, -2, "started");
}

void sandbox_set_job(lua_State *L, const struct script_options *options)
{
    bool header = script_of(L)->mode == SCRIPT_HEADER;

    lua_pushglobaltable(L);
    if (header)
        sandbox_push_absent(L);
    else
        push_map(L, options->params);
    lua_setfield(L, -2, "params");
    if (header)
        sandbox_push_absent(L);
    else
        push_job(L, options);
    lua_setfield(L, -2, "job");
    if (header)
        sandbox_push_absent(L);
    else
        lib_hosts_set(L, options->hosts);
    lua_setfield(L, -2, "hosts");
    lua_pop(L, 1);
}

// ---- better words for a mistyped function

static void offer_globals(lua_State *L, struct suggest *suggest)
{
    lua_pushglobaltable(L);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        struct slice name;
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        name.ptr = (const uint8_t *)lua_tolstring(L, -1, &name.len); // held by the globals
        suggest_add(suggest, name);
    }
    lua_pop(L, 1);
}

void sandbox_improve_error(lua_State *L)
{
    static const char wanted[] = "attempt to call a nil value (global '";
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const char *at = strstr(text, wanted);
    const char *name = at ? at + sizeof(wanted) - 1 : "";
    size_t len = strcspn(name, "'");
    char suggestion[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    if (!at || len > CALL_NAME_MAX || strcmp(name + len, "')") != 0)
        return;
    suggest_begin(&suggest, slice_of(name, len));
    offer_globals(L, &suggest);
    lua_pushlstring(L, text, (size_t)(at - text));
    vm_pushf(L, "unknown function '%.*s'%s", (int)len, name, suggest_text(&suggest, suggestion));
    lua_concat(L, 2);
    lua_remove(L, -2);
}
