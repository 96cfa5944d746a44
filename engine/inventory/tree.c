// SPDX-License-Identifier: MIT
#include "inventory/tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"

enum { GROUP_NAME_MAX = 200 };

static int no_memory(struct err *err) { return err_set(err, -ENOMEM, "out of memory"); }

// ---- nodes by name

// The key the name is at, or the free one where it would be.
static uint64_t key_of(const struct nodes *nodes, struct slice name, struct node **found)
{
    static const struct hash_key no_key;
    uint64_t key = fingerprint_of(name, &no_key);

    while ((*found = map_get(&nodes->by_name, key)) && !slice_is(name, (*found)->name))
        key++;
    return key;
}

struct node *tree_find(const struct nodes *nodes, struct slice name)
{
    struct node *found;

    key_of(nodes, name, &found);
    return found;
}

static void node_free(struct node *node)
{
    struct edge *next;

    for (struct edge *edge = node->down; edge; edge = next) {
        next = edge->next_down;
        free(edge);
    }
    json_decref(node->vars);
    free(node->name);
    free(node);
}

static struct node *node_make(struct slice name)
{
    struct node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    node->name = strndup((const char *)name.ptr, name.len);
    node->vars = json_object();
    if (node->name && node->vars)
        return node;
    node_free(node);
    return NULL;
}

static int nodes_get(struct nodes *nodes, struct slice name, unsigned line, struct node **ret,
                     struct err *err)
{
    uint64_t key = key_of(nodes, name, ret);
    struct node **grown;

    if (*ret)
        return 0;
    grown = array_room(nodes->at, nodes->count, &nodes->cap, sizeof(struct node *));
    if (!grown)
        return no_memory(err);
    nodes->at = grown;
    *ret = node_make(name);
    if (!*ret)
        return no_memory(err);
    if (map_put(&nodes->by_name, key, *ret) < 0) {
        node_free(*ret);
        return no_memory(err);
    }
    (*ret)->line = line;
    nodes->at[nodes->count++] = *ret;
    return 0;
}

static void nodes_release(struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        node_free(nodes->at[i]);
    free(nodes->at);
    map_release(&nodes->by_name);
}

// ---- the inventory

int tree_new(const char *path, struct inventory **ret, struct err *err)
{
    struct inventory *inventory = calloc(1, sizeof(*inventory));
    int rc;

    *ret = NULL;
    if (!inventory)
        return no_memory(err);
    map_init(&inventory->hosts.by_name);
    map_init(&inventory->groups.by_name);
    inventory->path = strdup(path);
    rc = inventory->path ? nodes_get(&inventory->groups, SLICE("all"), 0, &inventory->all, err)
                         : no_memory(err);
    if (rc == 0)
        rc = nodes_get(&inventory->groups, SLICE("ungrouped"), 0, &inventory->ungrouped, err);
    if (rc < 0) {
        inventory_free(inventory);
        return rc;
    }
    inventory->all->declared = inventory->ungrouped->declared = true;
    *ret = inventory;
    return 0;
}

void inventory_free(struct inventory *inventory)
{
    if (!inventory)
        return;
    nodes_release(&inventory->hosts);
    nodes_release(&inventory->groups);
    free(inventory->path);
    free(inventory);
}

int tree_host(struct inventory *inventory, struct slice name, unsigned line, struct node **ret,
              struct err *err)
{
    int rc;

    if (!hostset_is_name(name))
        return err_set(err, ERR_USAGE, "\"%.*s\" is no name of a host: letters, digits, '.', '_' "
                       "and '-' are; where it is to be found says ansible_host",
                       name.len < 80 ? (int)name.len : 80, (const char *)name.ptr);
    if (inventory->hosts.count == HOSTSET_MAX && !tree_find(&inventory->hosts, name))
        return err_set(err, -E2BIG, "more than %d hosts; divide the inventory", HOSTSET_MAX);
    rc = nodes_get(&inventory->hosts, name, line, ret, err);
    if (rc < 0)
        return rc;
    assert(*ret);
    (*ret)->is_host = true;
    return 0;
}

static bool is_group_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
            return false;
    return name.len > 0 && name.len <= GROUP_NAME_MAX;
}

int tree_group(struct inventory *inventory, struct slice name, unsigned line, struct node **ret,
               struct err *err)
{
    if (!is_group_name(name))
        return err_set(err, ERR_USAGE, "\"%.*s\" is no name of a group: 1 to %d bytes, none a "
                       "control character, are expected", name.len < 80 ? (int)name.len : 80,
                       (const char *)name.ptr, GROUP_NAME_MAX);
    if (inventory->groups.count == INVENTORY_GROUPS_MAX && !tree_find(&inventory->groups, name))
        return err_set(err, -E2BIG, "more than %d groups; divide the inventory",
                       INVENTORY_GROUPS_MAX);
    return nodes_get(&inventory->groups, name, line, ret, err);
}

