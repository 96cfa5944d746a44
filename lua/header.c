// SPDX-License-Identifier: MIT
// script_header: the script's main strand runs in a state of its own where the
// first thing that only a job has (a step, a note, params) ends it, and where
// workflow{...} ends it with the header. What runs before is plain Lua, within a
// small budget.
#include "lua/header.h"

#include "base/suggest.h"
#include "lua/convert.h"
#include "lua/internal.h"
#include "lua/keys.h"
#include "lua/options.h"

enum { HEADER_BUDGET = 1000 * 1000 };

// ---- checks

static struct slice string_on_top(lua_State *L)
{
    struct slice s;

    s.ptr = (const uint8_t *)lua_tolstring(L, -1, &s.len);
    return s;
}

_Noreturn static void refuse_field(lua_State *L, const char *where, struct slice field,
                                   const char *const known[], size_t count)
{
    char text[SUGGEST_LIST_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, field);
    for (size_t k = known[0] ? 0 : 1; k < count; k++)
        suggest_add(&suggest, slice_str(known[k]));
    vm_raise(L, "%s: unknown field '%.*s'%s%s", where, SLICE_ARG(field),
             suggest_or_list(&suggest, text),
             known[0] || suggest.best.len
                 ? "" : ", behind the type, which has no name: { \"integer\", default = 1 }");
}

// Every key of the table at idx must be one of `known`; a NULL in front stands for
// a first list element.
static void check_keys(lua_State *L, int idx, const char *where, const char *const known[],
                       size_t count)
{
    struct keys keys;

    if (!keys_collect(L, idx, &keys))
        vm_raise(L, "%s: a key is %s", where, vm_type_words(L, -1));
    for (size_t i = 0; i < keys.count; i++) {
        bool found = keys.at[i].type == KEY_INT && keys.at[i].i == 1 && known[0] == NULL;
        if (keys.at[i].type != KEY_STRING && !found)
            vm_raise(L, "%s: unexpected element in the table", where);
        for (size_t k = known[0] ? 0 : 1; k < count && !found; k++)
            found = slice_is(keys.at[i].s, known[k]);
        if (!found)
            refuse_field(L, where, keys.at[i].s, known, count);
    }
    lua_pop(L, 1);
}

static void put_field(lua_State *L, const char *where, struct buf *buf, const char *key)
{
    struct err err;

    value_put_str(buf, key);
    if (convert_encode(L, -1, where, buf, &err) < 0)
        vm_raise(L, "%s", err.text);
}

// ---- one parameter

// Behind the type, which has no name.
static const char *const param_fields[] = { NULL, "about", "choices", "default", "max", "min",
                                            "required" };
enum { PARAM_FIELD_COUNT = sizeof(param_fields) / sizeof(*param_fields) };

// Stack: [-1] the declaration's field. Its type must fit.
static void check_param_field(lua_State *L, const char *where, const char *field)
{
    bool text = strcmp(field, "about") == 0;
    bool flag = strcmp(field, "required") == 0;
    bool list = strcmp(field, "choices") == 0;

    if (text && lua_type(L, -1) != LUA_TSTRING)
        vm_raise(L, "%s: 'about' must be a string, not %s", where, vm_type_words(L, -1));
    if (flag && lua_type(L, -1) != LUA_TBOOLEAN)
        vm_raise(L, "%s: 'required' must be true or false, not %s", where, vm_type_words(L, -1));
    if (list && (lua_type(L, -1) != LUA_TTABLE || keys_list_length(L, -1) < 1))
        vm_raise(L, "%s: 'choices' must be a list of strings, not %s", where,
                 vm_type_words(L, -1));
}

// Stack: [-1] the declaration, a table. Pushes its type's name.
static enum param_type push_type(lua_State *L, const char *where)
{
    enum param_type type = PARAM_TYPE_COUNT;

    if (lua_rawgeti(L, -1, 1) == LUA_TSTRING)
        type = param_type_parse(string_on_top(L));
    if (type == PARAM_TYPE_COUNT) {
        if (lua_type(L, -1) != LUA_TSTRING)
            vm_raise(L, "%s: the first element must be the type, like { \"integer\", default = 1 }",
                     where);
        vm_raise(L, "%s: '%s' is no type; types are string, integer, number, boolean, duration, "
                    "list, choice, hosts, secret", where, lua_tostring(L, -1));
    }
    return type;
}

