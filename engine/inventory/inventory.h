// SPDX-License-Identifier: MIT
// An inventory: hosts in order, each with a destination and variables, and groups of
// them. It is read whole from one file (Lua, Ansible's INI or YAML, or a program that
// prints Ansible's JSON) and never changes afterwards. Invariant: groups form no
// circle, and every name and destination it gives passes hostset_is_name.
//
// The client reads it, in the user's directory and environment; the engine is sent
// what came of it (docs/decisions/0009). The layer's only public header. Any thread,
// one at a time: what it gives shares values with it.
#pragma once

#include <jansson.h>

#include "model/hostset.h"

enum {
    INVENTORY_BYTES_MAX = 8 << 20,   // of a file, and of what a program prints
    INVENTORY_GROUPS_MAX = 10 * 1000,
    INVENTORY_DEPTH_MAX = 64,        // of groups in groups, and of values in values
    INVENTORY_VALUES_MAX = 2000 * 1000, // of one file, aliases followed
    INVENTORY_PROGRAM_MS = 30 * 1000, // what a program may take
};

struct inventory;

// Reads the file, by its kind: .lua, .yaml/.yml/.json, .ini; another name: run when it
// is executable, else read as YAML or INI, as its first line says. NULL: an inventory
// without hosts. ERR_USAGE, and -E2BIG for too many hosts, name the file, the line and
// what to do.
int inventory_open(const char *path, struct inventory **ret, struct err *err);
// The same, with a program's time as given.
int inventory_open_within(const char *path, int program_ms, struct inventory **ret,
                          struct err *err);
void inventory_free(struct inventory *inventory);

size_t inventory_host_count(const struct inventory *inventory);
// Groups in the order they came, "all" first; NULL behind the last.
const char *inventory_group(const struct inventory *inventory, size_t i);

// Adds to `ret` what a text names: hosts with ranges, as hostset_add_text, and with
// the inventory's help also @group, @all, and patterns with * and ?; an item with `!`
// in front takes away. A name that the inventory does not know is a host by that
// name. Order: of the text; within a group first its own hosts, then its children's.
// -ENOENT: no such group, or nothing fits a pattern; ERR_USAGE, -E2BIG: as
// hostset_add_text. After a failure ret is as it was.
int inventory_resolve(const struct inventory *inventory, struct slice text, struct hostset *ret,
                      struct err *err);

// A new object {"name":..., "dest":..., "groups":[...], "vars":{...}}. dest is
// [user@]address[:port]; vars are those of "all", of the groups from the outside in,
// and the host's own, the later ones win; groups stand in that order, without "all".
// A host that the inventory does not know has only its name. NULL: err says why.
json_t *inventory_host_json(const struct inventory *inventory, const char *name, struct err *err);
// An array of these, one for each name, in order.
json_t *inventory_hosts_json(const struct inventory *inventory, const struct hostset *names,
                             struct err *err);
// A new object {"group":..., "children":[...], "vars":{...}}, with the group's own
// variables. NULL: no memory, or no such group.
json_t *inventory_group_json(const struct inventory *inventory, const char *name);
// Adds the hosts of a group, its children's included.
int inventory_group_hosts(const struct inventory *inventory, const char *name,
                          struct hostset *ret, struct err *err);
