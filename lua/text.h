// SPDX-License-Identifier: MIT
// Values as text, without addresses and without lost digits: what tostring,
// print, string.format and error messages use in place of luaL_tolstring.
#pragma once

#include <lua.h>

#include "base/real.h"
#include "base/slice.h"

enum { TEXT_NUMBER_MAX = REAL_TEXT }; // any number, with NUL

// Writes NUL too and returns the length.
size_t text_number(lua_State *L, int idx, char text[TEXT_NUMBER_MAX]);
// Pushes the value's text. Calls __tostring, which cannot wait.
struct slice text_push(lua_State *L, int idx);
// Pushes "table: #3": a name that is the same on every replay.
void text_push_name(lua_State *L, int idx);
