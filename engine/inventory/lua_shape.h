// SPDX-License-Identifier: MIT
// The table that an inventory in Lua returns:
//   { vars = {...},                                    -- of all hosts
//     hosts = { "web[01-12]", { name = "db1", address = "10.0.0.5", user = "admin",
//                               port = 2222, connection = "local", vars = {...} } },
//     groups = { web = { hosts = "web[01-12]", children = { "edge" }, vars = {...} },
//                db = { "db1" } } }
// A list of hosts may be one text; a group may be its list of hosts. Private to the
// layer.
#pragma once

#include "inventory/tree.h"

// The table as JSON. Messages name the way to what is wrong, not the file.
int lua_shape_read(struct inventory *inventory, const json_t *table, struct err *err);
