// SPDX-License-Identifier: MIT
// The string library, ours wherever stock Lua could run long in one call; pack,
// unpack and packsize, which are linear, are stock behind a charge. The metatable
// of strings is shared by the whole state and protected.
#include "lua/lib_string.h"

#include <ctype.h>
#include <lualib.h>

#include "lua/internal.h"
#include "lua/lib_wrap.h"
#include "lua/pattern.h"
#include "lua/text.h"

// A string or number argument, as stock Lua takes them.
static struct slice check_text(lua_State *L, const char *function, int arg)
{
    struct slice s;

    if (!lua_isstring(L, arg))
        vm_raise_argument(L, function, arg, "a string");
    if (lua_type(L, arg) == LUA_TNUMBER) {
        text_push(L, arg);
        lua_replace(L, arg);
    }
    s.ptr = (const uint8_t *)lua_tolstring(L, arg, &s.len);
    return s;
}

// A position from the front (1 ..) or from the end (-1 ..), as an offset that may
// lie outside the string on both sides.
static lua_Integer offset_of(lua_Integer position, size_t len)
{
    if (position > 0)
        return position - 1;
    if (position == 0)
        return 0;
    return position < -(lua_Integer)len ? 0 : (lua_Integer)len + position;
}

// The part from position i to j; empty when they are the wrong way round.
static struct slice part(struct slice s, lua_Integer i, lua_Integer j)
{
    lua_Integer len = (lua_Integer)s.len;
    lua_Integer from = offset_of(i, s.len);
    lua_Integer end = j >= 0 ? (j < len ? j : len) : (j < -len ? 0 : len + j + 1);

    if (from >= end)
        return slice_of(s.ptr, 0);
    return slice_of(s.ptr + from, (size_t)(end - from));
}

// string.sub(s, i, j?)
int string_sub(lua_State *L)
{
    struct slice s = check_text(L, "string.sub", 1);
    lua_Integer i = vm_check_int(L, "string.sub", 2);

    s = part(s, i, vm_opt_int(L, "string.sub", 3, -1));
    lua_pushlstring(L, (const char *)s.ptr, s.len);
    return 1;
}

// string.len(s)
static int string_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_text(L, "string.len", 1).len);
    return 1;
}

// string.byte(s, i?, j?) -> bytes
static int string_byte(lua_State *L)
{
    struct slice s = check_text(L, "string.byte", 1);
    lua_Integer i = vm_opt_int(L, "string.byte", 2, 1);

    s = part(s, i, vm_opt_int(L, "string.byte", 3, i));
    if (s.len >= INT32_MAX || !lua_checkstack(L, (int)s.len))
        vm_raise(L, "string.byte: %zu bytes are too many results", s.len);
    vm_charge(L, s.len);
    for (size_t n = 0; n < s.len; n++)
        lua_pushinteger(L, s.ptr[n]);
    return (int)s.len;
}

// string.char(byte...) -> text
static int string_char(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, (size_t)count);

    vm_charge(L, (uint64_t)count);
    for (int i = 1; i <= count; i++) {
        lua_Integer c = vm_check_int(L, "string.char", i);
        if (c < 0 || c > 255)
            vm_raise(L, "string.char: argument %d must be 0 to 255, not %lld", i, (long long)c);
        to[i - 1] = (char)c;
    }
    luaL_pushresultsize(&buffer, (size_t)count);
    return 1;
}

static int map_bytes(lua_State *L, const char *function, int (*map)(int))
{
    struct slice s = check_text(L, function, 1);
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, s.len);

    vm_charge(L, s.len / 8);
    for (size_t i = 0; i < s.len; i++)
        to[i] = (char)map(s.ptr[i]);
    luaL_pushresultsize(&buffer, s.len);
    return 1;
}

// string.lower(s), string.upper(s): ASCII only
static int string_lower(lua_State *L) { return map_bytes(L, "string.lower", tolower); }
static int string_upper(lua_State *L) { return map_bytes(L, "string.upper", toupper); }

// string.reverse(s)
static int string_reverse(lua_State *L)
{
    struct slice s = check_text(L, "string.reverse", 1);
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, s.len);

    vm_charge(L, s.len / 8);
    for (size_t i = 0; i < s.len; i++)
        to[i] = (char)s.ptr[s.len - 1 - i];
    luaL_pushresultsize(&buffer, s.len);
    return 1;
}

static void put(char **to, struct slice s)
{
    if (s.len)
        memcpy(*to, s.ptr, s.len);
    *to += s.len;
}

