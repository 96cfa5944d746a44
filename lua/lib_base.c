// SPDX-License-Identifier: MIT
// The basic functions that differ from stock Lua's. What differs, and why:
//   pairs, next    canonical order of keys (lua/keys.h)
//   pcall, xpcall  cannot catch the end of the state; a handler runs after
//                  unwinding, since hooks are off while one runs in stock Lua
//   setmetatable   no finalizers and no weak tables: both show the collector
//   tostring       no addresses, all digits
//   load           text only
#include "lua/internal.h"
#include "lua/keys.h"
#include "lua/text.h"

enum { LOAD_COST = 10 }; // compiling a byte takes about this many units

// ---- iteration

_Noreturn static void raise_key(lua_State *L, const char *function)
{
    vm_raise(L, "%s: the table has a key that is %s; such keys have no order that a replay "
                "could repeat", function, vm_type_words(L, -1));
}

// next(t, key?) -> the next key in order, its value
static int base_next(lua_State *L)
{
    struct key from, best = { .type = KEY_OTHER };
    bool has_from = !lua_isnoneornil(L, 2);
    size_t count = 0;

    if (lua_type(L, 1) != LUA_TTABLE)
        vm_raise_argument(L, "next", 1, "a table");
    lua_settop(L, 2);
    if (has_from) {
        from = key_read(L, 2);
        if (from.type == KEY_OTHER)
            raise_key(L, "next");
    }
    for (lua_pushnil(L); lua_next(L, 1); count++) {
        struct key key;
        lua_pop(L, 1);
        key = key_read(L, -1);
        if (key.type == KEY_OTHER)
            raise_key(L, "next");
        if ((!has_from || key_compare(&key, &from) > 0) &&
            (best.type == KEY_OTHER || key_compare(&key, &best) < 0))
            best = key;
    }
    vm_charge(L, count);
    key_push(L, &best);
    if (best.type == KEY_OTHER)
        return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

// Upvalues: keys (a list) or nil for 1 .. n, place, count. Pairs that were removed
// since are passed over.
static int pairs_step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
    bool has_keys = !lua_isnil(L, lua_upvalueindex(1));

    lua_settop(L, 1);
    while (at < count) {
        at++;
        if (has_keys)
            lua_rawgeti(L, lua_upvalueindex(1), at);
        else
            lua_pushinteger(L, at);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pushinteger(L, at);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_settop(L, 1);
    }
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushnil(L);
    return 1;
}

static void push_key_list(lua_State *L, const struct keys *keys)
{
    lua_createtable(L, keys->count < INT32_MAX ? (int)keys->count : 0, 0);
    for (size_t i = 0; i < keys->count; i++) {
        key_push(L, &keys->at[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int pairs_by_metamethod_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 3;
}

// pairs(t) -> iterator, t, nil; the keys are those of now
static int base_pairs(lua_State *L)
{
    struct keys keys;
    lua_Integer length;

    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, pairs_by_metamethod_done);
        return 3;
    }
    if (lua_type(L, 1) != LUA_TTABLE)
        vm_raise_argument(L, "pairs", 1, "a table");
    length = keys_list_length(L, 1);
    if (length >= 0) {
        lua_pushnil(L);
    } else {
        if (!keys_collect(L, 1, &keys))
            raise_key(L, "pairs");
        length = (lua_Integer)keys.count;
        push_key_list(L, &keys);
    }
    lua_pushinteger(L, 0);
    lua_pushinteger(L, length);
    lua_pushcclosure(L, pairs_step, 3);
    lua_pushvalue(L, 1);
    return 2;
}

// ---- protected calls

static int pcall_done(lua_State *L, int status, lua_KContext extra)
{
    vm_pass(L, status);
    if (status != LUA_OK && status != LUA_YIELD) {
        sandbox_improve_error(L);
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

// pcall(f, ...) -> true, results... or false, error
static int base_pcall(lua_State *L)
{
    if (lua_isnone(L, 1))
        vm_raise_argument(L, "pcall", 1, "a function");
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return pcall_done(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, pcall_done), 0);
}

static int handler_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)ctx;
    vm_pass(L, status);
    return lua_gettop(L) - 2;
}

