// SPDX-License-Identifier: MIT
// The manual pages, made of the table of verbs: pawl(1), and pawl-VERB(1) for each.
#pragma once

#include "base/buf.h"
#include "cli/command.h"

// Appends the page of a verb, NULL: of the program, as text for man(1).
void man_page(const struct command *command, struct buf *out);
