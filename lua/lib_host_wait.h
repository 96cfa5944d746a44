// SPDX-License-Identifier: MIT
// Methods of a host that wait for something there, or ask what it is. What runs on the
// host is text of the prelude.
#pragma once

#include <lua.h>

int host_wait_up(lua_State *L);
int host_wait_port(lua_State *L);
int host_wait_until(lua_State *L);
int host_facts(lua_State *L);
// Adds to the table on top what the prelude needs for them.
void lib_host_wait_primitives(lua_State *L);
