// SPDX-License-Identifier: MIT
// The directory that holds everything of one engine: $PAWL_HOME, else
// $XDG_STATE_HOME/pawl, else ~/.local/state/pawl.
#pragma once

#include "base/err.h"

// A Unix socket's path is limited to 107 bytes by the system; leave room for
// the temporary names some tools put beside it.
enum { HOME_SOCKET_MAX = 100, HOME_PATH_MAX = 4096 };

struct home {
    char path[HOME_PATH_MAX];
    char socket_path[HOME_SOCKET_MAX + 1];
};

// Finds the paths; makes nothing.
int home_find(struct home *home, struct err *err);
// Makes the directory and the missing ones above it, mode 0700.
int home_make(const struct home *home, struct err *err);
// Writes home's path, "/" and name to text; -ENAMETOOLONG.
int home_file(const struct home *home, const char *name, char text[HOME_PATH_MAX],
              struct err *err);
