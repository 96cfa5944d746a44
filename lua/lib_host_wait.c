// SPDX-License-Identifier: MIT
// How: each is one step, so that nothing is written while it waits: wait_up has nothing
// to run and waits for the host to answer, wait_port and wait_until are loops on the host that the
// step's timeout ends. Only a function of the script, which may run steps, is asked by a
// loop of the prelude's.
#include "lua/lib_host_wait.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "lua/ask.h"
#include "lua/lib_host.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/wait.h"

enum {
    UP_MS = 10 * 60 * 1000,
    WAIT_MS = 5 * 60 * 1000,
    PORT_EVERY_MS = 1000,
    UNTIL_EVERY_MS = 2000,
    SECONDS_TEXT = 32,
};

// ---- options

static int64_t time_option(lua_State *L, const char *function, const char *option,
                           int64_t fallback_ms)
{
    char words[SECONDS_TEXT];
    int64_t ms = fallback_ms;

    snprintf(words, sizeof(words), "option '%s'", option);
    if (lua_istable(L, OPTIONS_AT)) {
        if (lua_getfield(L, OPTIONS_AT, option) != LUA_TNIL)
            ms = options_duration_ms(L, function, words, -1);
        lua_pop(L, 1);
    }
    if (ms == 0)
        vm_raise(L, "%s: option '%s' must be longer than 0", function, option);
    return ms;
}

// What a step that waits has: its end, and no output but its result.
static void set_policy(lua_State *L, const struct ask *ask)
{
    struct step_policy *policy = &ask->strand->effect.policy;

    policy->timeout_ms = time_option(L, ask->function, "timeout", WAIT_MS);
    policy->quiet = true;
}

// Pushes a text of the prelude, which holds it.
static struct slice push_text(lua_State *L, const char *function, const char *name)
{
    struct slice text = { 0 };

    prelude_get(L, name);
    if (lua_type(L, -1) != LUA_TSTRING)
        vm_raise(L, "%s: a job that an older Pawl has started cannot do that; start it anew",
                 function);
    text.ptr = (const uint8_t *)lua_tolstring(L, -1, &text.len);
    return text;
}

static void push_seconds(lua_State *L, int64_t ms)
{
    char text[SECONDS_TEXT];

    snprintf(text, sizeof(text), "%.10g", (double)ms / 1000);
    lua_pushstring(L, text);
}

// ---- wait_up

// A command that does nothing, whatever with{} says of commands.
static void put_nothing(lua_State *L, const struct ask *ask)
{
    struct buf *args = &ask->strand->args;
    struct slice host;

    host.ptr = (const uint8_t *)lua_tolstring(L, HOST_NAME, &host.len);
    ask->strand->effect.host = host; // it stays on the stack
    value_put_map(args, 2);
    value_put_str(args, "host");
    value_put_bytes(args, host);
    value_put_str(args, "shell");
    value_put_str(args, ":");
}

// host:wait_up{ timeout = "10m" } -> result
int host_wait_up(lua_State *L)
{
    struct ask ask = host_ask(L, "wait_up", 2);
    struct step_policy *policy = &ask.strand->effect.policy;

    lua_pushvalue(L, ARG);
    lua_replace(L, OPTIONS_AT);
    options_read(L, "wait_up", OPTIONS_AT, 0, OPTIONS_RETRY | OPTION_NAME | OPTION_TIMEOUT,
                 ask.strand);
    policy->reach_ms = time_option(L, "wait_up", "timeout", UP_MS);
    policy->timeout_ms = 0;
    policy->reaches = true;
    put_nothing(L, &ask);
    return ask_yield(L, &ask, ask_done);
}

// ---- wait_port

struct sockets {
    lua_State *L;
    int list;
    lua_Integer count;
    unsigned port;
};

// One more text to look for in /proc/net/tcp and tcp6: a socket of this address, in
// hexadecimal, or of any, that listens. Nobody is at its other end.
static void add_socket(struct sockets *sockets, const char *address, bool is_v6)
{
    lua_pushfstring(sockets->L, "%s:", address);
    vm_pushf(sockets->L, "%04X %s:0000 0A ", sockets->port,
             is_v6 ? "00000000000000000000000000000000" : "00000000");
    lua_concat(sockets->L, 2);
    lua_rawseti(sockets->L, sockets->list, ++sockets->count);
}

