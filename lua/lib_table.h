// SPDX-License-Identifier: MIT
// Table functions that the prelude uses too.
#pragma once

#include <lua.h>

// table.concat(list, separator?, i?, j?)
int table_concat(lua_State *L);
