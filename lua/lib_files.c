// SPDX-License-Identifier: MIT
// Files of hosts. What is small enough to be a value is read and written by a command
// on the host (read, write, template); what is not is brought over by a transfer
// (put, get), whose arguments are in model/command.h and whose program is in host/transfer.
#include "lua/lib_files.h"

#include "lua/lib_host.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/wait.h"

// Three or four octal digits; nothing when it is not given.
static struct slice check_mode(lua_State *L, const char *function)
{
    struct slice mode = ask_string(L, function, "mode");
    bool ok = mode.len == 3 || mode.len == 4;

    if (!mode.ptr)
        return mode;
    for (size_t i = 0; i < mode.len; i++)
        ok = ok && mode.ptr[i] >= '0' && mode.ptr[i] <= '7';
    if (!ok)
        vm_raise(L, "%s: option 'mode' must be three or four octal digits like \"0644\", "
                    "not '%.*s'", function, mode.len < 20 ? (int)mode.len : 20,
                 (const char *)mode.ptr);
    return mode;
}

// ---- read

static int read_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);
    struct slice out = answer->kind == ANSWER_OUTCOME ? answer->outcome->out : SLICE("");

    (void)status;
    (void)ctx;
    if (!answer->ok) {
        lua_pushnil(L);
        result_push_failed(L, strand, answer, HOST_NAME);
        return 2;
    }
    result_check_size(L, answer->outcome);
    lua_pushlstring(L, (const char *)out.ptr, out.len);
    return 1;
}

// host:read(path, options?) -> the file's bytes
static int host_read(lua_State *L)
{
    struct ask ask = host_ask(L, "read", 2);

    ask_word(&ask, ask_path(L, "read", ARG));
    options_read(L, "read", OPTIONS_AT, 0, OPTIONS_STEP | OPTION_CWD, ask.strand);
    ask.strand->effect.policy.quiet = true; // a value, not output
    ask.shell = SLICE("cat -- \"$1\"");
    ask_put(L, &ask, (struct slice){ 0 });
    return ask_yield(L, &ask, read_done);
}

// ---- write

static int write_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    if (answer->ok)
        return 0;
    lua_pushnil(L);
    result_push_failed(L, strand, answer, HOST_NAME);
    return 2;
}

// Pushes a program of the prelude, which holds it: pinned with the job, so that what was
// asked for stays what it is.
static struct slice push_program(lua_State *L, const char *name)
{
    struct slice text = { 0 };

    prelude_get(L, name);
    if (lua_type(L, -1) != LUA_TSTRING)
        vm_raise(L, "the library that this job was started with has no %s: it is an older Pawl's; "
                 "start the job anew", name);
    text.ptr = (const uint8_t *)lua_tolstring(L, -1, &text.len);
    return text;
}

static struct ask ask_write(lua_State *L, const char *function, const char *program)
{
    struct ask ask = host_ask(L, function, 3);

    ask_word(&ask, ask_path(L, function, ARG));
    if (lua_type(L, SECOND) != LUA_TSTRING)
        vm_raise(L, "%s: the data must be a string, not %s", function, vm_type_words(L, SECOND));
    options_read(L, function, OPTIONS_AT, 0, OPTIONS_STEP | OPTION_CWD | OPTION_MODE, ask.strand);
    ask_word(&ask, check_mode(L, function));
    ask.shell = push_program(L, program);
    ask.has_stdin = true;
    ask.stdin_bytes.ptr = (const uint8_t *)lua_tolstring(L, SECOND, &ask.stdin_bytes.len);
    ask_put(L, &ask, (struct slice){ 0 });
    return ask;
}

// host:write(path, data, { mode = "0644", ... }?)
static int host_write(lua_State *L)
{
    struct ask ask = ask_write(L, "write", "write_text");

    return ask_yield(L, &ask, write_done);
}

// ---- what tells whether it changed something

// Its output is "changed" or "same". A later attempt finds done what the one before it may
// have done: that counts as a change.
static void set_changed(lua_State *L, const struct answer *answer)
{
    struct slice out = answer->outcome->out;
    bool same = out.len >= 4 && memcmp(out.ptr, "same", 4) == 0 && answer->attempt == 1;

    lua_pushboolean(L, !same);
    lua_setfield(L, -2, "changed");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "out");
}

// Pushes the result; true when the step succeeded.
static bool push_changed(lua_State *L)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    if (answer->ok) {
        result_push(L, answer, HOST_NAME);
        set_changed(L, answer);
    } else {
        result_push_failed(L, strand, answer, HOST_NAME);
    }
    return answer->ok;
}

// ---- template

static int template_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    push_changed(L);
    return 1;
}

