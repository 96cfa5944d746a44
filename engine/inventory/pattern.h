// SPDX-License-Identifier: MIT
// What Ansible's files write where a host stands: a name with ranges ([01:20],
// [1:9:2], [a:f]) and a port behind it. Private to the layer.
#pragma once

#include "inventory/tree.h"

// Makes the hosts that the pattern names, puts them into the group (NULL: none), and
// gives each the port, if there is one, and the variables, which stay the caller's.
int pattern_hosts(struct inventory *inventory, struct slice pattern, struct node *group,
                  const json_t *vars, unsigned line, struct err *err);
