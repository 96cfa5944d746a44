// SPDX-License-Identifier: MIT
// Output beyond what the event kept is not in the table: its size is, as
// out_bytes, and reading `out` finds no field, so that __index can raise.
#include "lua/result.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lua/convert.h"
#include "lua/lib_json.h"
#include "lua/lib_text.h"
#include "lua/text.h"
#include "model/command.h"

enum { STEP_TEXT_MAX = 60, TAIL_TEXT_MAX = 200 };

static void set_str(lua_State *L, const char *key, struct slice s)
{
    lua_pushlstring(L, (const char *)s.ptr, s.len);
    lua_setfield(L, -2, key);
}

static void set_int(lua_State *L, const char *key, lua_Integer i)
{
    lua_pushinteger(L, i);
    lua_setfield(L, -2, key);
}

// ---- the sentence of a failed step

static struct slice last_line(struct slice s)
{
    size_t end = s.len;
    size_t from;

    while (end > 0 && s.ptr[end - 1] <= ' ')
        end--;
    from = end;
    while (from > 0 && s.ptr[from - 1] != '\n')
        from--;
    return slice_of(s.ptr + from, end - from < TAIL_TEXT_MAX ? end - from : TAIL_TEXT_MAX);
}

static void add_printable(struct buf *buf, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_add_byte(buf, s.ptr[i] < ' ' || s.ptr[i] == 0x7f ? ' ' : s.ptr[i]);
}

// The name its author gave it, else the command itself, else what it did.
static void add_step(struct script *script, const struct script_strand *strand, struct buf *buf)
{
    struct command command;
    struct buf text;

    if (strand->effect.name.len) {
        add_printable(buf, strand->effect.name);
        return;
    }
    buf_init(&text, 0);
    if (strand->effect.kind == EFFECT_COMMAND && slice_is(strand->effect.label, "run") &&
        !strand->effect.policy.sensitive &&
        command_decode(strand->effect.args, &script->doc, &command, NULL) == 0)
        command_text(&command, &text, STEP_TEXT_MAX);
    add_printable(buf, text.len ? buf_slice(&text) : strand->effect.label);
    buf_release(&text);
}

static void add_cause(const struct script_strand *strand, const struct outcome *outcome,
                      struct buf *buf)
{
    struct slice tail = strand->effect.policy.sensitive ? SLICE("") : last_line(outcome->err);

    switch (outcome->kind) {
    case OUTCOME_EXIT: buf_addf(buf, "exit code %" PRId32, outcome->code); break;
    case OUTCOME_SIGNAL: buf_addf(buf, "killed by signal %" PRId32, outcome->code); break;
    case OUTCOME_TIMEOUT:
        buf_add_str(buf, "timed out");
        if (strand->effect.policy.timeout_ms)
            buf_addf(buf, " after %.10g s", (double)strand->effect.policy.timeout_ms / 1000);
        break;
    case OUTCOME_NEVER: buf_add_str(buf, "it was never begun"); break;
    case OUTCOME_VALUE:
    case OUTCOME_ERROR:
    case OUTCOME_KILLED:
    case OUTCOME_INTERRUPTED:
    case OUTCOME_CANCELLED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_REFUSED:
    case OUTCOME_LOST:
    case OUTCOME_COUNT:
        buf_add_str(buf, outcome_name(outcome->kind));
        break;
    }
    if (outcome->reason.len) {
        buf_add_str(buf, ": ");
        add_printable(buf, outcome->reason);
    } else if (tail.len) {
        buf_add_str(buf, ": ");
        add_printable(buf, tail);
    }
}

static void add_head(lua_State *L, const struct script_strand *strand, int host, struct buf *buf)
{
    buf_clear(buf);
    buf_add_str(buf, "step \"");
    add_step(script_of(L), strand, buf);
    buf_addf(buf, "\" (%.*s)", SLICE_ARG(strand->effect.line));
    if (host)
        buf_addf(buf, " on %s", lua_tostring(L, host));
    buf_add_str(buf, " failed: ");
}

static void push_buf(lua_State *L, const struct buf *buf)
{
    if (buf_failed(buf))
        vm_stop(L, ERR_MEMORY);
    lua_pushlstring(L, (const char *)buf->ptr, buf->len);
}

static struct slice step_word(const struct script_strand *strand)
{
    return strand->effect.name.len ? strand->effect.name : strand->effect.label;
}

// ---- tables

static void set_output(lua_State *L, const char *key, const char *size_key, struct slice s,
                       uint64_t bytes)
{
    if (bytes > s.len)
        set_int(L, size_key, (lua_Integer)bytes);
    else
        set_str(L, key, s);
}