// Stack: [1] f, [2] handler, [3] true, then results or the error.
static int xpcall_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)ctx;
    vm_pass(L, status);
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - 2;
    sandbox_improve_error(L);
    lua_pushboolean(L, 0);
    lua_replace(L, 3);
    lua_pushvalue(L, 2);
    lua_insert(L, 4);
    return handler_done(L, lua_pcallk(L, 1, LUA_MULTRET, 0, 0, handler_done), 0);
}

// xpcall(f, handler, ...) -> true, results... or false, what the handler returns
static int base_xpcall(lua_State *L)
{
    vm_check_function(L, "xpcall", 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return xpcall_done(L, lua_pcallk(L, lua_gettop(L) - 4, LUA_MULTRET, 0, 0, xpcall_done), 0);
}

// ---- metatables

static void refuse_field(lua_State *L, int idx, const char *field, const char *why)
{
    lua_pushstring(L, field);
    if (lua_rawget(L, idx) != LUA_TNIL)
        vm_raise(L, "setmetatable: '%s' is not available: %s", field, why);
    lua_pop(L, 1);
}

static void check_metatable(lua_State *L, int idx)
{
    refuse_field(L, idx, "__gc", "when it runs would differ on a replay");
    refuse_field(L, idx, "__mode", "when entries vanish would differ on a replay");
}

static void remember_metatable(lua_State *L, int idx)
{
    vm_get(L, VM_METATABLES);
    lua_pushvalue(L, idx);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

// A script can still write __mode into a table after it became a metatable. That
// shows only once the collector ran, and is looked for then.
void sandbox_check_metatables(lua_State *L)
{
    vm_get(L, VM_METATABLES);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        check_metatable(L, lua_gettop(L));
    }
    lua_pop(L, 1);
}

// setmetatable(t, metatable or nil) -> t
static int base_setmetatable(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TTABLE)
        vm_raise_argument(L, "setmetatable", 1, "a table");
    if (lua_type(L, 2) != LUA_TTABLE && lua_type(L, 2) != LUA_TNIL)
        vm_raise_argument(L, "setmetatable", 2, "a table or nil");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        vm_raise(L, "setmetatable: the metatable is protected");
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        check_metatable(L, 2);
        remember_metatable(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

// ---- the rest

// tostring(v) -> text
static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    text_push(L, 1);
    return 1;
}

// The chunk's text as one string on top: a string, or what a function returns in pieces.
static struct slice load_text(lua_State *L)
{
    struct slice text;

    if (lua_type(L, 1) == LUA_TFUNCTION) {
        luaL_Buffer buffer;
        luaL_buffinit(L, &buffer);
        for (;;) {
            lua_pushvalue(L, 1);
            lua_call(L, 0, 1);
            if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0)
                break;
            luaL_addvalue(&buffer);
        }
        lua_pop(L, 1);
        luaL_pushresult(&buffer);
        lua_replace(L, 1);
    }
    text = vm_check_string(L, "load", 1);
    if (text.len > SCRIPT_TEXT_MAX)
        vm_raise(L, "load: %zu bytes of text; %d are allowed", text.len, SCRIPT_TEXT_MAX);
    return text;
}

// load(text or function, name?, mode?, env?) -> function, or nil and the error
static int base_load(lua_State *L)
{
    bool has_env = !lua_isnone(L, 4);
    const char *name;
    const char *mode = luaL_optstring(L, 3, "t");
    struct slice text;

    if (!strchr(mode, 't'))
        vm_raise(L, "load: only text can be loaded, not mode '%s'", mode);
    lua_settop(L, 4);
    text = load_text(L);
    name = luaL_optstring(L, 2, (const char *)text.ptr);
    vm_charge(L, LOAD_COST * text.len);
    if (strcmp(name, VM_PRELUDE_NAME) == 0)
        name = "=(load)"; // only the prelude may be passed over in messages
    if (luaL_loadbufferx(L, (const char *)text.ptr, text.len, name, "t") != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env)
        lua_pushvalue(L, 4);
    else
        sandbox_push_env(L);
    if (!lua_setupvalue(L, -2, 1))
        lua_pop(L, 1);
    return 1;
}

void lib_base_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "load", base_load },         { "next", base_next },
        { "pairs", base_pairs },       { "pcall", base_pcall },
        { "setmetatable", base_setmetatable },
        { "tostring", base_tostring }, { "xpcall", base_xpcall },
        { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}
