// SPDX-License-Identifier: MIT
// Sets of hosts, and the hosts a job was started for.
#pragma once

#include <lua.h>

#include "base/slice.h"

// Adds to the table on top what the prelude may use of sets.
void lib_hosts_primitives(lua_State *L);
// Pushes the set of the hosts in the encoded array (model/target.h); empty: none.
void lib_hosts_set(lua_State *L, struct slice hosts);
