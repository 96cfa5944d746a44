// SPDX-License-Identifier: MIT
// require: the modules that were pinned with the job, and nothing else. They are
// compiled when the state is made, so that a mistake in one is met at the start,
// and run when they are first required. A module may define; it may not wait.
#include "base/require.h"
#include "lua/internal.h"
#include "lua/wait.h"

static void compile(lua_State *L, struct slice name, struct slice text)
{
    char path[MODULE_NAME_MAX + 8];

    if (!require_is_name(name))
        vm_raise(L, "'%.*s' is no module's name", name.len < 60 ? (int)name.len : 60,
                 (const char *)name.ptr);
    require_path(name, path);
    if (text.len > SCRIPT_TEXT_MAX)
        vm_raise(L, "%s: %zu bytes of script; %d are allowed", path, text.len, SCRIPT_TEXT_MAX);
    if (text.len && text.ptr[0] == LUA_SIGNATURE[0])
        vm_raise(L, "%s: compiled Lua; only its text can be run", path);
    lua_pushfstring(L, "@%s", path);
    if (luaL_loadbufferx(L, (const char *)text.ptr, text.len, lua_tostring(L, -1), "t") != LUA_OK)
        lua_error(L);
    lua_remove(L, -2);
}

void modules_load(lua_State *L, struct slice modules)
{
    struct script *script = script_of(L);
    msgpack_object map;
    size_t at = 0;

    lua_createtable(L, 0, 0);
    vm_set(L, VM_LOADED);
    lua_createtable(L, 0, 0);
    if (modules.len && (value_parse(&script->doc, modules, &at, &map, NULL) < 0 ||
                        map.type != MSGPACK_OBJECT_MAP))
        vm_stop(L, ERR_CORRUPT);
    for (size_t i = 0; modules.len && i < value_count(&map); i++) {
        const msgpack_object_kv *pair = &map.via.map.ptr[i];
        struct slice name = value_bytes(&pair->key);
        lua_pushlstring(L, (const char *)name.ptr, name.len);
        compile(L, name, value_bytes(&pair->val));
        lua_rawset(L, -3);
    }
    vm_set(L, VM_MODULES);
}

// Stack: [1] the name. Pushes the module's chunk and forgets it is there.
static void push_chunk(lua_State *L)
{
    vm_get(L, VM_MODULES);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, -2) != LUA_TFUNCTION)
        vm_raise(L, "require: module '%.60s' was not pinned with this job: name it literally, "
                    "require \"%.60s\", and have its file beside the script", lua_tostring(L, 1),
                 lua_tostring(L, 1));
    lua_remove(L, -2);
}

// Stack: [1] the name, the value on top, which is popped.
static void set_loaded(lua_State *L)
{
    vm_get(L, VM_LOADED);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 2);
}

static int run_chunk(lua_State *L)
{
    int status;

    push_chunk(L);
    lua_pushboolean(L, 0);
    set_loaded(L);
    lua_pushvalue(L, 1);
    status = lua_pcall(L, 1, 1, 0);
    vm_pass(L, status);
    if (status != LUA_OK) { // it may be required again
        lua_pushnil(L);
        set_loaded(L);
        return lua_error(L);
    }
    if (!lua_toboolean(L, -1)) { // gave nothing
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, -1);
    set_loaded(L);
    return 1;
}

// require(name) -> what the module returned, or true
static int module_require(lua_State *L)
{
    struct script *script = script_of(L);

    vm_check_string(L, "require", 1);
    lua_settop(L, 1);
    if (script->mode == SCRIPT_HEADER) { // its header may still follow
        sandbox_push_absent(L);
        return 1;
    }
    if (script->mode == SCRIPT_ONCE)
        vm_raise(L, "require: not inside once(): require the module before it");
    vm_get(L, VM_LOADED);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, -2) == LUA_TNIL)
        return run_chunk(L);
    if (!lua_toboolean(L, -1))
        vm_raise(L, "require: module '%.60s' is just being loaded: modules require each other in "
                    "a circle", lua_tostring(L, 1));
    return 1;
}

void lib_module_open(lua_State *L)
{
    lua_pushcfunction(L, module_require);
    lua_setfield(L, -2, "require");
}
