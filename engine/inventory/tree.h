// SPDX-License-Identifier: MIT
// The inventory as it is inside, and how the readers of files fill it: hosts and
// groups are nodes, being in a group is an edge. "all" and "ungrouped" are always
// there and have no edges: every host is in the one, every host without a group in
// the other. Owner of nodes, edges and variables: struct inventory. Private to the
// layer.
#pragma once

#include "base/map.h"
#include "inventory/inventory.h"

struct edge {
    struct node *parent, *child;
    struct edge *next_down; // of the parent, in the order of the file
    struct edge *next_up;   // of the child
};

struct node {
    char *name;
    json_t *vars;      // an object; its values are shared and never changed
    bool is_host;
    bool declared;     // a group that an INI file has a section for
    bool open;         // tree_settle is on its way through it
    unsigned line;     // where it was first named; 0: lines are not known
    unsigned depth;    // longest way down from "all"; set by tree_settle
    json_int_t priority; // ansible_group_priority; set by tree_settle
    struct edge *down, *down_last, *up;
};

struct nodes {
    struct node **at;
    size_t count, cap;
    struct map by_name;
};

struct inventory {
    char *path; // for messages; "" for none
    struct nodes hosts, groups;
    struct node *all, *ungrouped; // the first two groups
};

int tree_new(const char *path, struct inventory **ret, struct err *err);

// ---- for readers. Failures speak of the name; the reader adds the place.
// The host or group of that name, made when it is new.
int tree_host(struct inventory *inventory, struct slice name, unsigned line, struct node **ret,
              struct err *err);
int tree_group(struct inventory *inventory, struct slice name, unsigned line, struct node **ret,
               struct err *err);
// Puts a host or a group into a group; once is enough.
int tree_add(struct inventory *inventory, struct node *group, struct node *child, struct err *err);
// Sets variables: the members of an object, which stays the caller's. NULL: none.
int tree_set_all(struct node *node, const json_t *vars, struct err *err);
// Takes the value over, also when it fails. NULL, no memory.
int tree_set(struct node *node, const char *key, json_t *value, struct err *err);
// When all is read: refuses circles, and works out what precedence needs.
int tree_settle(struct inventory *inventory, struct err *err);

// ---- for those that ask
struct node *tree_find(const struct nodes *nodes, struct slice name);
// An ordered list of nodes without duplicates, borrowed; free `at`.
struct family {
    const struct node **at;
    size_t count, cap;
};
int family_add(struct family *family, const struct node *node);
// All groups that the node is in, directly or not; "all" is not among them.
int family_above(const struct node *node, struct family *ret);
// The group and all groups in it.
int family_below(const struct node *group, struct family *ret);

// Readers: each fills a new inventory from the text. Messages name inventory->path.
int ini_read(struct inventory *inventory, struct slice text, struct err *err);
int yaml_read(struct inventory *inventory, struct slice text, struct err *err);
int lua_file_read(struct inventory *inventory, struct slice text, struct err *err);
// Runs the program at inventory->path, within so many milliseconds for each run.
int listing_read(struct inventory *inventory, int program_ms, struct err *err);
