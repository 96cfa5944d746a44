// SPDX-License-Identifier: MIT
// The table library: as stock Lua's, but each element is charged, and sort is a
// stable merge sort, whose result and whose comparisons are the same every time.
// With a comparison function it is the prelude's, so that the function may wait.
#include "lua/lib_table.h"

#include <stdlib.h>

#include "lua/internal.h"
#include "lua/keys.h"
#include "lua/text.h"

enum { UNPACK_MAX = 100 * 1000 }; // results of one unpack

static void check_table(lua_State *L, const char *function)
{
    if (lua_type(L, 1) != LUA_TTABLE && !luaL_getmetafield(L, 1, "__index"))
        vm_raise_argument(L, function, 1, "a table");
}

// Elements from i to j, or 0.
static uint64_t span(lua_Integer i, lua_Integer j)
{
    return i > j ? 0 : (uint64_t)j - (uint64_t)i + 1;
}

static void copy_element(lua_State *L, int from, lua_Integer i, int to, lua_Integer at)
{
    lua_geti(L, from, i);
    lua_seti(L, to, at);
}

// table.insert(list, position?, value)
static int table_insert(lua_State *L)
{
    lua_Integer size, at;

    check_table(L, "table.insert");
    size = luaL_len(L, 1);
    if (lua_gettop(L) < 2 || lua_gettop(L) > 3)
        vm_raise(L, "table.insert: it takes a list, a position and a value, or a list and a value");
    if (lua_gettop(L) == 2) {
        lua_seti(L, 1, size + 1);
        return 0;
    }
    at = vm_opt_int(L, "table.insert", 2, 0);
    if (at < 1 || at > size + 1)
        vm_raise(L, "table.insert: position %lld is outside the list (1 to %lld)", (long long)at,
                 (long long)size + 1);
    vm_charge(L, span(at, size));
    for (lua_Integer i = size; i >= at; i--)
        copy_element(L, 1, i, 1, i + 1);
    lua_seti(L, 1, at);
    return 0;
}

// table.remove(list, position?) -> the element
static int table_remove(lua_State *L)
{
    lua_Integer size, at;

    check_table(L, "table.remove");
    size = luaL_len(L, 1);
    at = vm_opt_int(L, "table.remove", 2, size);
    if (at != size && (at < 1 || at > size + 1))
        vm_raise(L, "table.remove: position %lld is outside the list (1 to %lld)", (long long)at,
                 (long long)size);
    vm_charge(L, span(at, size));
    lua_geti(L, 1, at);
    for (; at < size; at++)
        copy_element(L, 1, at + 1, 1, at);
    lua_pushnil(L);
    lua_seti(L, 1, at);
    return 1;
}

// table.move(from, i, j, at, to?) -> to
static int table_move(lua_State *L)
{
    lua_Integer i = vm_opt_int(L, "table.move", 2, 1), j = vm_opt_int(L, "table.move", 3, 0);
    lua_Integer at = vm_opt_int(L, "table.move", 4, 1);
    int to = lua_isnoneornil(L, 5) ? 1 : 5;
    uint64_t count = span(i, j);

    check_table(L, "table.move");
    vm_charge(L, count);
    if (count > 0 && (at > LUA_MAXINTEGER - (lua_Integer)count + 1 || count > INT64_MAX))
        vm_raise(L, "table.move: too many elements");
    lua_settop(L, 5);
    if (at > i && at <= j && to == 1) {
        for (lua_Integer n = (lua_Integer)count; n-- > 0;)
            copy_element(L, 1, i + n, to, at + n);
    } else {
        for (lua_Integer n = 0; n < (lua_Integer)count; n++)
            copy_element(L, 1, i + n, to, at + n);
    }
    lua_pushvalue(L, to);
    return 1;
}

static void add_element(lua_State *L, luaL_Buffer *buffer, lua_Integer i)
{
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
        vm_raise(L, "table.concat: element %lld is %s; only strings and numbers can be joined",
                 (long long)i, vm_type_words(L, -1));
    text_push(L, -1);
    lua_remove(L, -2);
    luaL_addvalue(buffer);
}

int table_concat(lua_State *L)
{
    struct slice separator = lua_isnoneornil(L, 2) ? SLICE("")
                                                   : vm_check_string(L, "table.concat", 2);
    lua_Integer i = vm_opt_int(L, "table.concat", 3, 1), j;
    luaL_Buffer buffer;

    check_table(L, "table.concat");
    j = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : vm_opt_int(L, "table.concat", 4, 0);
    lua_settop(L, 2);
    luaL_buffinit(L, &buffer);
    for (; i <= j; i++) {
        vm_charge(L, 1 + separator.len / 8);
        add_element(L, &buffer, i);
        if (i == j)
            break; // j may be the largest integer
        luaL_addlstring(&buffer, (const char *)separator.ptr, separator.len);
    }
    luaL_pushresult(&buffer);
    return 1;
}

