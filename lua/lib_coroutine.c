// SPDX-License-Identifier: MIT
// Coroutines of the script's own. A step inside one must reach the core: resume
// sees that the coroutine yielded an effect (the strand waits), yields outward
// itself, and when the strand is resumed it resumes the coroutine again, so that
// the answer arrives where the step was asked. Meanwhile the coroutine is busy:
// no other strand may touch it. Strands' own coroutines are always busy.
#include "lua/internal.h"

static bool is_busy(lua_State *L, lua_State *co)
{
    bool busy;

    vm_get(L, VM_BUSY);
    if (!lua_checkstack(co, 1))
        vm_stop(L, ERR_MEMORY);
    lua_pushthread(co);
    if (L != co)
        lua_xmove(co, L, 1);
    lua_rawget(L, -2);
    busy = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return busy;
}

static void set_busy(lua_State *L, int co, bool busy)
{
    vm_get(L, VM_BUSY);
    lua_pushvalue(L, co);
    if (busy)
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static lua_State *check_coroutine(lua_State *L, const char *function)
{
    lua_State *co = lua_tothread(L, 1);

    if (!co)
        vm_raise_argument(L, function, 1, "a coroutine");
    return co;
}

static const char *status_of(lua_State *L, lua_State *co)
{
    lua_Debug ar;

    if (L == co)
        return "running";
    if (is_busy(L, co))
        return "normal";
    switch (lua_status(co)) {
    case LUA_YIELD: return "suspended";
    case LUA_OK:
        if (lua_getstack(co, 0, &ar))
            return "normal"; // it resumed another
        return lua_gettop(co) == 0 ? "dead" : "suspended";
    default: return "dead";
    }
}

// ---- resume, in two parts: a place where effects pass, and what the caller gets

enum { CO_AT = 1 }; // stack: [1] the coroutine, everywhere below

static int resume_go_on(lua_State *L, int status, lua_KContext wrapped);

static void move_results(lua_State *L, lua_State *co, int count)
{
    if (!lua_checkstack(L, count + 2)) {
        lua_pop(co, count);
        vm_raise(L, "coroutine: too many results");
    }
    lua_xmove(co, L, count);
}

// Did the coroutine yield an effect, and not to its resumer?
static bool is_waiting(const struct script *script)
{
    return script->mode == SCRIPT_RUN && script->current->waiting;
}

// Pushes what a resume that ended in an error gives, or raises it.
static int fail_with(lua_State *L, lua_State *co, bool wrapped)
{
    if (wrapped) {
        vm_pass(L, lua_resetthread(co)); // runs its pending __close
        lua_xmove(co, L, 1);
        return lua_error(L);
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    sandbox_improve_error(L);
    return 2;
}

// Resumes with `count` values on top of co's stack. wrapped: errors are raised.
static int resume_with(lua_State *L, lua_State *co, int count, lua_KContext wrapped)
{
    struct script *script = script_of(L);
    bool blocked = script->blocked;
    int status, results;

    script->blocked = blocked || !lua_isyieldable(L);
    status = lua_resume(co, L, count, &results);
    script->blocked = blocked;
    vm_pass(L, status);
    if (status == LUA_YIELD && is_waiting(script)) {
        set_busy(L, CO_AT, true);
        return lua_yieldk(L, 0, wrapped, resume_go_on);
    }
    if (status != LUA_OK && status != LUA_YIELD)
        return fail_with(L, co, wrapped);
    if (!wrapped)
        lua_pushboolean(L, 1);
    move_results(L, co, results);
    return wrapped ? results : results + 1;
}

static int resume_go_on(lua_State *L, int status, lua_KContext wrapped)
{
    (void)status;
    set_busy(L, CO_AT, false);
    return resume_with(L, lua_tothread(L, CO_AT), 0, wrapped);
}

static int fail_resume(lua_State *L, const char *status, bool wrapped)
{
    if (wrapped)
        vm_raise(L, "cannot resume %s coroutine",
                 strcmp(status, "dead") == 0 ? "dead" : "non-suspended");
    lua_pushboolean(L, 0);
    lua_pushfstring(L, "cannot resume %s coroutine",
                    strcmp(status, "dead") == 0 ? "dead" : "non-suspended");
    return 2;
}

// Stack: [1] the coroutine, then arguments.
static int resume(lua_State *L, bool wrapped)
{
    lua_State *co = lua_tothread(L, CO_AT);
    const char *status = status_of(L, co);
    int count = lua_gettop(L) - 1;

    if (strcmp(status, "suspended") != 0)
        return fail_resume(L, status, wrapped);
    if (!lua_checkstack(co, count))
        vm_raise(L, "coroutine: too many arguments");
    lua_xmove(L, co, count);
    return resume_with(L, co, count, wrapped);
}

// coroutine.resume(co, ...) -> true, values... or false, error
static int coroutine_resume(lua_State *L)
{
    check_coroutine(L, "coroutine.resume");
    return resume(L, false);
}

// Upvalue: the coroutine.
static int wrap_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, CO_AT);
    return resume(L, true);
}

// coroutine.create(f)
static int coroutine_create(lua_State *L)
{
    lua_State *co;

    vm_check_function(L, "coroutine.create", 1);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

// coroutine.wrap(f) -> function
static int coroutine_wrap(lua_State *L)
{
    vm_check_function(L, "coroutine.wrap", 1);
    coroutine_create(L);
    lua_pushcclosure(L, wrap_call, 1);
    return 1;
}

// Is L a strand itself, or once's thread, and no coroutine of the script's?
static bool is_outermost(lua_State *L)
{
    struct script *script = script_of(L);

    return L == script->vm.L || (script->current && L == script->current->co);
}

// coroutine.yield(...) -> what resume was given
static int coroutine_yield(lua_State *L)
{
    if (is_outermost(L))
        vm_raise(L, "attempt to yield from outside a coroutine");
    return lua_yield(L, lua_gettop(L));
}

// coroutine.isyieldable()
static int coroutine_isyieldable(lua_State *L)
{
    lua_pushboolean(L, !is_outermost(L) && lua_isyieldable(L));
    return 1;
}

// coroutine.status(co)
static int coroutine_status(lua_State *L)
{
    lua_State *co = check_coroutine(L, "coroutine.status");

    lua_pushstring(L, status_of(L, co));
    return 1;
}

// coroutine.running() -> coroutine, is it a strand itself
static int coroutine_running(lua_State *L)
{
    lua_pushthread(L);
    lua_pushboolean(L, is_outermost(L));
    return 2;
}

// coroutine.close(co) -> true, or false, error
static int coroutine_close(lua_State *L)
{
    lua_State *co = check_coroutine(L, "coroutine.close");
    const char *status = status_of(L, co);
    int rc;

    if (strcmp(status, "suspended") != 0 && strcmp(status, "dead") != 0)
        vm_raise(L, "coroutine.close: cannot close a %s coroutine", status);
    rc = lua_resetthread(co);
    vm_pass(L, rc);
    lua_pushboolean(L, rc == LUA_OK);
    if (rc == LUA_OK)
        return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void lib_coroutine_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "close", coroutine_close },     { "create", coroutine_create },
        { "isyieldable", coroutine_isyieldable },
        { "resume", coroutine_resume },   { "running", coroutine_running },
        { "status", coroutine_status },   { "wrap", coroutine_wrap },
        { "yield", coroutine_yield },     { NULL, NULL },
    };

    luaL_newlib(L, functions);
    lua_setfield(L, -2, "coroutine");
}