// A default, and bounds, must be values of the parameter's own type.
static void check_values(lua_State *L, const char *where, struct slice entry)
{
    static const char *const valued[] = { "default", "min", "max" };
    struct script *script = script_of(L);
    struct buf *scratch = &script->scratch;
    struct err err;
    msgpack_object param;
    size_t at = 0;

    if (value_parse(&script->doc, entry, &at, &param, NULL) < 0)
        vm_stop(L, ERR_MEMORY);
    for (size_t i = 0; i < sizeof(valued) / sizeof(*valued); i++) {
        const value *v = value_get(&param, valued[i]);
        buf_clear(scratch);
        if (v && param_convert(&param, v, scratch, &err) < 0)
            vm_raise(L, "%s: '%s' %s", where, valued[i], err.text);
    }
}

// Stack: [-1] a declaration. name = "type" is short for name = { "type" }.
static void check_declaration(lua_State *L, const char *where)
{
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    if (lua_type(L, -1) != LUA_TTABLE)
        vm_raise(L, "%s: it must be declared by a table like { \"integer\", default = 1 }", where);
    check_keys(L, lua_gettop(L), where, param_fields, PARAM_FIELD_COUNT);
}

static size_t count_present(lua_State *L, int decl)
{
    size_t present = 0;

    for (size_t i = 1; i < PARAM_FIELD_COUNT; i++) {
        present += lua_getfield(L, decl, param_fields[i]) != LUA_TNIL;
        lua_pop(L, 1);
    }
    return present;
}

// Stack: [-1] the declaration. Appends its entry, whose keys are in order: name
// comes between min and required, type last.
static void put_param(lua_State *L, struct slice name, struct buf *buf)
{
    char where[128];
    size_t from = buf->len;
    enum param_type type;
    int decl = lua_gettop(L);

    snprintf(where, sizeof(where), "workflow: parameter '%.*s'", SLICE_ARG(name));
    check_declaration(L, where);
    value_put_map(buf, count_present(L, decl) + 2);
    for (size_t i = 1; i < PARAM_FIELD_COUNT; i++) {
        if (strcmp(param_fields[i], "required") == 0) {
            value_put_str(buf, "name");
            value_put_bytes(buf, name);
        }
        if (lua_getfield(L, decl, param_fields[i]) != LUA_TNIL) {
            check_param_field(L, where, param_fields[i]);
            put_field(L, where, buf, param_fields[i]);
        }
        lua_pop(L, 1);
    }
    type = push_type(L, where);
    put_field(L, where, buf, "type");
    if (type == PARAM_CHOICE && lua_getfield(L, decl, "choices") == LUA_TNIL)
        vm_raise(L, "%s: a choice needs 'choices', a list of strings", where);
    check_values(L, where, slice_of(buf->ptr + from, buf->len - from));
}

static bool is_param_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i], low = c | 0x20;
        if (c != '_' && !(low >= 'a' && low <= 'z') &&
            !(i > 0 && (c == '-' || (c >= '0' && c <= '9'))))
            return false;
    }
    return s.len > 0;
}

// Stack: [-1] the table of parameters, or nil.
static void put_params(lua_State *L, struct buf *buf)
{
    struct keys keys = { 0 };
    int params = lua_gettop(L);

    value_put_str(buf, "params");
    if (lua_isnil(L, params)) {
        value_put_array(buf, 0);
        return;
    }
    if (lua_type(L, params) != LUA_TTABLE)
        vm_raise(L, "workflow: 'params' must be a table, not %s", vm_type_words(L, params));
    if (!keys_collect(L, params, &keys))
        vm_raise(L, "workflow: 'params' has a name that is %s", vm_type_words(L, -1));
    value_put_array(buf, keys.count);
    for (size_t i = 0; i < keys.count; i++) {
        if (keys.at[i].type != KEY_STRING || !is_param_name(keys.at[i].s))
            vm_raise(L, "workflow: names of parameters are letters, digits, '_' and '-'");
        key_push(L, &keys.at[i]);
        lua_rawget(L, params);
        put_param(L, keys.at[i].s, buf);
        lua_settop(L, params + 1);
    }
}

// ---- the whole

enum field { FIELD_ABOUT, FIELD_CLEANUP, FIELD_ELAPSED, FIELD_HOSTS, FIELD_META, FIELD_ON_ERROR, FIELD_PARAMS,
             FIELD_TIMEOUT, FIELD_COUNT };

static const char *const fields[FIELD_COUNT] = { // in the order of an encoded map
    "about", "cleanup_timeout", "elapsed_timeout", "hosts", "meta", "on_error", "params", "timeout",
};

