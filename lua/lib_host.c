// SPDX-License-Identifier: MIT
// Host handles and their steps. A handle is a userdata that cannot change; how its
// commands become effects is in ask.c.
#include "base/suggest.h"
#include "lua/ask.h"
#include "lua/keys.h"
#include "lua/lib_files.h"
#include "lua/lib_host.h"
#include "lua/lib_host_wait.h"
#include "lua/lib_with.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/text.h"
#include "lua/wait.h"

// ---- handles

bool host_is(lua_State *L, int idx)
{
    return vm_has_meta(L, idx, LUA_TUSERDATA, VM_HOST_META);
}

void host_check(lua_State *L, const char *method)
{
    if (!host_is(L, 1))
        vm_raise(L, "%s: call it with a colon, on a host: localhost:%s(...)", method, method);
}

void host_push(lua_State *L)
{
    lua_newuserdatauv(L, 0, VALUE_VARS);
    lua_insert(L, -4);
    lua_setiuservalue(L, -4, VALUE_VARS);
    lua_setiuservalue(L, -3, VALUE_WITH);
    lua_setiuservalue(L, -2, VALUE_NAME);
    vm_get(L, VM_HOST_META);
    lua_setmetatable(L, -2);
}

// ---- steps

struct ask host_ask(lua_State *L, const char *function, int arguments)
{
    host_check(L, function);
    return ask_begin(L, function, arguments);
}

// host:run(text, options?) or host:run{ text, ... } -> result
static int host_run(lua_State *L)
{
    struct ask ask = host_ask(L, "run", 2);
    int positional = ask_spread(L, "run", "the command");

    options_read(L, "run", OPTIONS_AT, positional,
                 OPTIONS_COMMAND | OPTION_ARGS | OPTION_SCRIPT | OPTION_SHELL, ask.strand);
    ask.shell.ptr = (const uint8_t *)lua_tolstring(L, ARG, &ask.shell.len);
    if (ask.shell.len == 0)
        vm_raise(L, "run: the command is empty");
    ask_read_args(L, &ask);
    ask_read_stdin(L, &ask);
    ask.script = ask_flag(L, "run", "script");
    ask_put(L, &ask, ask_string(L, "run", "shell"));
    return ask_yield(L, &ask, ask_done);
}

// host:exec{ program, arguments..., options } -> result
static int host_exec(lua_State *L)
{
    struct ask ask = host_ask(L, "exec", 2);

    if (lua_type(L, ARG) != LUA_TTABLE)
        vm_raise(L, "exec: the command must be a table, exec{ program, arguments... }, not %s",
                 vm_type_words(L, ARG));
    lua_pushvalue(L, ARG);
    lua_replace(L, OPTIONS_AT);
    if (lua_rawlen(L, ARG) == 0)
        vm_raise(L, "exec: the command is empty");
    options_read(L, "exec", OPTIONS_AT, OPTIONS_ANY_POSITIONAL, OPTIONS_COMMAND, ask.strand);
    ask.list = ARG;
    ask_read_stdin(L, &ask);
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, ask_done);
}

// Without a slash sh would look for the file in PATH.
static struct slice check_script_path(lua_State *L)
{
    if (!memchr(ask_path(L, "script", ARG).ptr, '/', lua_rawlen(L, ARG))) {
        lua_pushliteral(L, "./");
        lua_pushvalue(L, ARG);
        lua_concat(L, 2);
        lua_replace(L, ARG);
    }
    return ask_path(L, "script", ARG);
}

// host:script(file, args?, options?) -> result. Runs a file of the host: itself
// when it is executable, else by sh, or by option `shell`.
static int host_script(lua_State *L)
{
    struct ask ask = host_ask(L, "script", 3);
    struct slice interp;

    options_read(L, "script", OPTIONS_AT, 0, OPTIONS_COMMAND | OPTION_SHELL, ask.strand);
    if (lua_type(L, SECOND) == LUA_TTABLE && keys_list_length(L, SECOND) >= 0)
        ask.list = SECOND;
    else if (!lua_isnil(L, SECOND))
        vm_raise(L, "script: the arguments must be a list of strings, not %s",
                 vm_type_words(L, SECOND));
    interp = ask_string(L, "script", "shell");
    if (interp.len)
        ask_word(&ask, interp);
    else
        ask.shell = SLICE("if [ -x \"$1\" ]; then exec \"$@\"; else exec sh \"$@\"; fi");
    ask_word(&ask, check_script_path(L));
    ask_read_stdin(L, &ask);
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, ask_done);
}

