// SPDX-License-Identifier: MIT
// script_once: calls a function that may look at the world, and lets nothing of
// it remain in the state but the value it returns, which goes through the journal.
//
// Lua cannot copy a function, so its surroundings are swapped instead, for the
// length of the call: each variable it captured holds a deep copy, and _ENV is an
// environment that reads through to copies of the globals, then to os and io.
// Functions that are reached are treated in the same way. Every swap is listed
// before it is made, so that all are undone whatever happened. The common
// function captures nothing but _ENV: one swap, no list, no copy, no new table.
//
// It runs on the main thread, which cannot yield.
#include <stdlib.h>

#include "lua/convert.h"
#include "lua/result.h"

enum { COPY_DEPTH_MAX = 100 };

struct call {
    struct script_strand *strand;
    struct buf *value;
    bool ok;
};

static void copy_value(lua_State *L, int idx, int depth);

// ---- the environment

static bool is_globals(lua_State *L, int idx)
{
    bool ret;

    idx = lua_absindex(L, idx);
    lua_pushglobaltable(L);
    ret = lua_rawequal(L, -1, idx);
    lua_pop(L, 1);
    return ret;
}

static bool is_once_env(lua_State *L, int idx)
{
    bool ret;

    idx = lua_absindex(L, idx);
    vm_get(L, VM_ONCE_ENV);
    ret = lua_rawequal(L, -1, idx);
    lua_pop(L, 1);
    return ret;
}

static void push_ambient(lua_State *L)
{
    vm_get(L, VM_AMBIENT);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    lib_ambient_push(L);
    lua_pushvalue(L, -1);
    vm_set(L, VM_AMBIENT);
}

// env.key, not written to by this once: a copy of the global, else ambient.
static int env_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushglobaltable(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 3) == LUA_TNIL) {
        lua_pop(L, 1);
        push_ambient(L);
        lua_pushvalue(L, 2);
        lua_rawget(L, -2);
    }
    if (lua_type(L, -1) < LUA_TTABLE) // has no inside that could change
        return 1;
    copy_value(L, -1, 0);
    if (lua_type(L, -1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 1);
    }
    return 1;
}

static void push_env(lua_State *L)
{
    vm_get(L, VM_ONCE_ENV);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, env_index);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "once");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    vm_set(L, VM_ONCE_ENV);
}

// An environment that was written to is not used again.
static void reset_env(lua_State *L)
{
    vm_get(L, VM_ONCE_ENV);
    if (lua_istable(L, -1)) {
        lua_pushnil(L);
        if (lua_next(L, -2)) {
            lua_pop(L, 2);
            lua_pushboolean(L, 0);
            vm_set(L, VM_ONCE_ENV);
        }
    }
    lua_pop(L, 1);
}

// ---- swaps

static void push_list(lua_State *L, enum vm_slot slot)
{
    vm_get(L, slot);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 0);
    lua_pushvalue(L, -1);
    vm_set(L, slot);
}

// Stack: the original value on top; stays. Function at fn.
static void list_swap(lua_State *L, int fn, int n)
{
    lua_Integer at;

    push_list(L, VM_ONCE_SWAPS);
    at = (lua_Integer)lua_rawlen(L, -1);
    lua_pushvalue(L, fn);
    lua_rawseti(L, -2, at + 1);
    lua_pushinteger(L, n);
    lua_rawseti(L, -2, at + 2);
    lua_pushvalue(L, -2);
    if (lua_isnil(L, -1)) { // keeps the list a list: nil is told by its own index
        lua_pop(L, 1);
        lua_pushlightuserdata(L, L);
    }
    lua_rawseti(L, -2, at + 3);
    lua_pop(L, 1);
}

