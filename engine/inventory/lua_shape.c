// SPDX-License-Identifier: MIT
// How: hosts first, so that their order is that of the list, then groups by name.
#include "inventory/lua_shape.h"

#include <errno.h>
#include <stdio.h>

#include "base/suggest.h"

enum { WHERE_MAX = 200 };

// Names of members and what takes them; the table is ended by a NULL name.
struct member {
    const char *name;
    const char *var; // the variable that it sets, or NULL
};

static const struct member root_members[] = {
    { "hosts", NULL }, { "groups", NULL }, { "vars", NULL }, { NULL, NULL },
};
static const struct member group_members[] = {
    { "hosts", NULL }, { "children", NULL }, { "vars", NULL }, { NULL, NULL },
};
static const struct member host_members[] = {
    { "name", NULL },          { "vars", NULL },          { "address", "ansible_host" },
    { "user", "ansible_user" }, { "port", "ansible_port" },
    { "connection", "ansible_connection" }, { NULL, NULL },
};

static bool is_empty(const json_t *json) { return json_is_array(json) && !json_array_size(json); }

static int check_members(const json_t *object, const struct member *members, const char *where,
                         struct err *err)
{
    char text[SUGGEST_NAME_MAX + 32];
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        struct suggest suggest;
        const struct member *member = members;
        suggest_begin(&suggest, slice_str(name));
        while (member->name && strcmp(member->name, name) != 0)
            suggest_add(&suggest, slice_str(member++->name));
        if (!member->name)
            return err_set(err, ERR_USAGE, "%s: there is no %.80s in it%s", where, name,
                           suggest_text(&suggest, text));
    }
    return 0;
}

static int read_vars(struct node *node, const json_t *object, const char *where, struct err *err)
{
    const json_t *vars = json_object_get(object, "vars");

    if (!vars || is_empty(vars))
        return 0;
    if (!json_is_object(vars))
        return err_set(err, ERR_USAGE, "%s.vars: a table of names and values is expected", where);
    return tree_set_all(node, vars, err);
}

// ---- hosts

static int add_host(struct inventory *inventory, const char *name, struct node *group,
                    const json_t *entry, const char *where, struct err *err)
{
    struct node *host;
    int rc = tree_host(inventory, slice_str(name), 0, &host, err);

    if (rc == 0 && group)
        rc = tree_add(inventory, group, host, err);
    if (rc < 0)
        return err_wrap(err, "%s", where);
    if (!entry)
        return 0;
    for (const struct member *member = host_members; rc == 0 && member->name; member++) {
        json_t *value = member->var ? json_object_get(entry, member->name) : NULL;
        if (value)
            rc = tree_set(host, member->var, json_incref(value), err);
    }
    return rc < 0 ? rc : read_vars(host, entry, where, err);
}

static int add_names(struct inventory *inventory, const json_t *names, struct node *group,
                     const json_t *entry, const char *where, struct err *err)
{
    struct hostset set;
    int rc;

    hostset_init(&set);
    rc = hostset_add_text(&set, slice_of(json_string_value(names), json_string_length(names)),
                          err);
    if (rc < 0)
        rc = err_wrap(err, "%s", where);
    for (size_t i = 0; rc == 0 && i < set.count; i++)
        rc = add_host(inventory, set.names[i], group, entry, where, err);
    hostset_release(&set);
    return rc;
}

static int read_host(struct inventory *inventory, const json_t *entry, struct node *group,
                     const char *where, struct err *err)
{
    const json_t *name = json_object_get(entry, "name");
    int rc;

    if (json_is_string(entry))
        return add_names(inventory, entry, group, NULL, where, err);
    rc = check_members(entry, host_members, where, err);
    if (rc < 0)
        return rc;
    if (!json_is_string(name))
        return err_set(err, ERR_USAGE, "%s: a text like \"web[01-12]\" is expected, or a table "
                       "{ name = \"db1\", address = ..., user = ..., port = ..., vars = {...} }",
                       where);
    return add_names(inventory, name, group, entry, where, err);
}

