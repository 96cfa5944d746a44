// SPDX-License-Identifier: MIT
// Sets of hosts: lists of handles that know what to do on all of them. What calls a
// function of the script, or waits, is the prelude's; here are the sets themselves.
#include "lua/lib_hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/suggest.h"
#include "lua/ask.h"
#include "lua/convert.h"
#include "lua/lib_host.h"
#include "lua/options.h"
#include "lua/wait.h"
#include "model/hostset.h"
#include "model/target.h"

enum { BATCH_PERCENT_MAX = 100 };

static bool is_set(lua_State *L, int idx)
{
    return vm_has_meta(L, idx, LUA_TTABLE, VM_HOSTS_META);
}

#define MAKE_ANOTHER "make another: hosts + host 'a', hosts - ..., hosts:filter(function)"

// __newindex sees no change of an element that is there: a script can put anything
// into its place, and what follows reads user values of it.
static void check_elements(lua_State *L, int idx)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, idx);

    vm_charge(L, (uint64_t)count);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, idx, i);
        if (!host_is(L, -1))
            vm_raise(L, "a set of hosts was changed: its element %lld is %s, not a host; "
                     MAKE_ANOTHER, (long long)i, vm_type_words(L, -1));
        lua_pop(L, 1);
    }
}

static void check_set(lua_State *L, const char *method)
{
    if (!is_set(L, 1))
        vm_raise(L, "%s: call it with a colon, on a set of hosts: hosts:%s(...)", method, method);
    check_elements(L, 1);
}

// Makes the list on top a set.
static void make_set(lua_State *L)
{
    vm_get(L, VM_HOSTS_META);
    lua_setmetatable(L, -2);
}

// ---- handles by name

// Stack: VM_HOSTS, a new handle. A replay does not call a once, so nothing made inside
// one is kept.
static void keep_named(lua_State *L, struct slice name)
{
    if (script_of(L)->mode == SCRIPT_ONCE)
        return;
    lua_pushlstring(L, (const char *)name.ptr, name.len);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
}

// Pushes the handle of a name: the job's own, which has variables, or a new one.
static void push_named(lua_State *L, struct slice name)
{
    vm_get(L, VM_HOSTS);
    lua_pushlstring(L, (const char *)name.ptr, name.len);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushlstring(L, (const char *)name.ptr, name.len);
        lua_pushnil(L);
        lua_pushnil(L);
        host_push(L);
        keep_named(L, name);
    }
    lua_remove(L, -2);
}

static void refuse_text(lua_State *L, const char *function, struct slice text)
{
    vm_raise(L, "%s: '%.*s' is no name of a host: [user@]host[:port] is wanted, of letters, "
             "digits, '.', '_' and '-'", function, text.len < 60 ? (int)text.len : 60,
             (const char *)text.ptr);
}

// host(name) -> a handle
static int host_named(lua_State *L)
{
    struct slice name = vm_check_string(L, "host", 1);

    if (!hostset_is_name(name))
        refuse_text(L, "host", name);
    push_named(L, name);
    return 1;
}

// The names that the text gives, each with a NUL, in the script's scratch: Lua may
// raise, and a hostset would leak then.
static int expand(lua_State *L, struct slice text, struct err *err)
{
    struct buf *names = &script_of(L)->scratch;
    struct hostset set;
    int rc;

    buf_clear(names);
    hostset_init(&set);
    rc = hostset_add_text(&set, text, err);
    for (size_t i = 0; rc == 0 && i < set.count; i++)
        buf_add(names, set.names[i], strlen(set.names[i]) + 1);
    hostset_release(&set);
    if (rc == 0 && buf_failed(names))
        rc = err_set(err, -ENOMEM, "no memory for a set of hosts");
    return rc;
}

static void push_expanded(lua_State *L)
{
    struct slice names = buf_slice(&script_of(L)->scratch);
    lua_Integer n = 0;

    lua_pushlstring(L, (const char *)names.ptr, names.len);
    names.ptr = (const uint8_t *)lua_tolstring(L, -1, &names.len);
    lua_createtable(L, 0, 0);
    while (names.len) {
        struct slice name = slice_str((const char *)names.ptr);
        push_named(L, name);
        lua_rawseti(L, -2, ++n);
        names = slice_of(names.ptr + name.len + 1, names.len - name.len - 1);
    }
    lua_remove(L, -2);
    make_set(L);
}

