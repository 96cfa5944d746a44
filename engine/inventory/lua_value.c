// SPDX-License-Identifier: MIT
#include "inventory/lua_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "inventory/inventory.h"

struct conversion {
    lua_State *L;
    struct err *err;
    struct buf path; // of the value that is being converted
    size_t values;
    unsigned depth;
};

static json_t *convert(struct conversion *c);

static json_t *refuse(struct conversion *c, const char *why)
{
    err_set(c->err, ERR_USAGE, "%.200s: %s", c->path.len ? buf_cstr(&c->path) : "the table",
            why);
    return NULL;
}

static json_t *made(struct conversion *c, json_t *json)
{
    if (!json)
        err_set(c->err, -ENOMEM, "out of memory");
    return json;
}

// ---- tables

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The same members in the order of their names.
static json_t *sorted(const json_t *object)
{
    size_t count = json_object_size(object), n = 0;
    const char **names = calloc(count ? count : 1, sizeof(*names));
    json_t *ret = names ? json_object() : NULL, *value;
    const char *name;

    if (ret) {
        json_object_foreach((json_t *)(uintptr_t)object, name, value)
            names[n++] = name;
        qsort(names, n, sizeof(*names), compare_names);
    }
    for (size_t i = 0; ret && i < n; i++)
        if (json_object_set(ret, names[i], json_object_get(object, names[i])) < 0) {
            json_decref(ret);
            ret = NULL;
        }
    free(names);
    return ret;
}

// Converts the value on top and takes it off.
static json_t *convert_member(struct conversion *c, size_t path)
{
    json_t *value = convert(c);

    if (value)
        buf_cut(&c->path, path);
    lua_pop(c->L, 1);
    return value;
}

static json_t *list_json(struct conversion *c, size_t count)
{
    json_t *list = made(c, json_array());

    for (size_t i = 1; list && i <= count; i++) {
        size_t path = c->path.len;
        json_t *value;
        buf_addf(&c->path, "[%zu]", i);
        lua_rawgeti(c->L, -1, (lua_Integer)i);
        value = convert_member(c, path);
        if (value && json_array_append_new(list, value) == 0)
            continue;
        if (value)
            made(c, NULL);
        json_decref(list);
        list = NULL;
    }
    return list;
}

// Key at -2, value at -1; takes the value off.
static int member_set(struct conversion *c, json_t *object)
{
    size_t path = c->path.len, len;
    const char *name;
    json_t *value;

    if (lua_type(c->L, -2) != LUA_TSTRING) {
        refuse(c, "a table has names, or 1, 2, 3 and so on, and not both");
        return -1;
    }
    name = lua_tolstring(c->L, -2, &len);
    if (strlen(name) != len) {
        refuse(c, "a name has a NUL byte in it");
        return -1;
    }
    buf_addf(&c->path, "%s%s", path ? "." : "", name);
    value = convert_member(c, path);
    if (!value)
        return -1;
    if (json_object_set_new(object, name, value) == 0)
        return 0;
    refuse(c, "a name is not UTF-8 text");
    return -1;
}

static json_t *object_json(struct conversion *c)
{
    json_t *object = made(c, json_object()), *ret = NULL;
    int rc = object ? 0 : -1;

    lua_pushnil(c->L);
    while (rc == 0 && lua_next(c->L, -2))
        rc = member_set(c, object);
    if (rc < 0)
        lua_pop(c->L, 1); // the key
    else
        ret = made(c, sorted(object));
    json_decref(object);
    return ret;
}

static size_t count_members(lua_State *L)
{
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        n++;
    return n;
}

// Also the empty table is a list; whoever expects names takes it for none.
static json_t *table_json(struct conversion *c)
{
    size_t count = lua_rawlen(c->L, -1);
    json_t *ret;

    if (c->depth == INVENTORY_DEPTH_MAX || !lua_checkstack(c->L, 8))
        return refuse(c, "tables are nested too deep, or in a circle");
    c->depth++;
    ret = count_members(c->L) == count ? list_json(c, count) : object_json(c);
    c->depth--;
    return ret;
}

// ---- one value

static json_t *text_json(struct conversion *c)
{
    size_t len;
    const char *text = lua_tolstring(c->L, -1, &len);
    json_t *ret = json_stringn(text, len);

    return ret ? ret : refuse(c, "the text is not UTF-8");
}

static json_t *number_json(struct conversion *c)
{
    if (lua_isinteger(c->L, -1))
        return made(c, json_integer(lua_tointeger(c->L, -1)));
    if (!isfinite(lua_tonumber(c->L, -1)))
        return refuse(c, "a number that is infinite, or none");
    return made(c, json_real(lua_tonumber(c->L, -1)));
}

static json_t *convert(struct conversion *c)
{
    if (++c->values > INVENTORY_VALUES_MAX)
        return refuse(c, "there are too many values; divide the inventory");
    switch (lua_type(c->L, -1)) {
    case LUA_TSTRING: return text_json(c);
    case LUA_TNUMBER: return number_json(c);
    case LUA_TBOOLEAN: return made(c, json_boolean(lua_toboolean(c->L, -1)));
    case LUA_TTABLE: return table_json(c);
    default: return refuse(c, "a text, a number, a boolean or a table is expected");
    }
}

json_t *lua_value_json(lua_State *L, struct err *err)
{
    struct conversion c = { .L = L, .err = err };
    json_t *ret;

    buf_init(&c.path, 0);
    ret = convert(&c);
    buf_release(&c.path);
    return ret;
}
