// SPDX-License-Identifier: MIT
// Stock library functions that are safe but linear in their arguments, behind a
// charge for the strings they are given.
#pragma once

#include <lua.h>

// Stack: [-2] our table, [-1] the stock table. Puts the named function, wrapped,
// into ours.
void wrap_charged(lua_State *L, const char *name);
// The same unwrapped, for what takes no time.
void wrap_plain(lua_State *L, const char *name);
