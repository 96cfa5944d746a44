// SPDX-License-Identifier: MIT
// A test that counts processes counts everybody's, unless it has a PID space of its
// own. Needs root; without it the test runs where it is.
#pragma once

#include <stdbool.h>

// Runs fn in a PID space of its own, if one can be had, with a /proc that shows it:
// the program is begun once more in there, and ends with what fn returned, 1 when it
// was killed. Without one it returns what fn did, here.
int in_own_pids(int (*fn)(void));
// Within fn: was there one?
bool pids_are_own(void);
