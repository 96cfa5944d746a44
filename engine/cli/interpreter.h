// SPDX-License-Identifier: MIT
// Options --shell and --arch, and the `#!` of a script: what they say is looked for here,
// before a job of this machine is made; what another host has, the job finds out there.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "cli/options.h"

// Of start and invoke.
#define OPTIONS_INTERPRETER                                                        \
    { "shell", 0, "PROG", "runs -c, -f and --init: bash, python3 -u; else sh" }, \
    { "arch", 0, "ARCH", "what the machine looks like to it, as for setarch" }

// interpreter and arch, into params, which have the text already. body: of a local job with
// its environment and directory, or of a remote one.
int interpreter_params(const struct options *options, json_t *params, const json_t *body,
                       struct err *err);
