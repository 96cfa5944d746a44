// SPDX-License-Identifier: MIT
// A fork's record is a table kept in the strand's pending slot while it waits:
//   [1] results  [2] errors  [3] items  [4] keys  [5] function, or false
// Results and errors are by branch number; with a function each branch calls it
// with its item and key, without one the items are the functions.
#include "lua/lib_files.h"
#include "lua/lib_flow.h"

#include <math.h>
#include <time.h>

#include "lua/convert.h"
#include "lua/lib_host_wait.h"
#include "lua/lib_hosts.h"
#include "lua/lib_string.h"
#include "lua/lib_table.h"
#include "lua/options.h"
#include "lua/result.h"
#include "lua/text.h"
#include "lua/wait.h"

enum { FORK_RESULTS = 1, FORK_ERRORS, FORK_ITEMS, FORK_KEYS, FORK_FUNCTION };
enum { FORK_BRANCHES_MAX = 1000 * 1000, DATE_TEXT_MAX = 256 };

// ---- fork

void fork_push_branch(lua_State *L, lua_Integer branch)
{
    int record = lua_gettop(L);
    bool has_function = lua_rawgeti(L, record, FORK_FUNCTION) == LUA_TFUNCTION;

    if (!has_function)
        lua_pop(L, 1);
    lua_rawgeti(L, record, FORK_ITEMS);
    lua_rawgeti(L, -1, branch);
    lua_remove(L, -2);
    if (!has_function) {
        lua_pushnil(L);
        lua_pushnil(L);
        return;
    }
    lua_rawgeti(L, record, FORK_KEYS);
    lua_rawgeti(L, -1, branch);
    lua_remove(L, -2);
}

// Takes the record out of its slot, which another wait will use.
static void take_record(lua_State *L, const struct script_strand *strand)
{
    lua_Integer at = (lua_Integer)strand->handle + 1;

    vm_get(L, VM_PENDING);
    lua_rawgeti(L, -1, at);
    lua_pushboolean(L, 0);
    lua_rawseti(L, -3, at);
    lua_remove(L, -2);
}

static int fork_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand = script_of(L)->current;
    bool failed;

    (void)status;
    (void)ctx;
    lua_settop(L, 0);
    take_record(L, strand);
    wait_answer(L, &strand);
    lua_rawgeti(L, 1, FORK_ERRORS);
    lua_pushnil(L);
    failed = lua_next(L, 2) != 0;
    lua_settop(L, 2);
    lua_rawgeti(L, 1, FORK_RESULTS);
    lua_replace(L, 1);
    lua_pushboolean(L, failed);
    return 3;
}

// Argument 7: the hosts that the branches are on, a list of names.
static void put_fork_hosts(lua_State *L, struct script_strand *strand, lua_Integer count)
{
    size_t from;

    value_put_array(&strand->args, (size_t)count);
    from = strand->args.len;
    for (lua_Integer i = 1; i <= count; i++) {
        struct slice name;
        lua_rawgeti(L, 7, i);
        name.ptr = (const uint8_t *)lua_tolstring(L, -1, &name.len);
        value_put_bytes(&strand->args, name);
        lua_pop(L, 1);
    }
    if (!buf_failed(&strand->args))
        strand->effect.fork_hosts = slice_of(strand->args.ptr + from, strand->args.len - from);
}

