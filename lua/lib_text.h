// SPDX-License-Identifier: MIT
// Pure helpers on text, for the library functions and for result methods.
#pragma once

#include <lua.h>

#include "base/slice.h"

// Without white space at both ends; borrows.
struct slice text_trim(struct slice s);
// Pushes the list of lines, without their ends ("\n" or "\r\n").
void text_push_lines(lua_State *L, struct slice s);
