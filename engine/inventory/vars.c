// SPDX-License-Identifier: MIT
// What is true of one host: its groups in their order of precedence, its variables
// merged in that order, and the destination that some of these make. Worked out when
// it is asked for: an inventory of many hosts in large groups would hold each group's
// variables once for every host.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "inventory/tree.h"

// ---- precedence: from the outside in, then by priority, then by name

static int compare_groups(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left;
    const struct node *b = *(const struct node *const *)right;

    if (a->depth != b->depth)
        return a->depth < b->depth ? -1 : 1;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int groups_of(const struct inventory *inventory, const struct node *host,
                     struct family *ret)
{
    int rc = host->up ? family_above(host, ret) : family_add(ret, inventory->ungrouped);

    if (rc == 0)
        qsort(ret->at, ret->count, sizeof(struct node *), compare_groups);
    return rc;
}

static json_t *merge(const struct inventory *inventory, const struct node *host,
                     const struct family *groups)
{
    json_t *vars = json_object();
    int rc = vars ? json_object_update(vars, inventory->all->vars) : -1;

    for (size_t i = 0; rc == 0 && i < groups->count; i++)
        rc = json_object_update(vars, groups->at[i]->vars);
    if (rc == 0 && json_object_update(vars, host->vars) == 0)
        return vars;
    json_decref(vars);
    return NULL;
}

// ---- the destination

// The variable by its name, or by the one it had before Ansible 2; NULL: not set.
static const json_t *connection_var(const json_t *vars, const char *name, const char *old,
                                    const char **found)
{
    const json_t *value = json_object_get(vars, name);

    *found = value ? name : old;
    if (!value && old)
        value = json_object_get(vars, old);
    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return NULL;
    return value;
}

struct part {
    const char *var; // that says it; NULL: the host's name does
    char text[HOSTSET_NAME_MAX + 1];
};

// Whole numbers are taken as text, since a port and an old user name may be written so.
static int part_set(struct part *part, const json_t *vars, const char *name, const char *old,
                    struct err *err)
{
    const char *var;
    const json_t *value = connection_var(vars, name, old, &var);
    const char *text = json_string_value(value);

    if (!value)
        return 0;
    if (json_is_integer(value))
        snprintf(part->text, sizeof(part->text), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
    else if (text && strlen(text) < sizeof(part->text))
        snprintf(part->text, sizeof(part->text), "%s", text);
    else
        return err_set(err, ERR_USAGE, "%s is no text of at most %d bytes", var,
                       HOSTSET_NAME_MAX);
    part->var = var;
    return 0;
}

// Takes user, address and port apart; the name is known to be well-formed.
static void parts_of(const char *name, struct part *user, struct part *address, struct part *port)
{
    const char *at = strchr(name, '@'), *colon = strchr(at ? at : name, ':');
    const char *host = at ? at + 1 : name;

    *user = *address = *port = (struct part){ 0 };
    if (at)
        snprintf(user->text, sizeof(user->text), "%.*s", (int)(at - name), name);
    snprintf(address->text, sizeof(address->text), "%.*s",
             colon ? (int)(colon - host) : HOSTSET_NAME_MAX, host);
    if (colon)
        snprintf(port->text, sizeof(port->text), "%s", colon + 1);
}

// before and behind make a whole name of the part, so that hostset can judge it.
static int check(const struct part *part, const char *before, const char *behind,
                 const char *what, struct err *err)
{
    char text[HOSTSET_NAME_MAX + 8];

    snprintf(text, sizeof(text), "%s%s%s", before, part->text, behind);
    if (!part->var || (strcspn(part->text, "@:") == strlen(part->text) &&
                       hostset_is_name(slice_str(text))))
        return 0;
    if (strstr(part->text, "{{"))
        return err_set(err, ERR_USAGE, "%s is \"%.80s\", and templates are not expanded; write "
                       "out the value", part->var, part->text);
    return err_set(err, ERR_USAGE, "%s is \"%.80s\", and that is no %s", part->var, part->text,
                   what);
}

static int compose(struct part *user, struct part *address, struct part *port,
                   char dest[HOSTSET_NAME_MAX + 1], struct err *err)
{
    int n;

    if (check(user, "", "@h", "user: letters, digits, '.', '_' and '-' are expected", err) < 0 ||
        check(port, "h:", "", "port: a number from 1 to 65535 is expected", err) < 0 ||
        check(address, "", "", "address: letters, digits, '.', '_' and '-' are expected; what "
              "else there is, such as IPv6, goes into ~/.ssh/config under a name", err) < 0)
        return ERR_USAGE;
    n = snprintf(dest, HOSTSET_NAME_MAX + 1, "%s%s%s%s%s", user->text, *user->text ? "@" : "",
                 address->text, *port->text ? ":" : "", port->text);
    if (n > HOSTSET_NAME_MAX)
        return err_set(err, ERR_USAGE, "its destination is longer than %d bytes",
                       HOSTSET_NAME_MAX);
    return 0;
}

static int destination(const char *name, const json_t *vars, char dest[HOSTSET_NAME_MAX + 1],
                       struct err *err)
{
    struct part user, address, port, connection = { 0 };
    int rc = part_set(&connection, vars, "ansible_connection", NULL, err);

    if (rc == 0 && strcmp(connection.text, "local") == 0) {
        snprintf(dest, HOSTSET_NAME_MAX + 1, "localhost");
        return 0;
    }
    parts_of(name, &user, &address, &port);
    if (rc == 0)
        rc = part_set(&user, vars, "ansible_user", "ansible_ssh_user", err);
    if (rc == 0)
        rc = part_set(&address, vars, "ansible_host", "ansible_ssh_host", err);
    if (rc == 0)
        rc = part_set(&port, vars, "ansible_port", "ansible_ssh_port", err);
    return rc < 0 ? rc : compose(&user, &address, &port, dest, err);
}

// ---- as JSON

static json_t *names_json(const struct family *groups)
{
    json_t *names = json_array();

    for (size_t i = 0; names && i < groups->count; i++)
        if (json_array_append_new(names, json_string(groups->at[i]->name)) < 0) {
            json_decref(names);
            return NULL;
        }
    return names;
}

static json_t *host_json(const char *name, const char *dest, json_t *groups, json_t *vars)
{
    return json_pack("{s:s,s:s,s:o,s:o}", "name", name, "dest", dest, "groups", groups, "vars",
                     vars);
}

static int placed(const struct inventory *inventory, const struct node *host, struct err *err)
{
    err_wrap(err, "host %.80s", host->name);
    return host->line ? err_wrap(err, "%.160s:%u", inventory->path, host->line)
                      : err_wrap(err, "%.160s", inventory->path);
}

static int known_json(const struct inventory *inventory, const struct node *host,
                      const struct family *groups, json_t **ret, struct err *err)
{
    char dest[HOSTSET_NAME_MAX + 1];
    json_t *vars = merge(inventory, host, groups);

    if (!vars)
        return -ENOMEM;
    if (destination(host->name, vars, dest, err) < 0) {
        json_decref(vars);
        return placed(inventory, host, err);
    }
    *ret = host_json(host->name, dest, names_json(groups), vars);
    return *ret ? 0 : -ENOMEM;
}

json_t *inventory_host_json(const struct inventory *inventory, const char *name, struct err *err)
{
    const struct node *host = tree_find(&inventory->hosts, slice_str(name));
    struct family groups = { 0 };
    struct err why = { 0 };
    json_t *ret = NULL;
    int rc = 0;

    if (host) {
        rc = groups_of(inventory, host, &groups);
        rc = rc < 0 ? rc : known_json(inventory, host, &groups, &ret, &why);
        free(groups.at);
    } else {
        ret = host_json(name, name, json_array(), json_object());
        rc = ret ? 0 : -ENOMEM;
    }
    if (rc == 0)
        return ret;
    err_set(err, rc, "%s", why.text[0] ? why.text : "out of memory");
    return NULL;
}

json_t *inventory_hosts_json(const struct inventory *inventory, const struct hostset *names,
                             struct err *err)
{
    json_t *hosts = json_array();

    for (size_t i = 0; hosts && i < names->count; i++) {
        json_t *host = inventory_host_json(inventory, names->names[i], err);
        if (host && json_array_append_new(hosts, host) == 0)
            continue;
        if (host)
            err_set(err, -ENOMEM, "out of memory");
        json_decref(hosts);
        return NULL;
    }
    if (!hosts)
        err_set(err, -ENOMEM, "out of memory");
    return hosts;
}

json_t *inventory_group_json(const struct inventory *inventory, const char *name)
{
    const struct node *group = tree_find(&inventory->groups, slice_str(name));
    json_t *children = group ? json_array() : NULL;
    int rc = 0;

    if (!children)
        return NULL;
    for (const struct edge *edge = group->down; rc == 0 && edge; edge = edge->next_down)
        if (!edge->child->is_host)
            rc = json_array_append_new(children, json_string(edge->child->name));
    if (rc < 0) {
        json_decref(children);
        return NULL;
    }
    return json_pack("{s:s,s:o,s:O}", "group", name, "children", children, "vars", group->vars);
}
