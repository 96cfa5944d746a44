// SPDX-License-Identifier: MIT
// Passwords in inventories. A job's variables are stored with it, for ever readable by
// whoever reads the store: what is a password by its name, or was encrypted, stays here.
#pragma once

#include <jansson.h>

#include "base/buf.h"

// Takes them out of the variables of the hosts, rows of an inventory, and adds their
// names to ret, each once, with commas.
void secrets_drop(json_t *hosts, struct buf *ret);
