// SPDX-License-Identifier: MIT
// Files compiled into the program by cmake/Embed.cmake: constant, for ever valid.
#pragma once

#include "base/slice.h"

struct embedded_file {
    const char *name; // file name without its path; NULL ends a table
    struct slice text;
};

extern const struct embedded_file embedded_runner[];    // runner.sh
extern const struct embedded_file embedded_as[];       // as.sh
extern const struct embedded_file embedded_transfer[];  // host/transfer/*.sh
extern const struct embedded_file embedded_prelude[];   // lua/prelude, in load order
extern const struct embedded_file embedded_completion[]; // scripts of shells
extern const struct embedded_file embedded_workflows[]; // what jobs of other kinds run
extern const struct embedded_file embedded_shipped[];   // workflows to be run by name