// string.rep(s, n, sep?)
static int string_rep(lua_State *L)
{
    struct slice s = check_text(L, "string.rep", 1);
    lua_Integer n = vm_check_int(L, "string.rep", 2);
    struct slice sep = lua_isnoneornil(L, 3) ? SLICE("") : check_text(L, "string.rep", 3);
    size_t limit = vm_of(L)->bytes_max;
    luaL_Buffer buffer;
    char *to;
    size_t total;

    if (n <= 0 || s.len + sep.len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (s.len + sep.len > limit / (size_t)n)
        vm_raise(L, "string.rep: the result would be too large");
    total = (size_t)n * s.len + (size_t)(n - 1) * sep.len;
    vm_charge(L, (uint64_t)n);
    vm_charge_bytes(L, total);
    to = luaL_buffinitsize(L, &buffer, total);
    for (lua_Integer i = 0; i < n; i++) {
        if (i > 0)
            put(&to, sep);
        put(&to, s);
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

// ---- searching

static int find_plain(lua_State *L, struct slice s, struct slice wanted, size_t from)
{
    const uint8_t *at;

    vm_charge_bytes(L, s.len - from);
    at = wanted.len ? memmem(s.ptr + from, s.len - from, wanted.ptr, wanted.len) : s.ptr + from;
    if (!at) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, at - s.ptr + 1);
    lua_pushinteger(L, at - s.ptr + (lua_Integer)wanted.len);
    return 2;
}

static int search(lua_State *L, const char *function, bool find)
{
    struct slice s = check_text(L, function, 1);
    struct slice wanted = check_text(L, function, 2);
    lua_Integer from = offset_of(vm_opt_int(L, function, 3, 1), s.len);
    const uint8_t *at, *end;
    struct pattern p;

    if (from > (lua_Integer)s.len) {
        lua_pushnil(L);
        return 1;
    }
    vm_charge_bytes(L, wanted.len);
    if (find && (lua_toboolean(L, 4) || pattern_is_plain(wanted)))
        return find_plain(L, s, wanted, (size_t)from);
    pattern_init(&p, L, s, wanted);
    at = s.ptr + from;
    end = pattern_find(&p, &at);
    if (!end) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return pattern_push_captures(&p, true, at, end);
    lua_pushinteger(L, at - s.ptr + 1);
    lua_pushinteger(L, end - s.ptr);
    return 2 + pattern_push_captures(&p, false, at, end);
}

// string.find(s, pattern, init?, plain?) -> first, last, captures...
static int string_find(lua_State *L) { return search(L, "string.find", true); }
// string.match(s, pattern, init?) -> captures, or the match
static int string_match(lua_State *L) { return search(L, "string.match", false); }

// Upvalues: text, pattern, offset to go on from, end of the last match.
static int gmatch_step(lua_State *L)
{
    struct slice s, wanted;
    struct pattern p;
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4)); // -1: none yet
    const uint8_t *at, *end;

    s.ptr = (const uint8_t *)lua_tolstring(L, lua_upvalueindex(1), &s.len);
    wanted.ptr = (const uint8_t *)lua_tolstring(L, lua_upvalueindex(2), &wanted.len);
    at = s.ptr + lua_tointeger(L, lua_upvalueindex(3));
    pattern_init(&p, L, s, wanted);
    if (p.anchored) { // no anchor in gmatch: it would match once at most
        p.anchored = false;
        p.at--;
    }
    while ((end = pattern_find(&p, &at)) && end - s.ptr == last)
        at++; // an empty match right behind the last one
    if (!end)
        return 0;
    lua_pushinteger(L, end - s.ptr);
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return pattern_push_captures(&p, true, at, end);
}

