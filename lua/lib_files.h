// SPDX-License-Identifier: MIT
// The methods of a host that are about files.
#pragma once

#include <lauxlib.h>

extern const luaL_Reg files_methods[]; // ended by a NULL name
// Adds to the table on top what the prelude may use of files.
void lib_files_primitives(lua_State *L);
