// SPDX-License-Identifier: MIT
// The arguments of model/command.h, written straight into the strand's buffer in
// the order of an encoded map. Options come from the call or from the handle's
// with{}; strings among them are held by the tables they come from.
#include "lua/ask.h"

#include <assert.h>

#include "lua/keys.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/text.h"
#include "lua/wait.h"
#include "model/as.h"
#include "model/interpreter.h"

// ---- words

static struct slice text_of(lua_State *L, int idx, char number[TEXT_NUMBER_MAX])
{
    struct slice s = { 0 };

    if (lua_type(L, idx) == LUA_TNUMBER)
        return slice_of(number, text_number(L, idx, number));
    if (lua_type(L, idx) == LUA_TSTRING)
        s.ptr = (const uint8_t *)lua_tolstring(L, idx, &s.len);
    return s;
}

static void put_word(lua_State *L, const struct ask *ask, lua_Integer i)
{
    char number[TEXT_NUMBER_MAX];
    int type = lua_type(L, -1);

    if (type != LUA_TSTRING && type != LUA_TNUMBER)
        vm_raise(L, "%s: argument %lld must be a string or a number, not %s", ask->function,
                 (long long)i, vm_type_words(L, -1));
    value_put_bytes(&ask->strand->args, text_of(L, -1, number));
}

static void put_words(lua_State *L, const struct ask *ask)
{
    lua_Integer count = ask->list ? (lua_Integer)lua_rawlen(L, ask->list) : 0;

    vm_charge(L, (uint64_t)count);
    value_put_array(&ask->strand->args, (size_t)count + ask->first_count);
    for (size_t i = 0; i < ask->first_count; i++)
        value_put_bytes(&ask->strand->args, ask->first[i]);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, ask->list, i);
        put_word(L, ask, i);
        lua_pop(L, 1);
    }
}

// Pushes the option, or else what with{} set.
static int push_option(lua_State *L, const char *name)
{
    if (lua_istable(L, OPTIONS_AT)) {
        if (lua_getfield(L, OPTIONS_AT, name) != LUA_TNIL)
            return lua_type(L, -1);
        lua_pop(L, 1);
    }
    if (lua_getiuservalue(L, 1, VALUE_WITH) != LUA_TTABLE)
        return LUA_TNIL;
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    return lua_type(L, -1);
}

struct slice ask_string(lua_State *L, const char *function, const char *name)
{
    struct slice s = { 0 };
    int type = push_option(L, name);

    if (type == LUA_TSTRING)
        s.ptr = (const uint8_t *)lua_tolstring(L, -1, &s.len); // held by its table
    else if (type != LUA_TNIL)
        options_raise(L, function, name, "a string");
    lua_pop(L, 1);
    return s;
}

bool ask_flag(lua_State *L, const char *function, const char *name)
{
    int type = push_option(L, name);
    bool flag = lua_toboolean(L, -1);

    if (type != LUA_TBOOLEAN && type != LUA_TNIL)
        options_raise(L, function, name, "true or false");
    lua_pop(L, 1);
    return flag;
}

struct slice ask_path(lua_State *L, const char *function, int idx)
{
    struct slice path;

    if (lua_type(L, idx) != LUA_TSTRING || lua_rawlen(L, idx) == 0)
        vm_raise(L, "%s: the path must be a string, not %s", function,
                 lua_type(L, idx) == LUA_TSTRING ? "an empty one" : vm_type_words(L, idx));
    path.ptr = (const uint8_t *)lua_tolstring(L, idx, &path.len);
    return path;
}

void ask_word(struct ask *ask, struct slice word)
{
    assert(ask->first_count < sizeof(ask->first) / sizeof(ask->first[0]));
    ask->first[ask->first_count++] = word;
}

// ---- env

static bool is_variable_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i], low = c | 0x20;
        if (c != '_' && !(low >= 'a' && low <= 'z') && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return s.len > 0;
}

