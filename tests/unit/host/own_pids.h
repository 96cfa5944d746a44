// SPDX-License-Identifier: MIT
// A test that counts processes counts everybody's, unless it has a PID space of its
// own. Needs root; without it the test runs where it is.
#pragma once

#include <stdbool.h>

// Runs fn in a PID space of its own, if one can be had, with a /proc that shows it.
// Returns what fn did; 1 when it was killed.
int in_own_pids(int (*fn)(void));
// Within fn: was there one?
bool pids_are_own(void);
