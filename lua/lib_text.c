// SPDX-License-Identifier: MIT
// q, lines, fmt.
#include "lua/lib_text.h"

#include "lua/internal.h"
#include "lua/text.h"
#include "model/command.h"

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct slice text_trim(struct slice s)
{
    size_t from = 0, end = s.len;

    while (from < end && is_space(s.ptr[from]))
        from++;
    while (end > from && is_space(s.ptr[end - 1]))
        end--;
    return slice_of(s.ptr + from, end - from);
}

void text_push_lines(lua_State *L, struct slice s)
{
    lua_Integer count = 0;
    size_t from = 0;

    lua_createtable(L, 0, 0);
    while (from < s.len) {
        const uint8_t *newline = memchr(s.ptr + from, '\n', s.len - from);
        size_t end = newline ? (size_t)(newline - s.ptr) : s.len;
        // cppcheck-suppress knownConditionTrueFalse ; memchr found it at or behind from
        size_t cut = end > from && newline && s.ptr[end - 1] == '\r' ? end - 1 : end;
        lua_pushlstring(L, (const char *)s.ptr + from, cut - from);
        lua_rawseti(L, -2, ++count);
        from = end + 1;
        vm_charge(L, 2);
    }
}

// lines(text) -> list
static int lib_lines(lua_State *L)
{
    struct slice s = vm_check_string(L, "lines", 1);

    vm_charge_bytes(L, s.len);
    text_push_lines(L, s);
    return 1;
}

// q(word...) -> the words quoted for a shell, separated by blanks
static int lib_q(lua_State *L)
{
    struct buf *buf = &script_of(L)->scratch;
    int count = lua_gettop(L);

    if (count == 0)
        vm_raise(L, "q: argument 1 must be a string, not nil");
    for (int i = 1; i <= count; i++) {
        if (lua_type(L, i) != LUA_TSTRING && lua_type(L, i) != LUA_TNUMBER)
            vm_raise_argument(L, "q", i, "a string");
        text_push(L, i);
        lua_replace(L, i);
        if (memchr(lua_tostring(L, i), 0, lua_rawlen(L, i)))
            vm_raise(L, "q: argument %d has a NUL byte, which no command line can carry", i);
    }
    buf_clear(buf);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            buf_add_byte(buf, ' ');
        quote_sh(slice_of(lua_tostring(L, i), lua_rawlen(L, i)), buf);
    }
    if (buf_failed(buf))
        vm_stop(L, ERR_MEMORY);
    vm_charge_bytes(L, buf->len);
    lua_pushlstring(L, (const char *)buf->ptr, buf->len);
    return 1;
}

void lib_text_open(lua_State *L)
{
    static const luaL_Reg functions[] = { { "lines", lib_lines }, { "q", lib_q }, { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
}