// Makes no memory: it must not fail.
static void undo_swaps(lua_State *L)
{
    lua_Integer count;

    vm_get(L, VM_ONCE_SWAPS);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    // An incomplete last entry was never made.
    count = (lua_Integer)lua_rawlen(L, -1) / 3 * 3;
    for (lua_Integer at = count; at > 0; at -= 3) {
        lua_rawgeti(L, -1, at - 2);
        lua_rawgeti(L, -2, at - 1);
        lua_rawgeti(L, -3, at);
        if (lua_islightuserdata(L, -1)) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }
        lua_setupvalue(L, -3, (int)lua_tointeger(L, -2));
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    lua_pushboolean(L, 0);
    vm_set(L, VM_ONCE_SWAPS);
}

// Has the key been seen in this once? Marks it. A light userdata or a function.
static bool mark(lua_State *L, const void *id)
{
    bool seen;

    push_list(L, VM_ONCE_COPIES);
    seen = lua_rawgetp(L, -1, id) != LUA_TNIL;
    lua_pop(L, 1);
    if (!seen) {
        lua_pushboolean(L, 1);
        lua_rawsetp(L, -2, id);
    }
    lua_pop(L, 1);
    return seen;
}

// Swaps everything the function at idx has captured.
static void capture(lua_State *L, int fn, int depth)
{
    luaL_checkstack(L, 10, "once: captured values nested too deep");
    for (int n = 1; lua_getupvalue(L, fn, n); n++) {
        if (is_once_env(L, -1) || mark(L, lua_upvalueid(L, fn, n))) {
            lua_pop(L, 1);
            continue;
        }
        list_swap(L, fn, n);
        copy_value(L, -1, depth + 1);
        lua_setupvalue(L, fn, n);
        lua_pop(L, 1);
    }
}

// ---- copies

static bool is_ours(lua_State *L, int metatable)
{
    static const enum vm_slot slots[] = { VM_RESULT_META, VM_ERROR_META, VM_HOSTS_META };
    bool ret = false;

    metatable = lua_absindex(L, metatable);
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots) && !ret; i++) {
        vm_get(L, slots[i]);
        ret = lua_rawequal(L, -1, metatable);
        lua_pop(L, 1);
    }
    return ret;
}

static bool push_known_copy(lua_State *L, int idx)
{
    push_list(L, VM_ONCE_COPIES);
    if (lua_rawgetp(L, -1, lua_topointer(L, idx)) != LUA_TNIL) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 2);
    return false;
}

static void copy_members(lua_State *L, int from, int to, int depth)
{
    lua_pushnil(L);
    while (lua_next(L, from)) {
        copy_value(L, -2, depth + 1);
        copy_value(L, -2, depth + 1);
        lua_rawset(L, to);
        lua_pop(L, 1);
        vm_charge(L, 4);
    }
    if (lua_getmetatable(L, from)) {
        if (!is_ours(L, -1)) {
            copy_value(L, -1, depth + 1);
            lua_remove(L, -2);
        }
        lua_setmetatable(L, to);
    }
}

static void copy_table(lua_State *L, int idx, int depth)
{
    if (is_globals(L, idx) || is_once_env(L, idx)) {
        push_env(L);
        return;
    }
    if (push_known_copy(L, idx))
        return;
    luaL_checkstack(L, 12, "once: captured values nested too deep");
    lua_createtable(L, 0, 0);
    push_list(L, VM_ONCE_COPIES);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, lua_topointer(L, idx));
    // A copy that is met again (the script may capture it) is its own copy.
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, lua_topointer(L, -3));
    lua_pop(L, 1);
    copy_members(L, idx, lua_gettop(L), depth);
}

// Pushes what stands for the value inside the once.
static void copy_value(lua_State *L, int idx, int depth)
{
    idx = lua_absindex(L, idx);
    if (depth > COPY_DEPTH_MAX)
        vm_raise(L, "once: captured values are nested deeper than %d", COPY_DEPTH_MAX);
    switch (lua_type(L, idx)) {
    case LUA_TTABLE:
        copy_table(L, idx, depth);
        return;
    case LUA_TTHREAD:
        vm_raise(L, "once: the function captures a coroutine, which cannot be copied");
    case LUA_TFUNCTION:
        if (!mark(L, lua_topointer(L, idx)))
            capture(L, idx, depth);
        break;
    default:
        break;
    }
    lua_pushvalue(L, idx);
}

