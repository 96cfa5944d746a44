// SPDX-License-Identifier: MIT
// Lua values to stored values and back. Equal Lua values give equal bytes: lists
// (keys exactly 1 .. n; the empty table is one) become arrays, other tables maps
// in canonical key order. What cannot be stored is refused with its path.
#pragma once

#include <lua.h>

#include "model/value.h"

// Appends the value at idx. ERR_USAGE: "emit: .a.b[3]: a function cannot be
// stored", where `what` gave the first word; *buf is cut back to where it was.
// Uses no metamethods; raises only when the state fails.
int convert_encode(lua_State *L, int idx, const char *what, struct buf *buf, struct err *err);
// Pushes the value. The tables are always built in the same way.
void convert_push(lua_State *L, const value *v);
// Parses one value into the script's document and pushes it; nil for no bytes.
// Damaged bytes stop the state: they cannot come from a script.
void convert_decode(lua_State *L, struct slice bytes);
