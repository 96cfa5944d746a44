// SPDX-License-Identifier: MIT
// Which modules a Lua text asks for: every `require "name"` with a literal name, so
// that they can be sent and pinned with a script before it runs. The client and the
// engine read a text in the same way. Pure.
#pragma once

#include "base/slice.h"

enum { MODULE_NAME_MAX = 100, MODULES_MAX = 200 };

struct require {
    struct slice name; // inside the text, as written
    unsigned line;     // from 1
    size_t next;       // where the search goes on,
    unsigned next_line; // and in which line, from 0
};

// The next one; begin with a zeroed struct. False: no more. Comments and strings are
// skipped; text that is no Lua gives something or nothing, and the compiler says
// what is wrong with it.
bool require_next(struct slice text, struct require *ret);
// A module's name: words of letters, digits, '_' and '-', joined by dots.
bool require_is_name(struct slice name);
// Its file, relative to the script's directory: "lib.web" is "lib/web.lua".
void require_path(struct slice name, char path[MODULE_NAME_MAX + 8]);
