// SPDX-License-Identifier: MIT
// What the programs that the engine starts begin with: the umask and the limit of open
// files that the engine itself was started with, not those it has given itself since.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// Notes both, and gives the engine this umask. Once, before anything is started. False:
// children have what the engine has.
bool children_keep(mode_t own_umask);