// fork(label, count, throttle, items, keys, fn or false, hosts?) -> results, errors, did
// any fail
static int primitive_fork(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_FORK, lua_tostring(L, 1));
    lua_Integer count = lua_tointeger(L, 2), throttle = lua_tointeger(L, 3);

    if (count > FORK_BRANCHES_MAX)
        vm_raise(L, "%s: %lld branches at once; %d are allowed", lua_tostring(L, 1),
                 (long long)count, FORK_BRANCHES_MAX);
    lua_settop(L, 7);
    lua_createtable(L, 5, 0);
    for (int i = FORK_FUNCTION; i >= FORK_ITEMS; i--) {
        lua_pushvalue(L, i + 1);
        lua_rawseti(L, 8, i);
    }
    lua_createtable(L, (int)count, 0);
    lua_rawseti(L, 8, FORK_RESULTS);
    lua_createtable(L, 0, 0);
    lua_rawseti(L, 8, FORK_ERRORS);
    vm_get(L, VM_PENDING);
    lua_pushvalue(L, 8);
    lua_rawseti(L, -2, (lua_Integer)strand->handle + 1);
    value_put_map(&strand->args, lua_istable(L, 7) ? 2 : 1);
    value_put_str(&strand->args, "count");
    value_put_int(&strand->args, count);
    if (lua_istable(L, 7)) {
        value_put_str(&strand->args, "hosts");
        put_fork_hosts(L, strand, count);
    }
    strand->effect.fork_count = (uint32_t)count;
    strand->effect.fork_throttle = (uint32_t)throttle;
    return wait_yield(L, strand, fork_done);
}

// throw(table): raises the table as an error of ours
static int primitive_throw(lua_State *L)
{
    vm_get(L, VM_ERROR_META);
    lua_setmetatable(L, 1);
    lua_settop(L, 1);
    return lua_error(L);
}

// rethrow(value): raises what a pcall gave, as it is
static int primitive_rethrow(lua_State *L)
{
    lua_settop(L, 1);
    return lua_error(L);
}

// error_table(t) -> t, made an error table
static int primitive_error_table(lua_State *L)
{
    vm_get(L, VM_ERROR_META);
    lua_setmetatable(L, 1);
    lua_settop(L, 1);
    return 1;
}

// check(value, type, what): raises "WHAT must be a TYPE, not ..." at the author's line
static int primitive_check(lua_State *L)
{
    const char *type = lua_tostring(L, 2);

    if (strcmp(luaL_typename(L, 1), type) != 0)
        vm_raise(L, "%s must be a %s, not %s", lua_tostring(L, 3), type, vm_type_words(L, 1));
    return 0;
}

// is_table(v)
static int primitive_is_table(lua_State *L)
{
    lua_pushboolean(L, lua_istable(L, 1));
    return 1;
}

// text(v) -> v, which must be usable as a replacement
static int primitive_text(lua_State *L)
{
    if (!lua_isstring(L, 1))
        vm_raise(L, "string.gsub: a replacement must be a string or a number, not %s",
                 vm_type_words(L, 1));
    lua_settop(L, 1);
    return 1;
}

// is_cancelled(): was the strand that runs told to end?
static int primitive_is_cancelled(lua_State *L)
{
    lua_pushboolean(L, script_of(L)->current->cancelled);
    return 1;
}

// throttle(options) -> the number of branches at a time, 0 for all
static int primitive_throttle(lua_State *L)
{
    lua_Integer throttle = 0;

    lua_settop(L, 1);
    options_read(L, "foreach", 1, 0, OPTION_THROTTLE, NULL);
    if (lua_istable(L, 1) && lua_getfield(L, 1, "throttle") != LUA_TNIL) {
        throttle = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (throttle < 1 || throttle > INT32_MAX)
            options_raise(L, "foreach", "throttle", "a whole number of at least 1");
    }
    lua_pushinteger(L, throttle);
    return 1;
}

// less(a, b): a < b, raising at the author's line when they have no order
static int primitive_less(lua_State *L)
{
    int a = lua_type(L, 1), b = lua_type(L, 2);
    bool plain = a == b && (a == LUA_TNUMBER || a == LUA_TSTRING);

    if (!plain && !luaL_getmetafield(L, 1, "__lt") && !luaL_getmetafield(L, 2, "__lt"))
        vm_raise(L, "table.sort: %s and %s cannot be compared", vm_type_words(L, 1),
                 vm_type_words(L, 2));
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

static int flow_parallel(lua_State *L) { return prelude_call(L, "parallel"); }
static int flow_foreach(lua_State *L) { return prelude_call(L, "foreach"); }

// ---- waits

// Common end of waits that give nothing.
static int wait_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    if (!answer->ok)
        result_push_failed(L, strand, answer, 0);
    return 0;
}

