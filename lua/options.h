// SPDX-License-Identifier: MIT
// Option tables of steps: every name and every type is checked, and a wrong one
// is told with the nearest right one. What the engine needs lands in the strand's
// effect; what belongs to a command stays in the table for lib_host.c.
#pragma once

#include "lua/internal.h"

#define OPTIONS(X)               \
    X(NAME, "name")              \
    X(TIMEOUT, "timeout")        \
    X(RETRY, "retry")            \
    X(ON_INTERRUPT, "on_interrupt") \
    X(ON_ERROR, "on_error")      \
    X(OK_CODES, "ok_codes")      \
    X(SENSITIVE, "sensitive")    \
    X(QUIET, "quiet")            \
    X(REACH, "reach")            \
    X(ARCH, "arch")              \
    X(ARGS, "args")              \
    X(AS, "as")                  \
    X(CWD, "cwd")                \
    X(ENV, "env")                \
    X(SCRIPT, "script")          \
    X(SHELL, "shell")            \
    X(STDIN, "stdin")            \
    X(MODE, "mode")              \
    X(COMMAND, "command")        \
    X(WITHIN, "within")          \
    X(CHOICES, "choices")        \
    X(THROTTLE, "throttle")      \
    X(MAX_FAILURES, "max_failures") \
    X(BATCHES, "batches")        \
    X(PAUSE, "pause")            \
    X(EVERY, "every")            \
    X(ADDRESS, "address")

enum option_bit {
#define X(id, text) OPTION_BIT_##id,
    OPTIONS(X)
#undef X
    OPTION_BIT_COUNT
};

enum option {
#define X(id, text) OPTION_##id = 1 << OPTION_BIT_##id,
    OPTIONS(X)
#undef X
};

// What each kind of function takes.
enum {
    OPTIONS_RETRY = OPTION_RETRY | OPTION_ON_INTERRUPT | OPTION_ON_ERROR,
    OPTIONS_STEP = OPTIONS_RETRY | OPTION_NAME | OPTION_TIMEOUT | OPTION_SENSITIVE | OPTION_REACH |
                   OPTION_AS, // a step on a host
    OPTIONS_COMMAND = OPTIONS_STEP | OPTION_OK_CODES | OPTION_QUIET | OPTION_CWD | OPTION_ENV |
                      OPTION_STDIN | OPTION_ARCH,
    OPTIONS_WITH = OPTION_AS | OPTION_CWD | OPTION_ENV | OPTION_SHELL,
};

enum { OPTIONS_ANY_POSITIONAL = -1 };

// Checks the table at idx (nil is allowed) of the named function: at most
// `positional` list elements, only options in `set`. Reads the engine's into the
// strand's effect and name; strand NULL: only checks names and leaves all to the caller.
void options_read(lua_State *L, const char *function, int idx, int positional, unsigned set,
                  struct script_strand *strand);
// The duration at idx; `option` names it in the message.
int64_t options_duration_ms(lua_State *L, const char *function, const char *option, int idx);
// Raises "run: option 'cwd' must be a string, not a table" about the value on top.
_Noreturn void options_raise(lua_State *L, const char *function, const char *option,
                             const char *expected);
