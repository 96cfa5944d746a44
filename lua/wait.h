// SPDX-License-Identifier: MIT
// How a library function waits: it begins an effect in its strand's buffers,
// fills it, yields, and goes on in a continuation that takes the answer.
//
//     strand = wait_begin(L, EFFECT_SLEEP, "sleep");
//     ... strand->effect, strand->args, strand->name ...
//     return wait_yield(L, strand, sleep_done);
#pragma once

#include "lua/internal.h"

// Raises when nothing can wait here: inside once(), under a callback of a C
// function, in a cancelled strand, before the header of script_header.
struct script_strand *wait_begin(lua_State *L, enum effect_kind kind, const char *label);
// Yields the effect to the core; k runs when the strand is resumed. May be called
// from a coroutine of the script's: every resume on the way yields too.
int wait_yield(lua_State *L, struct script_strand *strand, lua_KFunction k);
// In k: the answer. Raises the cancel error for ANSWER_CANCEL.
const struct answer *wait_answer(lua_State *L, struct script_strand **ret);
// Ends a script_header run, as anything does that only a running job has.
void wait_check_header(lua_State *L);
