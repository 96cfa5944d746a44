// SPDX-License-Identifier: MIT
// Lua values as JSON, members of objects sorted by name: Lua has no order of its own.
// Private to the layer.
#pragma once

#include <jansson.h>
#include <lua.h>

#include "base/err.h"

// The value on top of the stack, which stays, as a new value. Uses no metamethods,
// raises nothing. NULL: err names the way to what is refused, as in groups.web[2].
json_t *lua_value_json(lua_State *L, struct err *err);
