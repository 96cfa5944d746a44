// SPDX-License-Identifier: MIT
// Handles of the same host on which something is set for every step.
#pragma once

#include <lua.h>

// host:with{ as, cwd, env, shell } -> a handle of the same host with these set
int host_with(lua_State *L);
// host:as(user) -> host:with{ as = user }
int host_as(lua_State *L);