static int read_hosts(struct inventory *inventory, const json_t *hosts, struct node *group,
                      const char *where, struct err *err)
{
    char at[WHERE_MAX + 24];
    int rc = 0;

    if (!hosts)
        return 0;
    if (json_is_string(hosts))
        return add_names(inventory, hosts, group, NULL, where, err);
    if (!json_is_array(hosts))
        return err_set(err, ERR_USAGE, "%s: a list is expected: { \"web[01-12]\", { name = "
                       "\"db1\", ... } }", where);
    for (size_t i = 0; rc == 0 && i < json_array_size(hosts); i++) {
        snprintf(at, sizeof(at), "%.*s[%zu]", WHERE_MAX, where, i + 1);
        rc = read_host(inventory, json_array_get(hosts, i), group, at, err);
    }
    return rc;
}

// ---- groups

static int read_children(struct inventory *inventory, const json_t *children, struct node *group,
                         const char *where, struct err *err)
{
    int rc = 0;

    if (!children)
        return 0;
    if (!json_is_array(children))
        return err_set(err, ERR_USAGE, "%s.children: a list of names is expected", where);
    for (size_t i = 0; rc == 0 && i < json_array_size(children); i++) {
        const char *name = json_string_value(json_array_get(children, i));
        struct node *child = name ? tree_find(&inventory->groups, slice_str(name)) : NULL;
        if (!child)
            return err_set(err, ERR_USAGE, "%s.children[%zu]: %.80s is no group of this file",
                           where, i + 1, name ? name : "it");
        rc = tree_add(inventory, group, child, err);
        if (rc < 0)
            err_wrap(err, "%s.children[%zu]", where, i + 1);
    }
    return rc;
}

static int read_group(struct inventory *inventory, const char *name, const json_t *entry,
                      struct err *err)
{
    struct node *group = tree_find(&inventory->groups, slice_str(name));
    char where[WHERE_MAX];
    int rc;

    snprintf(where, sizeof(where), "groups.%.150s", name);
    if (!json_is_object(entry))
        return read_hosts(inventory, entry, group, where, err);
    rc = check_members(entry, group_members, where, err);
    if (rc == 0)
        rc = read_vars(group, entry, where, err);
    if (rc == 0)
        rc = read_children(inventory, json_object_get(entry, "children"), group, where, err);
    snprintf(where, sizeof(where), "groups.%.150s.hosts", name);
    return rc < 0 ? rc : read_hosts(inventory, json_object_get(entry, "hosts"), group, where, err);
}

// All groups are made first: a child may stand before or behind its parent.
static int read_groups(struct inventory *inventory, const json_t *groups, struct err *err)
{
    struct node *group;
    const char *name;
    json_t *entry;
    int rc;

    if (!groups || is_empty(groups))
        return 0;
    if (!json_is_object(groups))
        return err_set(err, ERR_USAGE, "groups: a table of names is expected: { web = { \"web[1-3]"
                       "\" } }");
    json_object_foreach((json_t *)(uintptr_t)groups, name, entry) {
        rc = tree_group(inventory, slice_str(name), 0, &group, err);
        if (rc < 0)
            return err_wrap(err, "groups");
    }
    json_object_foreach((json_t *)(uintptr_t)groups, name, entry) {
        rc = read_group(inventory, name, entry, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int lua_shape_read(struct inventory *inventory, const json_t *table, struct err *err)
{
    int rc = json_is_object(table) || is_empty(table)
                 ? check_members(table, root_members, "the table", err)
                 : err_set(err, ERR_USAGE, "the table has hosts, groups and vars in it: return "
                           "{ hosts = {...} }");

    if (rc == 0)
        rc = read_vars(inventory->all, table, "the table", err);
    if (rc == 0)
        rc = read_hosts(inventory, json_object_get(table, "hosts"), NULL, "hosts", err);
    return rc < 0 ? rc : read_groups(inventory, json_object_get(table, "groups"), err);
}