void once_push_copy(lua_State *L)
{
    copy_value(L, -1, 0);
    lua_remove(L, -2);
}

// ---- the call

// The only upvalue is _ENV, and it is the globals: the common case. Returns its
// index, or 0.
static int only_env(lua_State *L, int fn)
{
    const char *name = lua_getupvalue(L, fn, 1);
    bool is_env = name && strcmp(name, "_ENV") == 0 && is_globals(L, -1);

    if (name)
        lua_pop(L, 1);
    if (!is_env)
        return 0;
    if (!lua_getupvalue(L, fn, 2))
        return 1;
    lua_pop(L, 1);
    return 0;
}

// Stack: [1] the call, [2] the function. Returns its value.
static int run_function(lua_State *L)
{
    if (only_env(L, 2)) {
        push_env(L);
        lua_setupvalue(L, 2, 1);
    } else {
        push_env(L);
        lua_pop(L, 1);
        capture(L, 2, 0);
    }
    lua_pushvalue(L, 2);
    lua_call(L, 0, 1);
    return 1;
}

static void encode_failure(lua_State *L, struct call *call)
{
    struct err err;

    error_normalise(L);
    if (convert_encode(L, -1, "once", call->value, &err) == 0)
        return;
    lua_getfield(L, -1, "message");
    error_push(L, "error");
    convert_encode(L, -1, "once", call->value, &err);
}

// Protected. Stack: [1] the call.
static int run_call(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);
    struct err err;
    int status;

    lua_pushcfunction(L, run_function);
    lua_pushvalue(L, 1);
    vm_get(L, VM_PENDING);
    lua_rawgeti(L, -1, (lua_Integer)call->strand->handle + 1);
    lua_remove(L, -2);
    status = lua_pcall(L, 2, 1, 0);
    vm_pass(L, status);
    call->ok = status == LUA_OK;
    if (call->ok && convert_encode(L, -1, "once", call->value, &err) < 0) {
        call->ok = false;
        lua_pushstring(L, err.text);
    }
    if (!call->ok)
        encode_failure(L, call);
    return 0;
}

static void forget(lua_State *L, enum vm_slot slot)
{
    lua_pushboolean(L, 0);
    vm_set(L, slot);
}

// Undoes what the call left, without memory.
static void restore(lua_State *L, const struct call *call)
{
    undo_swaps(L);
    vm_get(L, VM_PENDING);
    if (lua_rawgeti(L, -1, (lua_Integer)call->strand->handle + 1) == LUA_TFUNCTION &&
        lua_getupvalue(L, -1, 1)) {
        bool swapped = is_once_env(L, -1);
        lua_pop(L, 1);
        if (swapped) {
            lua_pushglobaltable(L);
            lua_setupvalue(L, -2, 1);
        }
    }
    lua_settop(L, 0);
    forget(L, VM_ONCE_COPIES);
    reset_env(L);
    lua_settop(L, 0);
}

int script_once(struct script *script, uint32_t handle, int64_t now_unix_ms, struct buf *ret,
                struct err *err)
{
    struct script_strand *strand = script->strands[handle];
    struct call call = { .strand = strand, .value = ret };
    lua_State *L = script->vm.L;
    int64_t before_unix_ms = script->now_unix_ms;
    int status;

    if (script->vm.failed)
        return vm_failure(&script->vm, err);
    script->mode = SCRIPT_ONCE;
    script->current = strand;
    script->now_unix_ms = now_unix_ms;
    script->once_random.seeded = false;
    vm_begin(&script->vm, script->budget_max);
    lua_pushcfunction(L, run_call);
    lua_pushlightuserdata(L, &call);
    status = lua_pcall(L, 1, 0, 0);
    restore(L, &call);
    script->mode = SCRIPT_RUN;
    script->current = NULL;
    script->now_unix_ms = before_unix_ms;
    if (status != LUA_OK && !script->vm.failed)
        script->vm.failed = ERR_MEMORY;
    return script->vm.failed ? vm_failure(&script->vm, err) : call.ok;
}
