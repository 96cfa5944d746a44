// SPDX-License-Identifier: MIT
// The `workflow{...}` statement: a no-op in a running script, and what
// script_header looks for.
#pragma once

#include <lua.h>

#include "model/value.h"

// Types of parameters, in the words of a header.
#define PARAM_TYPES(X)      \
    X(STRING, "string")     \
    X(INTEGER, "integer")   \
    X(NUMBER, "number")     \
    X(BOOLEAN, "boolean")   \
    X(DURATION, "duration") \
    X(LIST, "list")         \
    X(CHOICE, "choice")     \
    X(HOSTS, "hosts")       \
    X(SECRET, "secret")

enum param_type {
#define X(id, text) PARAM_##id,
    PARAM_TYPES(X)
#undef X
    PARAM_TYPE_COUNT
};

// PARAM_TYPE_COUNT: unknown.
enum param_type param_type_parse(struct slice name);
// Checks a value against one entry of a header's params, converts it, and appends
// it. ERR_USAGE names the value and what was expected.
int param_convert(const value *param, const value *given, struct buf *ret, struct err *err);

// The statement. Besides what script.h says the header may hold hosts (str) and
// on_error (str, "fail" or "suspend"); params is there, maybe empty, exactly when
// the script has a header.
// workflow{ about =, params =, hosts =, timeout =, elapsed_timeout =,
//           cleanup_timeout =, on_error =, meta = }
int lib_workflow(lua_State *L);
