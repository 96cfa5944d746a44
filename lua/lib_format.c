// SPDX-License-Identifier: MIT
// One conversion at a time: its text is checked, then printed by snprintf with
// our own length modifier. %p is refused: addresses differ on a replay.
#include "lua/lib_string.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "lua/internal.h"
#include "lua/text.h"

// Width and precision have at most two digits each; %99.99f of 1e308 fits.
enum { SPEC_MAX = 24, ITEM_MAX = 512 };

struct spec {
    char text[SPEC_MAX]; // "%-08.3", without the conversion
    size_t len;
    char conversion;
    bool has_precision;
};

static const char *skip_digits(const char *p)
{
    for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++)
        p++;
    return p;
}

// Reads the conversion behind '%'; returns behind it.
static const char *read_spec(lua_State *L, const char *p, struct spec *spec)
{
    const char *from = p;

    p += strspn(p, "-+ #0");
    p = skip_digits(p);
    spec->has_precision = *p == '.';
    if (spec->has_precision)
        p = skip_digits(p + 1);
    spec->conversion = *p;
    if (!*p || p - from > 10 || !strchr("aAcdeEfFgGiopqsxX", *p))
        vm_raise(L, "string.format: '%%%.12s' is no conversion", from);
    if (*p == 'p')
        vm_raise(L, "string.format: '%%p' is not available: addresses differ on a replay");
    spec->text[0] = '%';
    memcpy(spec->text + 1, from, (size_t)(p - from));
    spec->len = (size_t)(p - from) + 1;
    return p + 1;
}

static const char *with_length(struct spec *spec, const char *length)
{
    snprintf(spec->text + spec->len, SPEC_MAX - spec->len, "%s%c", length,
             spec->conversion == 'i' ? 'd' : spec->conversion);
    return spec->text;
}

// The format is the author's, checked and completed above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void add_printed(luaL_Buffer *buffer, const char *format, ...)
{
    char *to = luaL_prepbuffsize(buffer, ITEM_MAX);
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(to, ITEM_MAX, format, ap);
    va_end(ap);
    luaL_addsize(buffer, (size_t)n);
}

#pragma GCC diagnostic pop

static void add_integer(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    lua_Integer i = vm_check_int(L, "string.format", arg);

    add_printed(buffer, with_length(spec, "ll"), (long long)i);
}

static void add_real(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    int ok;
    double v = lua_tonumberx(L, arg, &ok);

    if (!ok)
        vm_raise_argument(L, "string.format", arg, "a number");
    add_printed(buffer, with_length(spec, ""), isnan(v) ? fabs(v) : v);
}

static void add_byte(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    lua_Integer c = vm_check_int(L, "string.format", arg);

    add_printed(buffer, with_length(spec, ""), (int)(uint8_t)c);
}

static void add_text(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    struct slice s = text_push(L, arg);

    if (spec->len == 1 || (!spec->has_precision && s.len >= 100)) {
        luaL_addvalue(buffer);
        return;
    }
    if (memchr(s.ptr, 0, s.len))
        vm_raise(L, "string.format: argument %d has a NUL byte, which '%.*ss' cannot print", arg,
                 (int)spec->len, spec->text);
    lua_replace(L, arg); // keeps it while the buffer grows
    add_printed(buffer, with_length(spec, ""), (const char *)s.ptr);
}

static void add_quoted_text(luaL_Buffer *buffer, struct slice s)
{
    char text[8];

    luaL_addchar(buffer, '"');
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool digit_follows = i + 1 < s.len && isdigit(s.ptr[i + 1]);
        if (c == '"' || c == '\\' || c == '\n') {
            luaL_addchar(buffer, '\\');
            luaL_addchar(buffer, (char)c);
        } else if (iscntrl(c)) {
            snprintf(text, sizeof(text), digit_follows ? "\\%03d" : "\\%d", c);
            luaL_addstring(buffer, text);
        } else {
            luaL_addchar(buffer, (char)c);
        }
    }
    luaL_addchar(buffer, '"');
}

static void add_quoted_number(lua_State *L, luaL_Buffer *buffer, int arg)
{
    char text[TEXT_NUMBER_MAX];
    double v = lua_tonumber(L, arg);

    if (lua_isinteger(L, arg))
        snprintf(text, sizeof(text), lua_tointeger(L, arg) == LUA_MININTEGER ? "0x%" PRIx64
                                                                              : "%" PRId64,
                 (int64_t)lua_tointeger(L, arg));
    else if (isnan(v))
        snprintf(text, sizeof(text), "(0/0)");
    else if (isinf(v))
        snprintf(text, sizeof(text), v > 0 ? "1e9999" : "-1e9999");
    else
        snprintf(text, sizeof(text), "%a", v);
    luaL_addstring(buffer, text);
}

// %q: the value as Lua source
static void add_quoted(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    struct slice s;

    if (spec->len != 1)
        vm_raise(L, "string.format: '%%q' takes no width");
    switch (lua_type(L, arg)) {
    case LUA_TSTRING:
        s.ptr = (const uint8_t *)lua_tolstring(L, arg, &s.len);
        vm_charge(L, s.len / 4);
        add_quoted_text(buffer, s);
        return;
    case LUA_TNUMBER: add_quoted_number(L, buffer, arg); return;
    case LUA_TNIL: luaL_addstring(buffer, "nil"); return;
    case LUA_TBOOLEAN: luaL_addstring(buffer, lua_toboolean(L, arg) ? "true" : "false"); return;
    default: vm_raise(L, "string.format: '%%q' cannot write %s", vm_type_words(L, arg));
    }
}

static void add_item(lua_State *L, luaL_Buffer *buffer, struct spec *spec, int arg)
{
    switch (spec->conversion) {
    case 'd': case 'i': case 'o': case 'x': case 'X':
        add_integer(L, buffer, spec, arg);
        return;
    case 'c': add_byte(L, buffer, spec, arg); return;
    case 's': add_text(L, buffer, spec, arg); return;
    case 'q': add_quoted(L, buffer, spec, arg); return;
    default: add_real(L, buffer, spec, arg); return;
    }
}

int string_format(lua_State *L)
{
    struct slice format = vm_check_string(L, "string.format", 1);
    const char *p = (const char *)format.ptr, *end = p + format.len;
    int top = lua_gettop(L);
    luaL_Buffer buffer;
    struct spec spec;
    int arg = 1;

    vm_charge(L, format.len / 4);
    luaL_buffinit(L, &buffer);
    while (p < end) {
        if (*p != '%') {
            luaL_addchar(&buffer, *p++);
        } else if (*++p == '%') {
            luaL_addchar(&buffer, *p++);
        } else {
            p = read_spec(L, p, &spec);
            if (++arg > top)
                vm_raise(L, "string.format: argument %d is missing", arg);
            add_item(L, &buffer, &spec, arg);
            vm_charge(L, 4);
        }
    }
    luaL_pushresult(&buffer);
    return 1;
}