// write_changed(host, path, text, options) -> result; for the prelude
static int primitive_write_changed(lua_State *L)
{
    struct ask ask = ask_write(L, "template", "write_changed_text");

    ask.strand->effect.policy.quiet = true;
    return ask_yield(L, &ask, template_done);
}

static void push_localhost(lua_State *L)
{
    lua_pushliteral(L, "localhost");
    lua_pushnil(L);
    lua_pushnil(L);
    host_push(L);
}

// host:template(file, path, vars?, options?) -> result
static int host_template(lua_State *L)
{
    host_check(L, "template");
    lua_settop(L, 5);
    ask_path(L, "template", 2);
    ask_path(L, "template", 3);
    if (!lua_isnoneornil(L, 4) && !lua_istable(L, 4))
        vm_raise(L, "template: the variables must be a table, not %s", vm_type_words(L, 4));
    options_read(L, "template", 5, 0, OPTIONS_STEP | OPTION_CWD | OPTION_MODE, NULL);
    push_localhost(L);
    sandbox_push_env(L);
    return prelude_call(L, "template");
}

// ---- put and get

// The size of the file is the second word of the output, "changed 1024".
static void set_bytes(lua_State *L, struct slice out)
{
    const uint8_t *at = out.len ? memchr(out.ptr, ' ', out.len) : NULL;
    lua_Integer bytes = 0;

    if (!at)
        return; // on_interrupt says that it was done
    for (at++; at < out.ptr + out.len && *at >= '0' && *at <= '9'; at++)
        bytes = bytes * 10 + (*at - '0');
    lua_pushinteger(L, bytes);
    lua_setfield(L, -2, "bytes");
}

static int transfer_done(lua_State *L, int status, lua_KContext ctx)
{
    const struct answer *answer = script_of(L)->answer;

    (void)status;
    (void)ctx;
    if (push_changed(L))
        set_bytes(L, answer->outcome->out);
    return 1;
}

static void put_text(struct buf *buf, const char *key, struct slice text)
{
    if (!text.ptr)
        return;
    value_put_str(buf, key);
    value_put_bytes(buf, text);
}

// Always with four digits.
static void put_mode(struct buf *buf, struct slice mode)
{
    char digits[4] = { '0' };

    if (mode.ptr)
        memcpy(digits + 4 - mode.len, mode.ptr, mode.len);
    put_text(buf, "mode", mode.ptr ? slice_of(digits, 4) : mode);
}

// The path at idx, of which no part may be a NUL.
static struct slice check_file(lua_State *L, const char *function, int idx)
{
    struct slice path = ask_path(L, function, idx);

    if (memchr(path.ptr, 0, path.len))
        vm_raise(L, "%s: a path has a NUL byte in it: no file has such a name", function);
    return path;
}

static int transfer(lua_State *L, const char *function)
{
    struct ask ask = host_ask(L, function, 3);
    struct buf *buf = &ask.strand->args;
    struct slice from = check_file(L, function, ARG), to = check_file(L, function, SECOND);
    struct slice cwd, mode, host;

    // Nothing of it is a secret, and of one that tells nothing no size would be known.
    options_read(L, function, OPTIONS_AT, 0, (OPTIONS_STEP & ~(unsigned)OPTION_SENSITIVE) |
                 OPTION_CWD | OPTION_MODE | OPTION_QUIET, ask.strand);
    if (ask_string(L, function, "as").len)
        vm_raise(L, "%s: a file is brought as the user who is logged in, not as another one: "
                    "use the host without `as`, and chown", function);
    cwd = ask_string(L, function, "cwd");
    mode = check_mode(L, function);
    host.ptr = (const uint8_t *)lua_tolstring(L, HOST_NAME, &host.len);
    ask.strand->effect.host = host; // it stays on the stack
    value_put_map(buf, 4 + (size_t)(cwd.ptr != NULL) + (size_t)(mode.ptr != NULL));
    put_text(buf, "cwd", cwd);
    put_text(buf, "from", from);
    put_text(buf, "host", host);
    put_mode(buf, mode);
    put_text(buf, "to", to);
    put_text(buf, "transfer", slice_str(function));
    return ask_yield(L, &ask, transfer_done);
}

// host:put(file, path, { mode = "0644", ... }?) -> result, with changed and bytes
static int host_put(lua_State *L) { return transfer(L, "put"); }

// host:get(path, file, { mode = "0644", ... }?) -> result, with changed and bytes
static int host_get(lua_State *L) { return transfer(L, "get"); }

const luaL_Reg files_methods[] = {
    { "read", host_read }, { "write", host_write }, { "template", host_template },
    { "put", host_put },   { "get", host_get },     { NULL, NULL },
};

void lib_files_primitives(lua_State *L)
{
    lua_pushcfunction(L, primitive_write_changed);
    lua_setfield(L, -2, "write_changed");
}