// hosts "web[1-4],!web3" -> a set. [1] is the set that was called.
static int hosts_call(lua_State *L)
{
    struct slice text = vm_check_string(L, "hosts", 2);
    struct err err;

    vm_charge_bytes(L, text.len);
    if (expand(L, text, &err) < 0)
        vm_raise(L, "hosts: %s", err_text(&err));
    push_expanded(L);
    return 1;
}

// ---- methods

static int hosts_each(lua_State *L)
{
    check_set(L, "each");
    return prelude_call(L, "each");
}

static int hosts_rolling(lua_State *L)
{
    check_set(L, "rolling");
    return prelude_call(L, "rolling");
}

static int hosts_run(lua_State *L)
{
    check_set(L, "run");
    return prelude_call(L, "run");
}

static int hosts_filter(lua_State *L)
{
    check_set(L, "filter");
    return prelude_call(L, "filter");
}

static int hosts_batches(lua_State *L)
{
    check_set(L, "batches");
    return prelude_call(L, "batches");
}

// hosts:names() -> list of strings
static int hosts_names(lua_State *L)
{
    lua_Integer count;

    check_set(L, "names");
    count = (lua_Integer)lua_rawlen(L, 1);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        lua_getiuservalue(L, -1, VALUE_NAME);
        lua_rawseti(L, -3, i);
        lua_pop(L, 1);
    }
    return 1;
}

static int hosts_union(lua_State *L) { return prelude_call(L, "union"); }
static int hosts_difference(lua_State *L) { return prelude_call(L, "difference"); }
static int hosts_intersection(lua_State *L) { return prelude_call(L, "intersection"); }

static const luaL_Reg methods[] = {
    { "each", hosts_each },       { "rolling", hosts_rolling }, { "run", hosts_run },
    { "filter", hosts_filter },   { "batches", hosts_batches }, { "names", hosts_names },
    { NULL, NULL },
};

// A method; nil beyond the end, as of every list. Upvalue: the methods.
static int hosts_index(lua_State *L)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING)
        return 1;
    suggest_begin(&suggest, slice_str(lua_tostring(L, 2)));
    for (const luaL_Reg *m = methods; m->name; m++)
        suggest_add(&suggest, slice_str(m->name));
    vm_raise(L, "a set of hosts has no field '%s'%s", lua_tostring(L, 2),
             suggest_text(&suggest, text));
}

static int hosts_newindex(lua_State *L)
{
    vm_raise(L, "a set of hosts cannot be changed; " MAKE_ANOTHER);
}

static int hosts_tostring(lua_State *L)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    luaL_Buffer text;

    check_elements(L, 1);
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&text, ',');
        lua_rawgeti(L, 1, i);
        lua_getiuservalue(L, -1, VALUE_NAME);
        lua_remove(L, -2);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    return 1;
}

// ---- what the prelude uses

// set(list) -> the list, made a set
static int primitive_set(lua_State *L)
{
    lua_settop(L, 1);
    make_set(L);
    return 1;
}

// check_hosts(value, what) -> a list of handles: of a set, or of one handle
static int primitive_check_hosts(lua_State *L)
{
    if (is_set(L, 1)) {
        check_elements(L, 1);
        lua_settop(L, 1);
        return 1;
    }
    if (!host_is(L, 1)) {
        wait_check_header(L); // where `hosts` is no set
        vm_raise(L, "%s must be a set of hosts or a host, not %s", lua_tostring(L, 2),
                 vm_type_words(L, 1));
    }
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    return 1;
}

static lua_Integer whole_option(lua_State *L, const char *function, const char *name,
                                lua_Integer least, lua_Integer fallback)
{
    lua_Integer ret = fallback;

    if (lua_istable(L, 2) && lua_getfield(L, 2, name) != LUA_TNIL) {
        ret = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : least - 1;
        if (ret < least || ret > INT32_MAX)
            options_raise(L, function, name, least ? "a whole number of at least 1"
                                                   : "a whole number of at least 0");
    }
    lua_settop(L, 2);
    return ret;
}

// each_options(function, options) -> throttle (0: all at a time), max_failures (-1: no bound)
static int primitive_each_options(lua_State *L)
{
    const char *function = lua_tostring(L, 1);
    lua_Integer throttle, most;

    lua_settop(L, 2);
    options_read(L, function, 2, 0, OPTION_THROTTLE | OPTION_MAX_FAILURES, NULL);
    throttle = whole_option(L, function, "throttle", 1, 0);
    most = whole_option(L, function, "max_failures", 0, -1);
    lua_pushinteger(L, throttle);
    lua_pushinteger(L, most);
    return 2;
}

