// SPDX-License-Identifier: MIT
// The math library: stock functions by name, and random numbers of the strand.
#include <lualib.h>
#include <sys/random.h>

#include "lua/internal.h"
#include "lua/lib_wrap.h"

// Inside a once() numbers are ambient, and the strand's own do not move.
static struct random *ready(lua_State *L)
{
    struct script *script = script_of(L);
    struct random *random;

    if (script->mode == SCRIPT_ONCE) {
        random = &script->once_random;
        if (!random->seeded && getrandom(random->s, sizeof(random->s), 0) > 0)
            random->seeded = true;
        random->s[0] |= 1;
        return random;
    }
    random = &script->current->random;
    if (!random->seeded)
        random_seed(random, script->uuid, buf_slice(&script->current->path), 0);
    return random;
}

// math.random() -> real in [0, 1); (m) -> 1 .. m; (m, n) -> m .. n; (0) -> any integer
static int math_random(lua_State *L)
{
    struct random *random = ready(L);
    lua_Integer low = 1, high;
    uint64_t number;

    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, random_real(random));
        return 1;
    }
    high = vm_check_int(L, "math.random", 1);
    if (lua_gettop(L) == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)random_next(random));
        return 1;
    }
    if (lua_gettop(L) > 1) {
        low = high;
        high = vm_check_int(L, "math.random", 2);
    }
    if (low > high)
        vm_raise(L, "math.random: there is no number from %lld to %lld", (long long)low,
                 (long long)high);
    number = (uint64_t)low + random_below(random, (uint64_t)high - (uint64_t)low);
    lua_pushinteger(L, (lua_Integer)number);
    return 1;
}

// math.randomseed(n): of this strand. Without a number it would be the clock's.
static int math_randomseed(lua_State *L)
{
    struct script *script = script_of(L);
    struct random *random = ready(L);

    if (lua_isnoneornil(L, 1))
        vm_raise(L, "math.randomseed: a number is required; without one, numbers are seeded by "
                    "the job already");
    random_seed(random, script->uuid, SLICE("randomseed"),
                (uint64_t)vm_check_int(L, "math.randomseed", 1));
    return 0;
}

void lib_math_open(lua_State *L)
{
    static const luaL_Reg functions[] = { { "random", math_random },
                                          { "randomseed", math_randomseed },
                                          { NULL, NULL } };
    static const char *const stock[] = {
        "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge",
        "log", "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "sin", "sqrt",
        "tan", "tointeger", "type", "ult",
    };

    luaL_newlib(L, functions);
    luaL_requiref(L, "math", luaopen_math, 0);
    for (size_t i = 0; i < sizeof(stock) / sizeof(*stock); i++)
        wrap_plain(L, stock[i]);
    lua_pop(L, 1);
    lua_setfield(L, -2, "math");
}

void lib_utf8_open(lua_State *L)
{
    static const char *const stock[] = { "char", "codepoint", "codes", "len", "offset" };

    lua_createtable(L, 0, 6);
    luaL_requiref(L, "utf8", luaopen_utf8, 0);
    for (size_t i = 0; i < sizeof(stock) / sizeof(*stock); i++)
        wrap_charged(L, stock[i]);
    wrap_plain(L, "charpattern");
    lua_pop(L, 1);
    lua_setfield(L, -2, "utf8");
}
