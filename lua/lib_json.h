// SPDX-License-Identifier: MIT
// JSON for scripts: through stored values, so that what a script decodes is what
// the journal could hold.
#pragma once

#include <lua.h>

#include "base/slice.h"

// Pushes the decoded value; raises "json.decode: line 2, column 5: ...".
void json_push_decoded(lua_State *L, const char *function, struct slice text);