// The tables have an address as numbers of 32 bits, in the order of the machine.
static void add_address(struct sockets *sockets, const uint8_t *bytes, size_t words,
                        const char *front)
{
    char little[80], big[80];
    size_t at = (size_t)snprintf(little, sizeof(little), " %s", front);

    snprintf(big, sizeof(big), " %s", front);
    for (size_t i = 0; i < words; i++, bytes += 4, at += 8) {
        snprintf(little + at, sizeof(little) - at, "%02X%02X%02X%02X", bytes[3], bytes[2],
                 bytes[1], bytes[0]);
        snprintf(big + at, sizeof(big) - at, "%02X%02X%02X%02X", bytes[0], bytes[1], bytes[2],
                 bytes[3]);
    }
    add_socket(sockets, little, at > 9);
    add_socket(sockets, big, at > 9);
}

// A socket of tcp6 may take what comes by IPv4, if its address is that or none.
static void add_v4(struct sockets *sockets, const uint8_t bytes[4])
{
    add_address(sockets, bytes, 1, "");
    add_address(sockets, bytes, 1, "0000000000000000FFFF0000");
    add_address(sockets, bytes, 1, "00000000000000000000FFFF");
    add_socket(sockets, " 00000000", false);
    add_socket(sockets, " 00000000000000000000000000000000", true);
}

static void add_sockets(struct sockets *sockets, const char *address)
{
    uint8_t bytes[16];

    if (!*address) {
        add_socket(sockets, "", false);
        add_socket(sockets, "", true);
    } else if (inet_pton(AF_INET, address, bytes) == 1) {
        add_v4(sockets, bytes);
    } else if (inet_pton(AF_INET6, address, bytes) == 1) {
        add_address(sockets, bytes, 4, "");
        add_socket(sockets, " 00000000000000000000000000000000", true);
    } else {
        vm_raise(sockets->L, "wait_port: option 'address' must be an address of the host's own, "
                 "like \"127.0.0.1\" or \"::1\", not '%.60s'", address);
    }
}

static unsigned check_port(lua_State *L)
{
    lua_Integer port = lua_isinteger(L, ARG) ? lua_tointeger(L, ARG) : 0;

    if (lua_type(L, ARG) != LUA_TNUMBER)
        vm_raise(L, "wait_port: the port must be a number from 1 to 65535, not %s",
                 vm_type_words(L, ARG));
    if (port < 1 || port > UINT16_MAX)
        vm_raise(L, "wait_port: the port must be a whole number from 1 to 65535, not %.14g",
                 lua_tonumber(L, ARG));
    return (unsigned)port;
}

// Pushes the list of words for the loop: port, every, address, sockets.
static int push_words(lua_State *L, unsigned port)
{
    int64_t every_ms = time_option(L, "wait_port", "every", PORT_EVERY_MS);
    struct slice address = ask_string(L, "wait_port", "address");
    const char *text = address.ptr ? (const char *)address.ptr : "";
    struct sockets sockets = { .L = L, .count = 3, .port = port };

    lua_createtable(L, 8, 0);
    sockets.list = lua_gettop(L);
    lua_pushinteger(L, (lua_Integer)port);
    lua_rawseti(L, sockets.list, 1);
    push_seconds(L, every_ms);
    lua_rawseti(L, sockets.list, 2);
    lua_pushstring(L, text);
    lua_rawseti(L, sockets.list, 3);
    add_sockets(&sockets, text);
    return sockets.list;
}

// host:wait_port(port, { timeout = "5m", every = "1s", address = "127.0.0.1" }?) -> result
int host_wait_port(lua_State *L)
{
    struct ask ask = host_ask(L, "wait_port", 2);
    int positional = ask_unpack(L, "wait_port");

    options_read(L, "wait_port", OPTIONS_AT, positional,
                 OPTIONS_STEP | OPTION_EVERY | OPTION_ADDRESS, ask.strand);
    set_policy(L, &ask);
    ask.list = push_words(L, check_port(L));
    ask.shell = push_text(L, "wait_port", "wait_port_text");
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, ask_done);
}

// ---- wait_until

