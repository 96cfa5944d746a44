// SPDX-License-Identifier: MIT
// Handles of hosts, for the libraries that give them out.
#pragma once

#include <stdbool.h>

#include "lua/ask.h"

bool host_is(lua_State *L, int idx);
// Raises unless [1] is a handle; `method` is the one that was called on it.
void host_check(lua_State *L, const char *method);
// Pushes a handle. Stack: name, with (a table or nil), vars (a table or nil), all popped.
void host_push(lua_State *L);
// Begins a step of the host's method of that name, whose arguments are on the stack.
struct ask host_ask(lua_State *L, const char *function, int arguments);
