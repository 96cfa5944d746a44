// SPDX-License-Identifier: MIT
// Inventories in Lua: a file that returns a table. It is the user's own text, run for
// the user; what it may do is bounded so that a mistake in it cannot take the machine
// along: no files, no programs, a cap on memory and on instructions. A new state for
// each file, not the host of workflows: nothing here is replayed, and nothing yields.
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#include "inventory/lua_shape.h"
#include "inventory/lua_value.h"
#include "inventory/tree.h"

enum {
    MEMORY_MAX = 64 << 20,
    INSTRUCTIONS_MAX = 50 * 1000 * 1000,
    HOOK_COUNT = 1000,
};

struct limits {
    size_t bytes;
    long instructions; // left
};

static void *limited_alloc(void *ud, void *ptr, size_t old, size_t size)
{
    struct limits *limits = ud;
    size_t before = ptr ? old : 0;
    void *ret;

    if (size > before && size - before > MEMORY_MAX - limits->bytes)
        return NULL;
    ret = size ? realloc(ptr, size) : NULL;
    if (size == 0)
        free(ptr);
    if (ret || size == 0)
        limits->bytes = limits->bytes - before + size;
    return ret;
}

// Once it has fired for good it fires at every instruction, so that no pcall of the
// file's own can go on.
static void limit_hook(lua_State *L, lua_Debug *ar)
{
    void *ud;

    (void)ar;
    lua_getallocf(L, &ud);
    ((struct limits *)ud)->instructions -= HOOK_COUNT;
    if (((struct limits *)ud)->instructions > 0)
        return;
    lua_sethook(L, limit_hook, LUA_MASKCOUNT, 1);
    luaL_where(L, 0); // the function that runs: a hook has no level of its own
    lua_pushliteral(L, "it runs too long; is there an endless loop?");
    lua_concat(L, 2);
    lua_error(L);
}

// What reaches outside, or prints between what we print, is not there; nor is
// setmetatable, because Lua runs finalizers without hooks, and one could go on for ever.
// What is left to trust is string matching: a pattern may take long over a long text.
static void open_libraries(lua_State *L)
{
    static const char *const absent[] = { "dofile", "loadfile", "load", "print", "warn",
                                          "collectgarbage", "setmetatable" };

    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    lua_settop(L, 0);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        lua_pushnil(L);
        lua_setglobal(L, absent[i]);
    }
}

struct source {
    struct slice text;
    const char *name; // of the file, without its directories: Lua cuts long ones
};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

// Behind "#!", if the file begins with it, as Lua itself reads files.
static struct slice skip_first(struct slice text)
{
    const uint8_t *end = text.len && text.ptr[0] == '#' ? memchr(text.ptr, '\n', text.len) : NULL;

    return end ? slice_of(end, text.len - (size_t)(end - text.ptr)) : text;
}

// In a protected call: argument is the source; leaves what the file returned.
static int run(lua_State *L)
{
    const struct source *source = lua_touserdata(L, 1);
    struct slice text = skip_first(source->text);

    open_libraries(L);
    lua_pushfstring(L, "@%s", source->name);
    if (luaL_loadbufferx(L, text.len ? (const char *)text.ptr : "", text.len,
                         lua_tostring(L, -1), "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    return 1;
}

static int run_failed(lua_State *L, const char *path, int status, struct err *err)
{
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    const char *name = file_name(path);

    if (status == LUA_ERRMEM)
        return err_set(err, ERR_USAGE, "%.200s: it needs more than the %d MiB of memory it may "
                       "have", path, MEMORY_MAX >> 20);
    if (!text)
        return err_set(err, ERR_USAGE, "%.200s: it raised an error that is no text", path);
    // With a line it begins with the file's name; the directories come in front.
    if (strncmp(text, name, strlen(name)) == 0)
        return err_set(err, ERR_USAGE, "%.*s%.330s", (int)(name - path < 160 ? name - path : 160),
                       path, text);
    return err_set(err, ERR_USAGE, "%.160s: %.330s", path, text);
}

static int take_table(struct inventory *inventory, lua_State *L, struct err *err)
{
    json_t *table;
    int rc;

    if (lua_type(L, -1) != LUA_TTABLE)
        return err_set(err, ERR_USAGE, "%.200s: it returns %s, and an inventory returns a table: "
                       "return { hosts = {...}, groups = {...} }", inventory->path,
                       lua_isnil(L, -1) ? "nothing" : luaL_typename(L, -1));
    table = lua_value_json(L, err);
    rc = table ? lua_shape_read(inventory, table, err) : ERR_USAGE;
    json_decref(table);
    return rc < 0 ? err_wrap(err, "%.160s", inventory->path) : 0;
}

int lua_file_read(struct inventory *inventory, struct slice text, struct err *err)
{
    struct limits limits = { 0, INSTRUCTIONS_MAX };
    struct source source = { text, file_name(inventory->path) };
    lua_State *L = lua_newstate(limited_alloc, &limits);
    int status;

    if (!L)
        return err_set(err, -ENOMEM, "out of memory");
    lua_sethook(L, limit_hook, LUA_MASKCOUNT, HOOK_COUNT);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &source);
    status = lua_pcall(L, 1, 1, 0);
    status = status == LUA_OK ? take_table(inventory, L, err)
                              : run_failed(L, inventory->path, status, err);
    lua_close(L);
    return status;
}
