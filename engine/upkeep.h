// SPDX-License-Identifier: MIT
// Looking after the store of a home that no engine uses. Each call takes the store's
// lock, so that no engine begins meanwhile, and writes nothing into it.
#pragma once

#include "cli/cli.h"

int upkeep_check(const char *home, struct store_facts *ret, struct err *err);
int upkeep_backup(const char *home, const char *path, struct err *err);