// ---- reboot

enum { REBOOT_TIMEOUT_MS = 15 * 60 * 1000 };

// Logins of others than root often have no sbin in their PATH. Where systemd is installed
// and does not run (containers), its shutdown refuses.
static const char reboot_text[] =
    "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"
    "if [ -d /run/systemd/system ]; then exec systemctl reboot; fi\n"
    "if command -v shutdown >/dev/null && shutdown -r now 2>/dev/null; then exit 0; fi\n"
    "exec reboot";

// host:reboot{ timeout = "15m", command = "text"?, ... } -> result
static int host_reboot(lua_State *L)
{
    struct ask ask = host_ask(L, "reboot", 2);
    struct step_policy *policy = &ask.strand->effect.policy;

    lua_pushvalue(L, ARG);
    lua_replace(L, OPTIONS_AT);
    policy->timeout_ms = REBOOT_TIMEOUT_MS;
    options_read(L, "reboot", OPTIONS_AT, 0,
                 OPTION_NAME | OPTION_TIMEOUT | OPTION_RETRY | OPTION_ON_ERROR | OPTION_COMMAND |
                     OPTION_REACH | OPTION_AS,
                 ask.strand);
    policy->reboots = true;
    ask.shell = ask_string(L, "reboot", "command");
    if (!ask.shell.len)
        ask.shell = slice_str(reboot_text);
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, ask_done);
}

// ---- the handle's metatable

static const luaL_Reg methods[] = {
    { "run", host_run },     { "exec", host_exec },   { "script", host_script },
    { "reboot", host_reboot }, { "with", host_with }, { "as", host_as }, { "facts", host_facts },
    { "wait_up", host_wait_up }, { "wait_port", host_wait_port }, { "wait_until", host_wait_until },
    { NULL, NULL },
};

// A host without variables has an empty table of them. What a once writes into a
// host's variables is not seen behind it.
static void push_vars(lua_State *L)
{
    if (lua_getiuservalue(L, 1, VALUE_VARS) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 0);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, VALUE_VARS);
    }
    if (script_of(L)->mode == SCRIPT_ONCE)
        once_push_copy(L);
}

static void add_names(struct suggest *suggest, const luaL_Reg *functions)
{
    for (; functions->name; functions++)
        suggest_add(suggest, slice_str(functions->name));
}

// host.name, host.vars, or a method. Upvalue: the methods.
static int host_index(lua_State *L)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    if (lua_type(L, 2) != LUA_TSTRING)
        vm_raise(L, "a host has no field that is %s", vm_type_words(L, 2));
    if (strcmp(lua_tostring(L, 2), "name") == 0) {
        lua_getiuservalue(L, 1, VALUE_NAME);
        return 1;
    }
    if (strcmp(lua_tostring(L, 2), "vars") == 0) {
        push_vars(L);
        return 1;
    }
    suggest_begin(&suggest, slice_str(lua_tostring(L, 2)));
    suggest_add(&suggest, SLICE("name"));
    suggest_add(&suggest, SLICE("vars"));
    add_names(&suggest, methods);
    add_names(&suggest, files_methods);
    vm_raise(L, "a host has no field '%s'%s", lua_tostring(L, 2), suggest_text(&suggest, text));
}

static int host_tostring(lua_State *L)
{
    lua_getiuservalue(L, 1, VALUE_NAME);
    return 1;
}

static int host_newindex(lua_State *L)
{
    vm_raise(L, "a host cannot be changed; use host:with{...}");
}

void lib_host_open(lua_State *L)
{
    lua_createtable(L, 0, 5);
    luaL_newlib(L, methods);
    luaL_setfuncs(L, files_methods, 0);
    lua_pushcclosure(L, host_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, host_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, host_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "host");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "host");
    lua_setfield(L, -2, "__name");
    vm_set(L, VM_HOST_META);
    lua_pushliteral(L, "localhost");
    lua_pushnil(L);
    lua_pushnil(L);
    host_push(L);
    lua_setfield(L, -2, "localhost");
}