static void push_fields(lua_State *L, const struct answer *answer, int host)
{
    const struct outcome *outcome = answer->outcome;

    lua_createtable(L, 0, 8);
    set_output(L, "out", "out_bytes", outcome->out, outcome->out_bytes);
    set_output(L, "err", "err_bytes", outcome->err, outcome->err_bytes);
    if (outcome->kind == OUTCOME_EXIT)
        set_int(L, "code", outcome->code);
    else if (outcome->kind == OUTCOME_SIGNAL)
        set_int(L, "signal", outcome->code);
    lua_pushboolean(L, answer->ok);
    lua_setfield(L, -2, "ok");
    lua_pushvalue(L, host);
    lua_setfield(L, -2, "host");
    lua_pushnumber(L, outcome->started_unix_ms && outcome->ended_unix_ms
                          ? (double)(outcome->ended_unix_ms - outcome->started_unix_ms) / 1000
                          : 0);
    lua_setfield(L, -2, "seconds");
    set_int(L, "attempts", answer->attempt);
    if (outcome->value.len) { // what on_interrupt found out
        convert_decode(L, outcome->value);
        lua_setfield(L, -2, "value");
    }
    if (outcome->reason.len)
        set_str(L, "reason", outcome->reason);
}

void result_push(lua_State *L, const struct answer *answer, int host)
{
    push_fields(L, answer, host);
    vm_get(L, VM_RESULT_META);
    lua_setmetatable(L, -2);
}

// A once() that raised: its own error, with the step in front of the message.
static void push_once_error(lua_State *L, const struct script_strand *strand,
                            const struct outcome *outcome)
{
    struct buf *buf = &script_of(L)->scratch;

    convert_decode(L, outcome->value);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 4);
    }
    lua_getfield(L, -1, "message");
    add_head(L, strand, 0, buf);
    buf_add_slice(buf, slice_str(lua_tostring(L, -1)));
    lua_pop(L, 1);
    push_buf(L, buf);
    lua_setfield(L, -2, "message");
}

static void push_failed_fields(lua_State *L, const struct script_strand *strand,
                               const struct answer *answer, int host)
{
    struct buf *buf = &script_of(L)->scratch;

    if (host)
        push_fields(L, answer, host);
    else
        lua_createtable(L, 0, 5);
    set_str(L, "kind", slice_str(outcome_name(answer->outcome->kind)));
    add_head(L, strand, host, buf);
    add_cause(strand, answer->outcome, buf);
    push_buf(L, buf);
    lua_setfield(L, -2, "message");
}

static void set_failed_step(lua_State *L, const struct script_strand *strand)
{
    set_str(L, "step", step_word(strand));
    set_str(L, "line", strand->effect.line);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "ok");
}

void result_push_facts(lua_State *L, const struct script_strand *strand,
                       const struct answer *answer, int host)
{
    int name = 0;

    if (!lua_isnil(L, host)) {
        text_push(L, host);
        name = lua_gettop(L);
    }
    push_failed_fields(L, strand, answer, name);
    set_failed_step(L, strand);
    set_int(L, "attempts", answer->attempt);
    vm_get(L, VM_RESULT_META);
    lua_setmetatable(L, -2);
    if (name)
        lua_remove(L, name);
}

void result_push_failed(lua_State *L, const struct script_strand *strand,
                        const struct answer *answer, int host)
{
    bool goes_on = strand->effect.policy.on_error == ON_ERROR_CONTINUE;

    if (answer->outcome->kind == OUTCOME_ERROR)
        push_once_error(L, strand, answer->outcome);
    else
        push_failed_fields(L, strand, answer, host);
    set_failed_step(L, strand);
    vm_get(L, goes_on ? VM_RESULT_META : VM_ERROR_META);
    lua_setmetatable(L, -2);
    if (!goes_on)
        lua_error(L);
}

_Noreturn static void raise_too_large(lua_State *L, const char *what, uint64_t bytes)
{
    char line[LUA_IDSIZE + 16];

    vm_line(L, line, sizeof(line));
    vm_pushf(L, "%s%s%s is too large to be a value in a script: %" PRIu64
                " bytes; the whole of it is in the job's streams", line, *line ? ": " : "",
             what, bytes);
    error_push(L, "too_large");
    set_int(L, "size", (lua_Integer)bytes);
    lua_error(L);
    abort(); // lua_error does not return
}

void result_check_size(lua_State *L, const struct outcome *outcome)
{
    if (outcome->out_bytes > outcome->out.len)
        raise_too_large(L, "read: the file", outcome->out_bytes);
}

// ---- errors

void error_push(lua_State *L, const char *kind)
{
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "message");
    set_str(L, "kind", slice_str(kind));
    vm_get(L, VM_ERROR_META);
    lua_setmetatable(L, -2);
}

void error_raise_cancelled(lua_State *L)
{
    const struct script_strand *strand = script_of(L)->current;

    lua_pushstring(L, strand && strand->cut && !strand->dropped
                          ? "its cleanup took too long (cleanup_timeout)" : "cancelled");
    error_push(L, "cancelled");
    lua_error(L);
    abort(); // lua_error does not return
}

static bool is_error_table(lua_State *L, int idx)
{
    return vm_has_meta(L, idx, LUA_TTABLE, VM_ERROR_META);
}