// sleep(duration)
static int flow_sleep(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_SLEEP, "sleep");
    int64_t ms = options_duration_ms(L, "sleep", "the duration", 1);

    strand->effect.duration_ms = ms;
    value_put_map(&strand->args, 1);
    value_put_str(&strand->args, "ms");
    value_put_int(&strand->args, ms);
    return wait_yield(L, strand, wait_done);
}

static int signal_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    if (answer->outcome->kind == OUTCOME_TIMEOUT) {
        lua_pushnil(L);
        lua_pushliteral(L, "timeout");
        return 2;
    }
    if (!answer->ok)
        result_push_failed(L, strand, answer, 0);
    convert_decode(L, answer->outcome->value);
    return 1;
}

// wait_signal(name, { within = duration }?) -> value, or nil, "timeout"
static int flow_wait_signal(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_SIGNAL, "signal");
    struct slice name = vm_check_string(L, "wait_signal", 1);
    int64_t within_ms = -1;

    lua_settop(L, 2);
    options_read(L, "wait_signal", 2, 0, OPTION_WITHIN, NULL);
    if (lua_istable(L, 2) && lua_getfield(L, 2, "within") != LUA_TNIL)
        within_ms = options_duration_ms(L, "wait_signal", "option 'within'", -1);
    lua_settop(L, 2);
    buf_add_slice(&strand->name, name);
    strand->effect.duration_ms = within_ms;
    value_put_map(&strand->args, within_ms < 0 ? 1 : 2);
    value_put_str(&strand->args, "name");
    value_put_bytes(&strand->args, name);
    if (within_ms >= 0) {
        value_put_str(&strand->args, "within");
        value_put_int(&strand->args, within_ms);
    }
    return wait_yield(L, strand, signal_done);
}

// suspend(reason): the job is suspended until a person resumes it
static int flow_suspend(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_SUSPEND, "suspend");
    struct slice reason = vm_check_string(L, "suspend", 1);

    buf_add_slice(&strand->message, reason);
    value_put_map(&strand->args, 1);
    value_put_str(&strand->args, "reason");
    value_put_bytes(&strand->args, reason);
    return wait_yield(L, strand, wait_done);
}

// ---- once, whose function is called by script_once

static int once_done(lua_State *L, int status, lua_KContext ctx)
{
    struct script_strand *strand;
    const struct answer *answer = wait_answer(L, &strand);

    (void)status;
    (void)ctx;
    vm_get(L, VM_PENDING); // the function may be collected
    lua_pushboolean(L, 0);
    lua_rawseti(L, -2, (lua_Integer)strand->handle + 1);
    if (answer->ok) {
        convert_decode(L, answer->outcome->value);
        return 1;
    }
    lua_pushnil(L);
    result_push_failed(L, strand, answer, 0);
    return 2;
}

// once(name, fn, opts?) -> what fn returns, or nil and the failed result
static int flow_once(lua_State *L)
{
    struct script_strand *strand = wait_begin(L, EFFECT_ONCE, "once");
    struct slice name = vm_check_string(L, "once", 1);

    vm_check_function(L, "once", 2);
    lua_settop(L, 3);
    options_read(L, "once", 3, 0, OPTIONS_RETRY, strand);
    buf_clear(&strand->name);
    buf_add_slice(&strand->name, name);
    value_put_map(&strand->args, 1);
    value_put_str(&strand->args, "name");
    value_put_bytes(&strand->args, name);
    vm_get(L, VM_PENDING);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, (lua_Integer)strand->handle + 1);
    lua_settop(L, 2);
    return wait_yield(L, strand, once_done);
}

