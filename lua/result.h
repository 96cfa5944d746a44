// SPDX-License-Identifier: MIT
// What a step gives a script: a result table with methods, or a raised error
// table that prints as one sentence. Both have the same fields:
//   out err code signal ok host seconds attempts   (commands)
//   value                                          (an on_interrupt function's "done")
//   kind message step line                         (failed)
// Their metatables are shared and protected.
#pragma once

#include "lua/internal.h"

void result_open(lua_State *L);

// Pushes the settled command's result. host: stack index of its name.
void result_push(lua_State *L, const struct answer *answer, int host);
// Pushes what an on_interrupt function is told: the failed result of the attempt that
// was cut off, not raised. strand: whose step it is. host: stack index of its handle.
void result_push_facts(lua_State *L, const struct script_strand *strand,
                       const struct answer *answer, int host);
// Gives what a failed step gives by its on_error: pushes the failed result and
// returns, or raises it. host: stack index of the host's name, or 0.
void result_push_failed(lua_State *L, const struct script_strand *strand,
                        const struct answer *answer, int host);
// Raises "too_large" when the outcome's output is larger than what was kept.
void result_check_size(lua_State *L, const struct outcome *outcome);

// Pushes an error table from a kind and the message on top of the stack, popped.
void error_push(lua_State *L, const char *kind);
_Noreturn void error_raise_cancelled(lua_State *L);
// Replaces the error value on top by an error table: a string becomes its message.
void error_normalise(lua_State *L);
