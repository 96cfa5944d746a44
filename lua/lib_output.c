// SPDX-License-Identifier: MIT
// print, emit, log, progress: notes, which are no steps. They are handed over at
// once and committed with the event that resumed the strand.
#include "lua/convert.h"
#include "lua/text.h"
#include "lua/wait.h"

enum { NOTE_COST = 100 }; // units, besides one per byte: notes take room elsewhere

static struct buf *note_begin(lua_State *L, const char *function)
{
    struct script *script = script_of(L);

    wait_check_header(L);
    if (script->mode == SCRIPT_ONCE)
        vm_raise(L, "%s: not inside once(), which is not called again on a replay; return the "
                    "value and print it outside", function);
    return &script->scratch;
}

static int note_end(lua_State *L, enum stream stream, bool is_value)
{
    struct script *script = script_of(L);
    struct buf *buf = &script->scratch;
    struct note note = { .stream = stream, .is_value = is_value, .data = buf_slice(buf) };

    if (buf_failed(buf))
        vm_stop(L, ERR_MEMORY);
    vm_charge(L, NOTE_COST + buf->len);
    if (script->note)
        script->note(script->note_arg, buf_slice(&script->current->path), &note);
    return 0;
}

void output_inform(lua_State *L, const char *function, struct slice line)
{
    struct buf *buf = note_begin(L, function);

    buf_clear(buf);
    buf_add_slice(buf, line);
    note_end(L, STREAM_INFORMATION, false);
}

// The arguments' texts come first, since __tostring may print too.
static int print_to(lua_State *L, const char *function, enum stream stream)
{
    struct buf *buf = note_begin(L, function);
    int count = lua_gettop(L);

    for (int i = 1; i <= count; i++) {
        if (lua_type(L, i) == LUA_TSTRING)
            continue;
        text_push(L, i);
        lua_replace(L, i);
    }
    buf_clear(buf);
    for (int i = 1; i <= count; i++) {
        size_t len;
        const char *s = lua_tolstring(L, i, &len);
        if (i > 1)
            buf_add_byte(buf, '\t');
        buf_add(buf, s, len);
    }
    buf_add_byte(buf, '\n');
    return note_end(L, stream, false);
}

// print(...)
static int output_print(lua_State *L) { return print_to(L, "print", STREAM_OUTPUT); }
// log.debug(...) and so on
static int log_debug(lua_State *L) { return print_to(L, "log.debug", STREAM_DEBUG); }
static int log_verbose(lua_State *L) { return print_to(L, "log.verbose", STREAM_VERBOSE); }
static int log_info(lua_State *L) { return print_to(L, "log.info", STREAM_INFORMATION); }
static int log_warn(lua_State *L) { return print_to(L, "log.warn", STREAM_WARNING); }
static int log_error(lua_State *L) { return print_to(L, "log.error", STREAM_ERROR); }

// emit(value)
static int output_emit(lua_State *L)
{
    struct buf *buf = note_begin(L, "emit");
    struct err err;

    if (lua_isnone(L, 1))
        vm_raise(L, "emit: argument 1 must be a value");
    buf_clear(buf);
    if (convert_encode(L, 1, "emit", buf, &err) < 0)
        vm_raise(L, "%s", err.text);
    if (buf->len > EMIT_MAX)
        vm_raise(L, "emit: the value takes %zu bytes; %d are allowed", buf->len, EMIT_MAX);
    return note_end(L, STREAM_OUTPUT, true);
}

static void put_count(lua_State *L, struct buf *buf, const char *key, int arg)
{
    if (lua_type(L, arg) != LUA_TNUMBER)
        vm_raise_argument(L, "progress", arg, "a number");
    value_put_str(buf, key);
    if (lua_isinteger(L, arg))
        value_put_int(buf, lua_tointeger(L, arg));
    else
        value_put_real(buf, lua_tonumber(L, arg));
}

// progress(done, total?, text?)
static int output_progress(lua_State *L)
{
    struct buf *buf = note_begin(L, "progress");
    bool has_total = !lua_isnoneornil(L, 2), has_text = !lua_isnoneornil(L, 3);

    buf_clear(buf);
    value_put_map(buf, 1 + (size_t)has_total + (size_t)has_text);
    put_count(L, buf, "done", 1);
    if (has_text) {
        value_put_str(buf, "text");
        value_put_bytes(buf, vm_check_string(L, "progress", 3));
    }
    if (has_total)
        put_count(L, buf, "total", 2);
    return note_end(L, STREAM_PROGRESS, true);
}

void lib_output_open(lua_State *L)
{
    static const luaL_Reg functions[] = { { "emit", output_emit },
                                          { "print", output_print },
                                          { "progress", output_progress },
                                          { NULL, NULL } };
    static const luaL_Reg log[] = { { "debug", log_debug }, { "error", log_error },
                                    { "info", log_info },   { "verbose", log_verbose },
                                    { "warn", log_warn },   { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
    luaL_newlib(L, log);
    lua_setfield(L, -2, "log");
}
