// SPDX-License-Identifier: MIT
// String functions that other files use too.
#pragma once

#include <lua.h>

// string.format(format, ...), in lib_format.c: no addresses, our own tostring.
int string_format(lua_State *L);
// string.sub(s, i, j?)
int string_sub(lua_State *L);
// scan(s, pattern, at, last) -> from, end, captures...: what gsub is built on.
int string_scan(lua_State *L);