// Stack: [-1] one of the job's limits. None is said by leaving it out, not by 0.
static void put_limit(lua_State *L, const char *field, struct buf *buf)
{
    int64_t ms = options_duration_ms(L, "workflow", field, -1);

    if (ms == 0)
        vm_raise(L, "workflow: '%s' must be longer than 0; leave it out for none", field);
    value_put_str(buf, field);
    value_put_int(buf, ms);
}

// Stack: [-1] the field's value, not nil.
static void put_header_field(lua_State *L, enum field field, struct buf *buf)
{
    bool text = field == FIELD_ABOUT || field == FIELD_HOSTS || field == FIELD_ON_ERROR;
    char where[48];

    snprintf(where, sizeof(where), "workflow: '%s'", fields[field]);
    if (text && lua_type(L, -1) != LUA_TSTRING)
        vm_raise(L, "%s must be a string, not %s", where, vm_type_words(L, -1));
    if (field == FIELD_ON_ERROR && strcmp(lua_tostring(L, -1), "fail") != 0 &&
        strcmp(lua_tostring(L, -1), "suspend") != 0)
        vm_raise(L, "%s must be 'fail' or 'suspend', not '%s'", where, lua_tostring(L, -1));
    if (field == FIELD_META && lua_type(L, -1) != LUA_TTABLE)
        vm_raise(L, "%s must be a table, not %s", where, vm_type_words(L, -1));
    if (field == FIELD_ELAPSED || field == FIELD_TIMEOUT || field == FIELD_CLEANUP) {
        put_limit(L, fields[field], buf);
        return;
    }
    put_field(L, where, buf, fields[field]);
}

static void put_header(lua_State *L, struct buf *buf)
{
    size_t present = 1; // params is always there

    for (int i = 0; i < FIELD_COUNT; i++) {
        present += i != FIELD_PARAMS && lua_getfield(L, 1, fields[i]) != LUA_TNIL;
        lua_settop(L, 1);
    }
    value_put_map(buf, present);
    for (int i = 0; i < FIELD_COUNT; i++) {
        int type = lua_getfield(L, 1, fields[i]);
        if (i == FIELD_PARAMS)
            put_params(L, buf);
        else if (type != LUA_TNIL)
            put_header_field(L, (enum field)i, buf);
        lua_settop(L, 1);
    }
}

int lib_workflow(lua_State *L)
{
    struct script *script = script_of(L);

    if (script->mode != SCRIPT_HEADER)
        return 0;
    if (lua_type(L, 1) != LUA_TTABLE)
        vm_raise_argument(L, "workflow", 1, "a table");
    lua_settop(L, 1);
    check_keys(L, 1, "workflow", fields, FIELD_COUNT);
    put_header(L, script->header);
    vm_stop(L, VM_STOP_HEADER);
}

static int header_result(const struct script *script, const struct effect *effect, int rc,
                         struct slice name, struct buf *ret, struct err *err)
{
    if (script->vm.failed == VM_STOP_HEADER)
        return 0;
    if (script->vm.failed == ERR_BUDGET)
        return err_set(err, ERR_SCRIPT, "%.*s: it runs for long before its first step or its "
                                        "header; put workflow{...} first", SLICE_ARG(name));
    if (script->vm.failed == ERR_MEMORY)
        return rc;
    if (script->vm.failed == 0 && effect->failed)
        return err_set(err, ERR_SCRIPT, "%.*s", SLICE_ARG(effect->message));
    value_put_map(ret, 0); // it has none
    return 0;
}

int script_header(struct slice name, struct slice text, struct buf *ret, struct err *err)
{
    struct script_options options = { .name = name, .text = text, .budget_max = HEADER_BUDGET };
    struct answer start = { .kind = ANSWER_START };
    struct effect effect = { .failed = false };
    size_t from = ret->len;
    struct script *script;
    int rc = script_make(&script, &options, SCRIPT_HEADER, err);

    if (rc < 0)
        return rc;
    script->header = ret;
    rc = script_resume(script, 0, &start, &effect, err);
    if (script->vm.failed != VM_STOP_HEADER)
        buf_cut(ret, from); // a header that was refused halfway
    rc = header_result(script, &effect, rc, name, ret, err);
    script_free(script);
    if (rc == 0 && buf_failed(ret))
        return err_set(err, buf_failed(ret), "no memory for a header");
    return rc;
}
