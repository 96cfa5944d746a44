// SPDX-License-Identifier: MIT
// HOME/store.id names the store that the home has, so that an engine which finds
// another one, or none, does not begin anew as if nothing had been.
#pragma once

#include "storage/store.h"

enum { MARKER_TEXT = 512 };

// Compares the marker with the store and writes it when there is none yet. spool:
// the home's own, or NULL. text: what people must know; "" when all is as it was.
void marker_check(const char *home, const char *spool, struct store *store,
                  char text[MARKER_TEXT]);