// table.pack(...) -> { n = count, ... }
static int table_pack(lua_State *L)
{
    int count = lua_gettop(L);

    vm_charge(L, (uint64_t)count);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

// table.unpack(list, i?, j?) -> elements
static int table_unpack(lua_State *L)
{
    lua_Integer i = vm_opt_int(L, "table.unpack", 2, 1);
    lua_Integer j = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : vm_opt_int(L, "table.unpack", 3, 0);
    uint64_t count = span(i, j);

    if (count > UNPACK_MAX || !lua_checkstack(L, (int)count))
        vm_raise(L, "table.unpack: %llu results; %d are allowed", (unsigned long long)count,
                 UNPACK_MAX);
    vm_charge(L, count);
    for (uint64_t n = 0; n < count; n++)
        lua_geti(L, 1, i + (lua_Integer)n);
    return (int)count;
}

// ---- sort

// Are all elements numbers, or all strings? Then C can sort them by key.
static bool read_plain(lua_State *L, struct key *keys, lua_Integer size)
{
    for (lua_Integer i = 0; i < size; i++) {
        lua_rawgeti(L, 1, i + 1);
        keys[i] = key_read(L, -1);
        lua_pop(L, 1);
        if (keys[i].type == KEY_OTHER || keys[i].type == KEY_BOOLEAN ||
            (keys[i].type == KEY_REAL && keys[i].r != keys[i].r) ||
            (keys[i].type == KEY_STRING) != (keys[0].type == KEY_STRING))
            return false;
    }
    return true;
}

// key_compare takes a real to be no integer's value, as keys of tables are; an
// element may be 2.0 as well as 2.
static bool is_after(const struct key *a, const struct key *b)
{
    if (a->type == KEY_INT && b->type == KEY_REAL && (lua_Number)a->i == b->r)
        return (lua_Integer)b->r < a->i && b->r < 0x1p63;
    if (a->type == KEY_REAL && b->type == KEY_INT && (lua_Number)b->i == a->r)
        return a->r >= 0x1p63 || (lua_Integer)a->r > b->i;
    return key_compare(a, b) > 0;
}

static void merge(const struct key *from, struct key *to, size_t low, size_t middle, size_t high)
{
    size_t a = low, b = middle;

    for (size_t i = low; i < high; i++) {
        if (a < middle && (b >= high || !is_after(&from[a], &from[b])))
            to[i] = from[a++];
        else
            to[i] = from[b++];
    }
}

// Merges runs of growing width, from one array to the other and back. Returns the
// array that holds the result.
static struct key *merge_sort(lua_State *L, struct key *keys, struct key *spare, size_t size)
{
    for (size_t width = 1; width < size; width *= 2) {
        struct key *swap = keys;
        vm_charge(L, 4 * size);
        for (size_t low = 0; low < size; low += 2 * width) {
            size_t middle = low + width < size ? low + width : size;
            size_t high = low + 2 * width < size ? low + 2 * width : size;
            merge(keys, spare, low, middle, high);
        }
        keys = spare;
        spare = swap;
    }
    return keys;
}

// Strings live in the table: nothing is written before all are on the stack's list.
static bool sort_plain(lua_State *L, lua_Integer size)
{
    struct key *keys = lua_newuserdatauv(L, 2 * (size_t)size * sizeof(struct key), 0);
    struct key *sorted;

    if (!read_plain(L, keys, size)) {
        lua_pop(L, 1);
        return false;
    }
    sorted = merge_sort(L, keys, keys + size, (size_t)size);
    lua_createtable(L, (int)size, 0);
    for (lua_Integer i = 0; i < size; i++) {
        key_push(L, &sorted[i]);
        lua_rawseti(L, -2, i + 1);
    }
    for (lua_Integer i = 1; i <= size; i++) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, 1, i);
    }
    return true;
}

// table.sort(list, less?)
static int table_sort(lua_State *L)
{
    lua_Integer size;

    if (lua_type(L, 1) != LUA_TTABLE)
        vm_raise_argument(L, "table.sort", 1, "a table");
    if (!lua_isnoneornil(L, 2))
        vm_check_function(L, "table.sort", 2);
    lua_settop(L, 2);
    size = luaL_len(L, 1);
    if (size < 2)
        return 0;
    if (size >= INT32_MAX)
        vm_raise(L, "table.sort: the list is too long");
    vm_charge(L, (uint64_t)size);
    if (lua_isnil(L, 2) && !luaL_getmetafield(L, 1, "__index") && sort_plain(L, size))
        return 0;
    lua_settop(L, 2);
    return prelude_call(L, "sort");
}

void lib_table_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "concat", table_concat }, { "insert", table_insert }, { "move", table_move },
        { "pack", table_pack },     { "remove", table_remove }, { "sort", table_sort },
        { "unpack", table_unpack }, { NULL, NULL },
    };

    luaL_newlib(L, functions);
    lua_setfield(L, -2, "table");
}
