// SPDX-License-Identifier: MIT
// How many files this process may have open. An engine with many links needs more than
// the soft limit allows that programs begin with (1,024, mostly); but that limit is as low for
// a reason: programs that use select() cannot bear more. So the engine raises its own
// (children.h: not that of what it starts).
#pragma once

#include <stddef.h>

#include "base/err.h"

// Raises the soft limit, from here to the process's end, as far as links need it and the
// hard limit lets it.
void files_raise(void);
// How many links fit under the hard limit, at most ENGINE_LINKS_MAX.
size_t files_links_max(void);
// How many clients fit beside these, at most CONTROL_CLIENTS_MAX.
size_t files_clients_max(void);
// "", or: the limit leaves room for fewer links than that, and the way out.
void files_warning(char ret[ERR_TEXT_MAX]);