// string.gmatch(s, pattern, init?) -> iterator
static int string_gmatch(lua_State *L)
{
    struct slice s = check_text(L, "string.gmatch", 1);
    lua_Integer from;

    check_text(L, "string.gmatch", 2);
    from = offset_of(vm_opt_int(L, "string.gmatch", 3, 1), s.len);
    if (from > (lua_Integer)s.len)
        from = (lua_Integer)s.len + 1;
    lua_settop(L, 2);
    lua_pushinteger(L, from);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

// ---- gsub with a text; with a table or a function it is the prelude's

// Adds the replacement with its %0 .. %9 and %%.
static void add_replacement(luaL_Buffer *buffer, struct pattern *p, struct slice with,
                            const uint8_t *from, const uint8_t *end)
{
    lua_State *L = p->L;

    vm_charge(L, 1 + with.len / 8);
    for (size_t i = 0; i < with.len; i++) {
        uint8_t c = with.ptr[i];
        if (c != '%') {
            luaL_addchar(buffer, (char)c);
            continue;
        }
        c = ++i < with.len ? with.ptr[i] : 0;
        if (c == '%') {
            luaL_addchar(buffer, '%');
        } else if (c == '0') {
            luaL_addlstring(buffer, (const char *)from, (size_t)(end - from));
        } else if (isdigit(c)) {
            pattern_push_capture(p, c - '1', from, end);
            luaL_tolstring(L, -1, NULL); // a position becomes text
            lua_remove(L, -2);
            luaL_addvalue(buffer);
        } else {
            vm_raise(L, "string.gsub: '%%' in the replacement must be followed by a digit or '%%'");
        }
    }
}

static int gsub_text(lua_State *L, struct slice s, struct slice wanted, lua_Integer most)
{
    struct slice with = check_text(L, "string.gsub", 3);
    const uint8_t *at = s.ptr, *last = NULL;
    lua_Integer count = 0;
    luaL_Buffer buffer;
    struct pattern p;

    pattern_init(&p, L, s, wanted);
    luaL_buffinit(L, &buffer);
    while (count < most) {
        const uint8_t *end = pattern_match(&p, at);
        if (end && end != last) {
            count++;
            add_replacement(&buffer, &p, with, at, end);
            at = last = end;
        } else if (at < s.ptr + s.len) {
            luaL_addchar(&buffer, (char)*at++);
        } else {
            break;
        }
        if (p.anchored)
            break;
    }
    luaL_addlstring(&buffer, (const char *)at, (size_t)(s.ptr + s.len - at));
    luaL_pushresult(&buffer);
    lua_pushinteger(L, count);
    return 2;
}

// string.gsub(s, pattern, text or table or function, n?) -> text, count
static int string_gsub(lua_State *L)
{
    struct slice s = check_text(L, "string.gsub", 1);
    struct slice wanted = check_text(L, "string.gsub", 2);
    lua_Integer most = vm_opt_int(L, "string.gsub", 4, LUA_MAXINTEGER);

    switch (lua_type(L, 3)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
        return gsub_text(L, s, wanted, most);
    case LUA_TTABLE:
    case LUA_TFUNCTION:
        lua_settop(L, 3);
        lua_pushinteger(L, most);
        return prelude_call(L, "gsub");
    default:
        vm_raise_argument(L, "string.gsub", 3, "a string, a table or a function");
    }
}

// scan(s, pattern, at, last) -> from, end, captures...; nil: no more. Offsets from
// 0. The next match at or behind `at` that is no empty one at `last`.
int string_scan(lua_State *L)
{
    struct slice s = check_text(L, "string.gsub", 1);
    struct slice wanted = check_text(L, "string.gsub", 2);
    lua_Integer from = lua_tointeger(L, 3), last = lua_tointeger(L, 4);
    const uint8_t *at = s.ptr + from, *end;
    struct pattern p;

    pattern_init(&p, L, s, wanted);
    if (p.anchored && last >= 0)
        return 0;
    while ((end = pattern_find(&p, &at)) && end - s.ptr == last)
        at++;
    if (!end)
        return 0;
    lua_pushinteger(L, at - s.ptr);
    lua_pushinteger(L, end - s.ptr);
    return 2 + pattern_push_captures(&p, true, at, end);
}

// Adds `string` to the table on top; takes the stock functions it keeps from the
// stock library, which also sets the metatable that makes ("10" + 1) work.
void lib_string_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "byte", string_byte },       { "char", string_char },   { "find", string_find },
        { "format", string_format },   { "gmatch", string_gmatch }, { "gsub", string_gsub },
        { "len", string_len },         { "lower", string_lower }, { "match", string_match },
        { "rep", string_rep },         { "reverse", string_reverse }, { "sub", string_sub },
        { "upper", string_upper },     { NULL, NULL },
    };
    static const char *const stock[] = { "pack", "packsize", "unpack" };

    luaL_newlib(L, functions);
    luaL_requiref(L, "string", luaopen_string, 0);
    for (size_t i = 0; i < sizeof(stock) / sizeof(*stock); i++)
        wrap_charged(L, stock[i]);
    lua_pop(L, 1);
    // The metatable: indexes our table, shows nothing of itself.
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "string");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    lua_pushcfunction(L, string_format);
    lua_setfield(L, -3, "fmt");
    lua_setfield(L, -2, "string");
}