void ask_check_env(lua_State *L, const char *function)
{
    struct keys keys;

    if (lua_type(L, -1) != LUA_TTABLE)
        options_raise(L, function, "env", "a table of names and values");
    if (!keys_collect(L, -1, &keys))
        vm_raise(L, "%s: option 'env' has a name that is %s", function, vm_type_words(L, -1));
    for (size_t i = 0; i < keys.count; i++) {
        if (keys.at[i].type != KEY_STRING || !is_variable_name(keys.at[i].s)) {
            key_push(L, &keys.at[i]);
            text_push(L, -1);
            vm_raise(L, "%s: option 'env': '%s' cannot be the name of a variable", function,
                     lua_tostring(L, -1));
        }
        key_push(L, &keys.at[i]);
        lua_rawget(L, -3);
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER &&
            lua_type(L, -1) != LUA_TBOOLEAN)
            vm_raise(L, "%s: option 'env.%.*s' must be a string, not %s", function,
                     SLICE_ARG(keys.at[i].s), vm_type_words(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void ask_add_members(lua_State *L, int from, int to)
{
    lua_pushnil(L);
    while (lua_next(L, from)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

// Pushes the variables of with{} and of the options together, or nil.
static int push_env(lua_State *L, const char *function)
{
    int with, own;

    if (lua_getiuservalue(L, 1, VALUE_WITH) == LUA_TTABLE) {
        lua_getfield(L, -1, "env");
        lua_remove(L, -2);
    }
    with = lua_gettop(L);
    lua_pushnil(L);
    if (lua_istable(L, OPTIONS_AT)) {
        lua_pop(L, 1);
        lua_getfield(L, OPTIONS_AT, "env");
    }
    own = lua_gettop(L);
    if (!lua_isnil(L, own))
        ask_check_env(L, function);
    if (lua_isnil(L, with) || lua_isnil(L, own)) {
        lua_remove(L, lua_isnil(L, own) ? own : with);
        return lua_type(L, -1);
    }
    lua_createtable(L, 0, 4);
    ask_add_members(L, with, own + 1);
    ask_add_members(L, own, own + 1);
    lua_replace(L, with);
    lua_settop(L, with);
    return LUA_TTABLE;
}

static void put_env(lua_State *L, struct buf *buf, int env)
{
    char number[TEXT_NUMBER_MAX];
    struct keys keys;

    keys_collect(L, env, &keys);
    value_put_map(buf, keys.count);
    for (size_t i = 0; i < keys.count; i++) {
        value_put_bytes(buf, keys.at[i].s);
        key_push(L, &keys.at[i]);
        lua_rawget(L, env);
        if (lua_isboolean(L, -1))
            value_put_str(buf, lua_toboolean(L, -1) ? "true" : "false");
        else
            value_put_bytes(buf, text_of(L, -1, number));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// ---- asking

static void put_key_slice(struct buf *buf, const char *key, struct slice s)
{
    value_put_str(buf, key);
    value_put_bytes(buf, s);
}

void ask_check_user(lua_State *L, const char *function)
{
    struct slice as;

    as.ptr = (const uint8_t *)lua_tolstring(L, -1, &as.len);
    if (!as_is_user(as))
        vm_raise(L, "%s: %s must be " AS_USER_EXPECTED ", not '%.*s'", function,
                 strcmp(function, "as") == 0 ? "the user" : "option 'as'",
                 as.len < 60 ? (int)as.len : 60, (const char *)as.ptr);
}

static struct slice read_user(lua_State *L, const char *function)
{
    if (push_option(L, "as") == LUA_TSTRING)
        ask_check_user(L, function);
    lua_pop(L, 1);
    return ask_string(L, function, "as");
}

static struct slice read_arch(lua_State *L, const char *function)
{
    struct slice arch = ask_string(L, function, "arch");

    if (arch.len && !interpreter_is_arch(arch))
        vm_raise(L, "%s: option 'arch' must be the name of an architecture, not '%.*s'", function,
                 arch.len < 60 ? (int)arch.len : 60, (const char *)arch.ptr);
    return arch;
}

void ask_put(lua_State *L, const struct ask *ask, struct slice interp)
{
    struct buf *buf = &ask->strand->args;
    struct slice as = read_user(L, ask->function);
    struct slice cwd = ask_string(L, ask->function, "cwd");
    struct slice arch = read_arch(L, ask->function);
    bool has_words = ask->list || ask->first_count;
    bool has_env = push_env(L, ask->function) == LUA_TTABLE;
    int env = lua_gettop(L);
    struct slice host;

    host.ptr = (const uint8_t *)lua_tolstring(L, HOST_NAME, &host.len);
    ask->strand->effect.host = host; // it stays on the stack
    value_put_map(buf, (size_t)has_words + (as.len > 0) + (cwd.len > 0) + has_env + 1 + (interp.len > 0) +
                           (arch.len > 0) + (ask->shell.len > 0) + ask->has_stdin);
    if (arch.len)
        put_key_slice(buf, "arch", arch);
    if (has_words) {
        value_put_str(buf, ask->shell.len ? "args" : "argv");
        put_words(L, ask);
    }
    if (as.len)
        put_key_slice(buf, "as", as);
    if (cwd.len)
        put_key_slice(buf, "cwd", cwd);
    if (has_env) {
        value_put_str(buf, "env");
        put_env(L, buf, env);
    }
    put_key_slice(buf, "host", host);
    if (interp.len)
        put_key_slice(buf, "interp", interp);
    if (ask->shell.len)
        put_key_slice(buf, ask->script ? "script" : "shell", ask->shell);
    if (ask->has_stdin)
        put_key_slice(buf, "stdin", ask->stdin_bytes);
}

struct ask ask_begin(lua_State *L, const char *function, int arguments)
{
    struct ask ask = { .function = function };

    ask.strand = wait_begin(L, EFFECT_COMMAND, function);
    lua_settop(L, 1 + arguments);
    if (arguments == 3)
        lua_insert(L, OPTIONS_AT);
    lua_getiuservalue(L, 1, VALUE_NAME);
    lua_insert(L, HOST_NAME);
    return ask;
}

int ask_yield(lua_State *L, const struct ask *ask, lua_KFunction k)
{
    vm_charge_bytes(L, ask->strand->args.len);
    lua_settop(L, HOST_NAME);
    return wait_yield(L, ask->strand, k);
}

int ask_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    if (answer->ok)
        result_push(L, answer, HOST_NAME);
    else
        result_push_failed(L, strand, answer, HOST_NAME);
    return 1;
}

void ask_read_stdin(lua_State *L, struct ask *ask)
{
    if (push_option(L, "stdin") != LUA_TNIL) {
        ask->has_stdin = true;
        ask->stdin_bytes = ask_string(L, ask->function, "stdin");
    }
    lua_pop(L, 1);
}

int ask_unpack(lua_State *L, const char *function)
{
    if (lua_type(L, ARG) != LUA_TTABLE)
        return 0;
    if (!lua_isnil(L, OPTIONS_AT))
        vm_raise(L, "%s: options are given twice", function);
    lua_pushvalue(L, ARG);
    lua_replace(L, OPTIONS_AT);
    lua_rawgeti(L, ARG, 1);
    lua_replace(L, ARG);
    return 1;
}

int ask_spread(lua_State *L, const char *function, const char *expected)
{
    int positional = ask_unpack(L, function);

    if (lua_type(L, ARG) != LUA_TSTRING)
        vm_raise(L, "%s: %s must be a string, not %s", function, expected,
                 vm_type_words(L, ARG));
    return positional;
}

void ask_read_args(lua_State *L, struct ask *ask)
{
    if (push_option(L, "args") == LUA_TNIL)
        return;
    if (lua_type(L, -1) != LUA_TTABLE || keys_list_length(L, -1) < 0)
        options_raise(L, ask->function, "args", "a list of strings");
    ask->list = lua_gettop(L);
}