// rolling_options(function, options) -> batches (a list or nil), pause (seconds or nil),
// max_failures
static int primitive_rolling_options(lua_State *L)
{
    lua_Integer most;

    lua_settop(L, 2);
    options_read(L, "rolling", 2, 0, OPTION_BATCHES | OPTION_PAUSE | OPTION_MAX_FAILURES, NULL);
    most = whole_option(L, "rolling", "max_failures", 0, 0);
    if (!lua_istable(L, 2))
        lua_createtable(L, 0, 0);
    lua_getfield(L, -1, "batches");
    if (!lua_isnil(L, -1) && !lua_istable(L, -1))
        options_raise(L, "rolling", "batches", "a list of numbers and percentages, { 1, \"25%\" }");
    lua_getfield(L, -2, "pause");
    if (!lua_isnil(L, -1))
        options_duration_ms(L, "rolling", "option 'pause'", -1);
    lua_pushinteger(L, most);
    return 3;
}

// "25%" of the total, one at least; "3", as an item of a list parameter is; 0 for another
// text
static lua_Integer size_of_text(const char *text, lua_Integer total)
{
    char *end = NULL;
    unsigned long percent = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

    if (!end)
        return 0;
    if (!*end && percent <= INT32_MAX)
        return (lua_Integer)percent;
    if (percent < 1 || percent > BATCH_PERCENT_MAX || strcmp(end, "%") != 0)
        return 0;
    return total * (lua_Integer)percent >= 100 ? total * (lua_Integer)percent / 100 : 1;
}

// batch_size(what, spec, total) -> how many hosts: of 3 or "25%", one at least and all
// at most
static int primitive_batch_size(lua_State *L)
{
    lua_Integer total = lua_tointeger(L, 3), size = 0;

    if (lua_isinteger(L, 2))
        size = lua_tointeger(L, 2);
    else if (lua_type(L, 2) == LUA_TSTRING)
        size = size_of_text(lua_tostring(L, 2), total);
    if (size < 1)
        vm_raise(L, "%s: a batch must be a whole number of at least 1, or a percentage like "
                    "\"25%%\"", lua_tostring(L, 1));
    lua_pushinteger(L, size < total ? size : total);
    return 1;
}

void lib_hosts_primitives(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "batch_size", primitive_batch_size },
        { "check_hosts", primitive_check_hosts },
        { "each_options", primitive_each_options },
        { "names", hosts_names },
        { "rolling_options", primitive_rolling_options },
        { "set", primitive_set },
        { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}

// ---- opening

void lib_hosts_open(lua_State *L)
{
    static const luaL_Reg meta[] = {
        { "__call", hosts_call }, { "__newindex", hosts_newindex },
        { "__tostring", hosts_tostring }, { NULL, NULL },
    };
    static const luaL_Reg sums[] = { // of single hosts too
        { "__add", hosts_union }, { "__mul", hosts_intersection }, { "__sub", hosts_difference },
        { NULL, NULL },
    };

    luaL_newlib(L, meta);
    luaL_setfuncs(L, sums, 0);
    luaL_newlib(L, methods);
    lua_pushcclosure(L, hosts_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "hosts");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "hosts");
    lua_setfield(L, -2, "__name");
    vm_set(L, VM_HOSTS_META);
    lua_createtable(L, 0, 0);
    vm_set(L, VM_HOSTS);
    vm_get(L, VM_HOST_META);
    luaL_setfuncs(L, sums, 0);
    lua_pop(L, 1);
    lua_pushcfunction(L, host_named);
    lua_setfield(L, -2, "host");
}

// Stack: the set on top.
static void add_target(lua_State *L, const struct target *target)
{
    vm_get(L, VM_HOSTS);
    lua_pushlstring(L, (const char *)target->name.ptr, target->name.len);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    if (target->vars)
        convert_push(L, target->vars);
    else
        lua_pushnil(L);
    host_push(L);
    lua_pushvalue(L, -1);
    lua_insert(L, -3);
    lua_rawset(L, -4); // VM_HOSTS[name]; the handle stays below
    lua_remove(L, -2);
}

void lib_hosts_set(lua_State *L, struct slice hosts)
{
    struct script *script = script_of(L);
    msgpack_object v;
    struct err err;
    size_t at = 0;

    lua_createtable(L, 0, 0);
    if (hosts.len && value_parse(&script->doc, hosts, &at, &v, &err) < 0)
        vm_stop(L, err.code == -ENOMEM ? ERR_MEMORY : ERR_CORRUPT);
    for (size_t i = 0; hosts.len && i < value_count(&v); i++) {
        struct target target = target_of(value_at(&v, i));
        add_target(L, &target);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    make_set(L);
}
