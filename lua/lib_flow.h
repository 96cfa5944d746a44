// SPDX-License-Identifier: MIT
// Waiting, forking, cleaning up. The public functions parallel and foreach are in
// the prelude; the part of them that must be C is here.
#pragma once

#include <lua.h>

// Pushes the table of what the prelude may use of the engine.
void lib_primitives_push(lua_State *L);
// Stack: the record of a fork on top. Pushes function, item, key of a branch.
void fork_push_branch(lua_State *L, lua_Integer branch);
