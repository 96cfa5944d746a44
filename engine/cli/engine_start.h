// SPDX-License-Identifier: MIT
// Starting the user's engine on demand, detached from the terminal.
#pragma once

#include "cli/home.h"

// Returns when an engine answers on the home's socket, starting one when none
// does. Fails after 10 s, when the engine ended (with the last lines of its log),
// or when three engines failed within the last minute.
int engine_start(const struct home *home, struct err *err);
// Does somebody accept connections there?
bool engine_is_up(const struct home *home);
// Notes a fatal end in the home's file `exits`: one line, seconds since 1970.
void engine_note_exit(const struct home *home);