static int until_function(lua_State *L, int positional)
{
    int64_t timeout_ms, every_ms;

    options_read(L, "wait_until", OPTIONS_AT, positional, OPTION_TIMEOUT | OPTION_EVERY, NULL);
    timeout_ms = time_option(L, "wait_until", "timeout", WAIT_MS);
    every_ms = time_option(L, "wait_until", "every", UNTIL_EVERY_MS);
    lua_settop(L, ARG);
    lua_pushnumber(L, (lua_Number)timeout_ms / 1000);
    lua_pushnumber(L, (lua_Number)every_ms / 1000);
    return prelude_call(L, "wait_until");
}

static int until_text(lua_State *L, struct ask *ask, int positional)
{
    int64_t every_ms = time_option(L, "wait_until", "every", UNTIL_EVERY_MS);
    struct slice shell;

    options_read(L, "wait_until", OPTIONS_AT, positional,
                 OPTIONS_STEP | OPTION_EVERY | OPTION_CWD | OPTION_ENV | OPTION_SHELL, ask->strand);
    set_policy(L, ask);
    shell = ask_string(L, "wait_until", "shell");
    lua_createtable(L, 3, 0);
    ask->list = lua_gettop(L);
    lua_pushvalue(L, ARG);
    lua_rawseti(L, ask->list, 1);
    push_seconds(L, every_ms);
    lua_rawseti(L, ask->list, 2);
    lua_pushlstring(L, shell.ptr ? (const char *)shell.ptr : "", shell.len);
    lua_rawseti(L, ask->list, 3);
    ask->shell = push_text(L, "wait_until", "wait_until_text");
    ask_put(L, ask, (struct slice){ 0 });
    return ask_yield(L, ask, ask_done);
}

// host:wait_until(text, options?) -> result
// host:wait_until(function, { timeout = "5m", every = "2s" }?) -> its first true value
int host_wait_until(lua_State *L)
{
    struct ask ask = host_ask(L, "wait_until", 2);
    int positional = ask_unpack(L, "wait_until");

    if (lua_isfunction(L, ARG))
        return until_function(L, positional);
    if (lua_type(L, ARG) != LUA_TSTRING)
        vm_raise(L, "wait_until: what it waits for must be shell text or a function, not %s",
                 vm_type_words(L, ARG));
    if (lua_rawlen(L, ARG) == 0)
        vm_raise(L, "wait_until: the command is empty");
    return until_text(L, &ask, positional);
}

// wait_over(host, seconds): raises that the function never said yes
static int primitive_wait_over(lua_State *L)
{
    char line[LUA_IDSIZE + 16];
    lua_Number seconds = lua_tonumber(L, 2);

    vm_line(L, line, sizeof(line));
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, VALUE_NAME);
    vm_pushf(L, "step \"wait_until\" (%s) on %s failed: timed out after %.10g s: its function "
             "has not returned a true value", line, lua_tostring(L, 2), seconds);
    error_push(L, "timeout");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "host");
    lua_pushliteral(L, "wait_until");
    lua_setfield(L, -2, "step");
    lua_pushstring(L, line);
    lua_setfield(L, -2, "line");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "ok");
    return lua_error(L);
}

// ---- facts

static int facts_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    if (!answer->ok) {
        lua_pushnil(L);
        result_push_failed(L, strand, answer, HOST_NAME);
        return 2;
    }
    lua_pushlstring(L, (const char *)answer->outcome->out.ptr, answer->outcome->out.len);
    return 1;
}

// facts_step(host, options) -> what the host says, or nil and the failed result
static int primitive_facts_step(lua_State *L)
{
    struct ask ask = ask_begin(L, "facts", 2);

    lua_pushvalue(L, ARG);
    lua_replace(L, OPTIONS_AT);
    options_read(L, "facts", OPTIONS_AT, 0, OPTIONS_STEP, ask.strand);
    ask.strand->effect.policy.quiet = true; // a value, not output
    ask.shell = push_text(L, "facts", "facts_text");
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, facts_done);
}

// host:facts(options?) -> table
int host_facts(lua_State *L)
{
    host_check(L, "facts");
    lua_settop(L, 2);
    return prelude_call(L, "facts");
}

// number(text) -> the number it is, or nil
static int primitive_number(lua_State *L)
{
    const char *text = lua_tostring(L, 1);

    if (!text || lua_stringtonumber(L, text) == 0)
        lua_pushnil(L);
    return 1;
}

void lib_host_wait_primitives(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "facts_step", primitive_facts_step },
        { "number", primitive_number },
        { "wait_over", primitive_wait_over },
        { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}
