// SPDX-License-Identifier: MIT
// The engine as a process: store, world, engine and control put together, run
// until a signal, a request or a fatal error ends them.
#pragma once

#include "cli/cli.h"

int daemon_run(const struct daemon_options *options);