static bool is_below(const struct node *child, const struct node *group)
{
    for (const struct edge *edge = child->up; edge; edge = edge->next_up)
        if (edge->parent == group)
            return true;
    return false;
}

int tree_add(struct inventory *inventory, struct node *group, struct node *child, struct err *err)
{
    struct edge *edge;

    if (child == inventory->all)
        return err_set(err, ERR_USAGE, "the group all is above every other and cannot be in %.80s",
                       group->name);
    if (group == inventory->all || child == inventory->ungrouped || is_below(child, group))
        return 0;
    if (group == inventory->ungrouped)
        return child->is_host ? 0 : err_set(err, ERR_USAGE, "the group ungrouped holds the hosts "
                                            "without a group, and no group: not %.80s",
                                            child->name);
    edge = malloc(sizeof(*edge));
    if (!edge)
        return no_memory(err);
    *edge = (struct edge){ group, child, NULL, child->up };
    child->up = edge;
    if (group->down_last)
        group->down_last->next_down = edge;
    else
        group->down = edge;
    group->down_last = edge;
    return 0;
}

int tree_set_all(struct node *node, const json_t *vars, struct err *err)
{
    if (vars && json_object_update(node->vars, (json_t *)(uintptr_t)vars) < 0)
        return no_memory(err);
    return 0;
}

int tree_set(struct node *node, const char *key, json_t *value, struct err *err)
{
    return json_object_set_new(node->vars, key, value) < 0 ? no_memory(err) : 0;
}

// ---- depths

static int too_deep(const struct inventory *inventory, struct err *err)
{
    return err_set(err, ERR_USAGE, "%.200s: groups are nested more than %d deep", inventory->path,
                   INVENTORY_DEPTH_MAX);
}

static int settle(struct inventory *inventory, struct node *group, unsigned level,
                  struct err *err)
{
    unsigned depth = 1;

    if (group->depth)
        return 0;
    if (group->open)
        return err_set(err, ERR_USAGE, "%.200s: the group %.80s is in itself, by way of its "
                       "children; take it out of one of them", inventory->path, group->name);
    if (level > INVENTORY_DEPTH_MAX)
        return too_deep(inventory, err);
    group->open = true;
    for (const struct edge *edge = group->up; edge; edge = edge->next_up) {
        int rc = settle(inventory, edge->parent, level + 1, err);
        if (rc < 0)
            return rc;
        if (edge->parent->depth >= depth)
            depth = edge->parent->depth + 1;
    }
    group->open = false;
    group->depth = depth;
    return depth > INVENTORY_DEPTH_MAX ? too_deep(inventory, err) : 0;
}

int tree_settle(struct inventory *inventory, struct err *err)
{
    int rc = 0;

    for (size_t i = 1; rc == 0 && i < inventory->groups.count; i++) { // all is 0 deep
        struct node *group = inventory->groups.at[i];
        const json_t *priority = json_object_get(group->vars, "ansible_group_priority");
        group->priority = json_is_integer(priority) ? json_integer_value(priority) : 1;
        rc = settle(inventory, group, 0, err);
    }
    return rc;
}

// ---- families

static bool family_has(const struct family *family, const struct node *node)
{
    for (size_t i = 0; i < family->count; i++)
        if (family->at[i] == node)
            return true;
    return false;
}

int family_add(struct family *family, const struct node *node)
{
    const struct node **grown;

    if (family_has(family, node))
        return 0;
    grown = array_room(family->at, family->count, &family->cap, sizeof(struct node *));
    if (!grown)
        return -ENOMEM;
    family->at = grown;
    family->at[family->count++] = node;
    return 0;
}

static int add_parents(struct family *family, const struct node *node)
{
    int rc = 0;

    for (const struct edge *edge = node->up; rc == 0 && edge; edge = edge->next_up)
        rc = family_add(family, edge->parent);
    return rc;
}

// The list is its own queue: what was added is walked in its turn.
int family_above(const struct node *node, struct family *ret)
{
    int rc = add_parents(ret, node);

    for (size_t i = 0; rc == 0 && i < ret->count; i++)
        rc = add_parents(ret, ret->at[i]);
    return rc;
}

// Depth first, so that a child's hosts stand together; the depth is bounded.
int family_below(const struct node *group, struct family *ret)
{
    int rc;

    if (family_has(ret, group))
        return 0;
    rc = family_add(ret, group);
    for (const struct edge *edge = group->down; rc == 0 && edge; edge = edge->next_down)
        if (!edge->child->is_host)
            rc = family_below(edge->child, ret);
    return rc;
}
