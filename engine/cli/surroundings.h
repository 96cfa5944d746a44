// SPDX-License-Identifier: MIT
// What an engine rests on besides its store, for pawl doctor: who else may look into its
// home, the ssh that makes its links, and whether it is there after a logout and a boot.
#pragma once

#include "cli/home.h"

// What each is about; a fault keeps jobs from running, or lets others in.
#define SURROUNDINGS(X)                                             \
    X(HOME, "home")     /* the directory's owner and mode */        \
    X(SSH, "ssh")       /* the program, and its configuration */    \
    X(LINGER, "linger") /* may what we start outlive our logout? */ \
    X(BOOT, "boot")     /* does anything start the engine? */

enum surrounding_id {
#define X(id, text) SURROUNDING_##id,
    SURROUNDINGS(X)
#undef X
    SURROUNDING_COUNT
};

struct surrounding {
    const char *name;        // static
    bool fault;
    char text[ERR_TEXT_MAX]; // one line
};

// root: put before the paths of the machine's own files; "" but in tests.
void surroundings_look(const struct home *home, const char *root,
                       struct surrounding ret[SURROUNDING_COUNT]);