static const char *foreign_kind(lua_State *L, int idx)
{
    const char *kind = NULL;

    if (lua_type(L, idx) == LUA_TTABLE) {
        lua_pushliteral(L, "kind");
        if (lua_rawget(L, idx) == LUA_TSTRING)
            kind = lua_tostring(L, -1); // held by the table
        lua_pop(L, 1);
    }
    return kind ? kind : "error";
}

static int text_of_argument(lua_State *L)
{
    text_push(L, 1);
    return 1;
}

// The text of any error value; __tostring may raise, and must not here.
static void push_text_protected(lua_State *L, int idx)
{
    int status;

    lua_pushcfunction(L, text_of_argument);
    lua_pushvalue(L, idx);
    status = lua_pcall(L, 1, 1, 0);
    vm_pass(L, status);
    if (status != LUA_OK) {
        lua_pop(L, 1);
        text_push_name(L, idx);
    }
}

// A table of the author's keeps its kind, its message, and itself as `value`.
static void push_foreign(lua_State *L, int idx)
{
    bool named = false;

    if (lua_type(L, idx) == LUA_TTABLE) {
        lua_pushliteral(L, "message");
        named = lua_rawget(L, idx) == LUA_TSTRING;
        if (!named)
            lua_pop(L, 1);
    }
    if (!named)
        push_text_protected(L, idx);
    error_push(L, foreign_kind(L, idx));
    if (lua_type(L, idx) != LUA_TSTRING) {
        lua_pushvalue(L, idx);
        lua_setfield(L, -2, "value");
    }
}

void error_normalise(lua_State *L)
{
    if (is_error_table(L, -1))
        return;
    if (lua_type(L, -1) == LUA_TSTRING)
        sandbox_improve_error(L);
    push_foreign(L, lua_gettop(L));
    lua_remove(L, -2);
}

// ---- methods

static struct slice check_out(lua_State *L, const char *method)
{
    struct slice s;

    if (!lua_istable(L, 1))
        vm_raise(L, "%s: call it with a colon: r:%s()", method, method);
    if (lua_getfield(L, 1, "out") != LUA_TSTRING)
        vm_raise(L, "%s: the result has no output", method);
    s.ptr = (const uint8_t *)lua_tolstring(L, -1, &s.len);
    vm_charge_bytes(L, s.len);
    return s;
}

// r:trim() -> the output without white space at its ends
static int result_trim(lua_State *L)
{
    struct slice s = text_trim(check_out(L, "trim"));

    lua_pushlstring(L, (const char *)s.ptr, s.len);
    return 1;
}

// r:lines() -> the output's lines, a list
static int result_lines(lua_State *L)
{
    text_push_lines(L, check_out(L, "lines"));
    return 1;
}

// r:json() -> the output, decoded
static int result_json(lua_State *L)
{
    json_push_decoded(L, "json", check_out(L, "json"));
    return 1;
}

// r:number() -> the output as a number
static int result_number(lua_State *L)
{
    struct slice s = text_trim(check_out(L, "number"));

    lua_pushlstring(L, (const char *)s.ptr, s.len);
    if (lua_stringtonumber(L, lua_tostring(L, -1)) != s.len + 1)
        vm_raise(L, "number: the output is no number: '%.*s'", s.len < 60 ? (int)s.len : 60,
                 (const char *)s.ptr);
    return 1;
}

static void raise_if_too_large(lua_State *L, const char *key, const char *size_key)
{
    lua_pushstring(L, size_key);
    if (lua_rawget(L, 1) == LUA_TNUMBER)
        raise_too_large(L, key, (uint64_t)lua_tointeger(L, -1));
    lua_pop(L, 1);
}

// Upvalue: the methods.
static int result_index(lua_State *L)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

    if (strcmp(key, "out") == 0)
        raise_if_too_large(L, "out", "out_bytes");
    else if (strcmp(key, "err") == 0)
        raise_if_too_large(L, "err", "err_bytes");
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

static int error_tostring(lua_State *L)
{
    lua_pushliteral(L, "message");
    if (lua_rawget(L, 1) != LUA_TSTRING)
        lua_pushliteral(L, "error");
    return 1;
}

// "could not deploy: " .. e
static int error_concat(lua_State *L)
{
    lua_settop(L, 2);
    text_push(L, 1);
    text_push(L, 2);
    lua_concat(L, 2);
    return 1;
}

static void push_metatable(lua_State *L, const char *name)
{
    static const luaL_Reg methods[] = { { "trim", result_trim }, { "lines", result_lines },
                                        { "json", result_json }, { "number", result_number },
                                        { NULL, NULL } };

    lua_createtable(L, 0, 5);
    luaL_newlib(L, methods);
    lua_pushcclosure(L, result_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
}

void result_open(lua_State *L)
{
    push_metatable(L, "result");
    vm_set(L, VM_RESULT_META);
    push_metatable(L, "error");
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, error_concat);
    lua_setfield(L, -2, "__concat");
    vm_set(L, VM_ERROR_META);
}
