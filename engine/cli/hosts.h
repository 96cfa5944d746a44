// SPDX-License-Identifier: MIT
// Which hosts a set means: the inventory that --inventory, PAWL_INVENTORY or the home
// has, and what it makes of the set. All of it happens here, in the user's directory
// and environment; the engine is sent what came of it.
#pragma once

#include <jansson.h>

#include "cli/command.h"
#include "inventory/inventory.h"

#define OPTION_INVENTORY                                                    \
    { "inventory", 'i', "FILE", "the inventory; else PAWL_INVENTORY names it" }

// All of them give an exit code, and a failure is printed.

// The inventory, to be freed; one without hosts when none is named and none is found.
// *found: whether there is one; may be NULL.
int hosts_open(struct cli *cli, struct inventory **ret, bool *found);
// The same; an inventory that is a program may take so long.
int hosts_open_within(struct cli *cli, int program_ms, struct inventory **ret, bool *found);
// Adds what the set names to ret. EXIT_NO_JOB when that is nobody.
int hosts_resolve(struct cli *cli, const struct inventory *inventory, const char *set,
                  struct hostset *ret);
// For verbs that reach hosts: a new array, in order, of {"name":..., "dest":
// "[user@]address[:port]", "groups":[...], "vars":{...}, "ssh":[...]}, the last two as
// secrets.h and reach.h say.
int hosts_rows(struct cli *cli, const struct inventory *inventory, const struct hostset *names,
               json_t **ret);
// The same of a set.
int hosts_json(struct cli *cli, const char *set, json_t **ret);
// The exit code for a failure of the inventory.
int hosts_exit_code(int code);
