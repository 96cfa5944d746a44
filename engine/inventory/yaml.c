// SPDX-License-Identifier: MIT
// Ansible's YAML inventories: a map of groups, each with hosts, children and vars.
#include <errno.h>

#include "base/suggest.h"
#include "inventory/pattern.h"
#include "inventory/yaml_node.h"

struct yaml {
    struct inventory *inventory;
    struct yaml_tree tree;
    unsigned depth; // of groups in groups
};

static int read_groups(struct yaml *y, const struct yaml_node *map, struct node *parent,
                       struct err *err);

// Puts the line before what a builder said.
static int placed(const struct yaml *y, const struct yaml_node *node, int rc, struct err *err)
{
    return rc < 0 ? err_wrap(err, "%.160s:%u", y->inventory->path, node->line) : 0;
}

static int vars_of(struct yaml *y, const struct yaml_node *node, json_t **ret, struct err *err)
{
    *ret = NULL;
    if (yaml_is_null(node))
        return 0;
    if (node->kind != YAML_KIND_MAP)
        return yaml_refuse(&y->tree, node, err, "variables are a map: name: value");
    *ret = yaml_json(&y->tree, node, err);
    return *ret ? 0 : ERR_USAGE;
}

// ---- the parts of a group

static int read_host(struct yaml *y, const struct yaml_node *name, const struct yaml_node *value,
                     struct node *group, struct err *err)
{
    json_t *vars = NULL;
    int rc;

    if (name->kind != YAML_KIND_SCALAR)
        return yaml_refuse(&y->tree, name, err, "the name of a host is expected");
    rc = value ? vars_of(y, value, &vars, err) : 0;
    if (rc == 0)
        rc = yaml_count(&y->tree, name, err);
    if (rc == 0)
        rc = placed(y, name, pattern_hosts(y->inventory, name->text, group, vars, name->line, err),
                    err);
    json_decref(vars);
    return rc;
}

static int read_hosts(struct yaml *y, const struct yaml_node *node, struct node *group,
                      struct err *err)
{
    int rc = 0;

    if (yaml_is_null(node))
        return 0;
    if (node->kind == YAML_KIND_SCALAR)
        return read_host(y, node, NULL, group, err);
    for (const struct yaml_entry *entry = node->first; rc == 0 && entry; entry = entry->next)
        rc = entry->key ? read_host(y, entry->key, entry->value, group, err)
                        : read_host(y, entry->value, NULL, group, err);
    return rc;
}

static int read_vars(struct yaml *y, const struct yaml_node *node, struct node *group,
                     struct err *err)
{
    json_t *vars;
    int rc = vars_of(y, node, &vars, err);

    if (rc == 0)
        rc = tree_set_all(group, vars, err);
    json_decref(vars);
    return rc;
}

static int read_children(struct yaml *y, const struct yaml_node *node, struct node *group,
                         struct err *err)
{
    int rc;

    if (yaml_is_null(node))
        return 0;
    if (node->kind != YAML_KIND_MAP)
        return yaml_refuse(&y->tree, node, err, "children are a map of groups: a name with a "
                           "colon on each line");
    if (y->depth == INVENTORY_DEPTH_MAX)
        return yaml_refuse(&y->tree, node, err, "groups are nested more than %d deep",
                           INVENTORY_DEPTH_MAX);
    y->depth++;
    rc = read_groups(y, node, group, err);
    y->depth--;
    return rc;
}

static int no_part(struct yaml *y, const struct yaml_node *key, struct node *group,
                   struct err *err)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    suggest_begin(&suggest, key->text);
    suggest_add(&suggest, SLICE("hosts"));
    suggest_add(&suggest, SLICE("children"));
    suggest_add(&suggest, SLICE("vars"));
    return yaml_refuse(&y->tree, key, err, "group %.80s: %.80s is no part of a group; hosts, "
                       "children and vars are%s", group->name, (const char *)key->text.ptr,
                       suggest_text(&suggest, text));
}

static int read_part(struct yaml *y, const struct yaml_entry *entry, struct node *group,
                     struct err *err)
{
    if (slice_is(entry->key->text, "hosts"))
        return read_hosts(y, entry->value, group, err);
    if (slice_is(entry->key->text, "vars"))
        return read_vars(y, entry->value, group, err);
    if (slice_is(entry->key->text, "children"))
        return read_children(y, entry->value, group, err);
    return no_part(y, entry->key, group, err);
}

// ---- groups

static int read_group(struct yaml *y, const struct yaml_entry *entry, struct node *parent,
                      struct err *err)
{
    struct node *group;
    int rc = yaml_count(&y->tree, entry->key, err);

    if (rc < 0)
        return rc;
    rc = tree_group(y->inventory, entry->key->text, entry->key->line, &group, err);
    if (rc == 0 && parent)
        rc = tree_add(y->inventory, parent, group, err);
    if (rc < 0)
        return placed(y, entry->key, rc, err);
    if (yaml_is_null(entry->value))
        return 0;
    if (entry->value->kind != YAML_KIND_MAP)
        return yaml_refuse(&y->tree, entry->value, err, "group %.80s: hosts:, children: or vars: "
                           "is expected in it", group->name);
    for (const struct yaml_entry *part = entry->value->first; rc == 0 && part; part = part->next)
        rc = read_part(y, part, group, err);
    return rc;
}

static int read_groups(struct yaml *y, const struct yaml_node *map, struct node *parent,
                       struct err *err)
{
    int rc = 0;

    for (const struct yaml_entry *entry = map->first; rc == 0 && entry; entry = entry->next)
        rc = read_group(y, entry, parent, err);
    return rc;
}

// The configuration of one of Ansible's own plugins looks like an inventory's file.
static int read_root(struct yaml *y, struct err *err)
{
    const struct yaml_node *root = y->tree.root;

    if (!root || yaml_is_null(root))
        return 0;
    if (root->kind != YAML_KIND_MAP)
        return yaml_refuse(&y->tree, root, err, "an inventory is a map of groups, as in "
                           "\"all: {hosts: {web01: }}\"");
    for (const struct yaml_entry *entry = root->first; entry; entry = entry->next)
        if (slice_is(entry->key->text, "plugin"))
            return yaml_refuse(&y->tree, entry->key, err, "this configures a plugin of Ansible; "
                               "use a program that runs ansible-inventory -i FILE --list");
    return read_groups(y, root, NULL, err);
}

int yaml_read(struct inventory *inventory, struct slice text, struct err *err)
{
    struct yaml y = { .inventory = inventory };
    int rc = yaml_tree_read(&y.tree, inventory->path, text, err);

    if (rc == 0)
        rc = read_root(&y, err);
    yaml_tree_release(&y.tree);
    return rc;
}