// ---- time, which is the time of the event that resumed the strand

// now() -> seconds since 1970
static int flow_now(lua_State *L)
{
    wait_check_header(L);
    lua_pushnumber(L, (lua_Number)script_of(L)->now_unix_ms / 1000);
    return 1;
}

static void check_date_format(lua_State *L, const char *format)
{
    for (const char *p = strchr(format, '%'); p; p = strchr(p + 2, '%'))
        if (!p[1] || !strchr("aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", p[1]))
            vm_raise(L, "date: '%%%.1s' is no conversion", p + 1);
}

// The format is the author's, checked above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

// date(format?) -> the time as text, in UTC
static int flow_date(lua_State *L)
{
    const char *format = "%Y-%m-%dT%H:%M:%SZ";
    time_t seconds;
    struct tm tm;
    char text[DATE_TEXT_MAX];
    size_t len;

    wait_check_header(L);
    if (!lua_isnoneornil(L, 1)) {
        vm_check_string(L, "date", 1);
        format = lua_tostring(L, 1);
        check_date_format(L, format);
    }
    seconds = (time_t)(script_of(L)->now_unix_ms / 1000);
    if (!gmtime_r(&seconds, &tm))
        vm_raise(L, "date: the time is out of range");
    len = *format ? strftime(text, sizeof(text), format, &tm) : 0;
    if (*format && len == 0)
        vm_raise(L, "date: the text would be longer than %d bytes", DATE_TEXT_MAX - 1);
    lua_pushlstring(L, text, len);
    return 1;
}

#pragma GCC diagnostic pop

// ---- failing and cleaning up

// fail(message): the strand fails; the message is for people and has no line
static int flow_fail(lua_State *L)
{
    vm_check_string(L, "fail", 1);
    lua_settop(L, 1);
    error_push(L, "failed");
    return lua_error(L);
}

static int add_cleanup(lua_State *L, const char *function, int kind)
{
    struct script *script = script_of(L);

    wait_check_header(L);
    if (script->mode == SCRIPT_ONCE)
        vm_raise(L, "%s: not inside once(): nothing of it is kept", function);
    vm_check_function(L, function, 1);
    lua_settop(L, 1);
    strand_push_cleanup(L, script->current, kind);
    return 0;
}

// undo(fn): called, newest first, when the strand fails or is cancelled
static int flow_undo(lua_State *L) { return add_cleanup(L, "undo", CLEANUP_UNDO); }

// defer(fn): called, newest first, when the strand ends
static int flow_defer(lua_State *L) { return add_cleanup(L, "defer", CLEANUP_DEFER); }

void lib_primitives_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "check", primitive_check },       { "concat", table_concat },
        { "error_table", primitive_error_table },
        { "fail", flow_fail },              { "rethrow", primitive_rethrow },
        { "fork", primitive_fork },         { "is_table", primitive_is_table },
        { "less", primitive_less },         { "now", flow_now },
        { "scan", string_scan },
        { "sleep", flow_sleep },
        { "sub", string_sub },              { "text", primitive_text },
        { "is_cancelled", primitive_is_cancelled }, { "throttle", primitive_throttle }, { "throw", primitive_throw },
        { NULL, NULL },
    };

    luaL_newlib(L, functions);
    lib_hosts_primitives(L);
    lib_files_primitives(L);
    lib_host_wait_primitives(L);
    lib_base_open(L); // pairs, tostring: the script may have replaced its own
}

void lib_flow_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "date", flow_date },         { "defer", flow_defer },
        { "fail", flow_fail },         { "foreach", flow_foreach },
        { "now", flow_now },           { "once", flow_once },
        { "parallel", flow_parallel }, { "sleep", flow_sleep },
        { "suspend", flow_suspend },   { "undo", flow_undo },
        { "wait_signal", flow_wait_signal },
        { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}
