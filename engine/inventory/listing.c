// SPDX-License-Identifier: MIT
// Programs that print Ansible's JSON: --list gives groups with hosts, children and
// vars, and under _meta the variables of hosts; where there is no _meta, --host NAME
// gives those of one host, and is asked for each.
#include <errno.h>
#include <stdio.h>

#include "inventory/program.h"
#include "inventory/tree.h"

struct listing {
    struct inventory *inventory;
    int program_ms;
};

// Runs the program and reads what it prints: an object.
static int ask(const struct listing *l, const char *option, const char *host, json_t **ret,
               struct err *err)
{
    const char *const argv[] = { l->inventory->path, option, host, NULL };
    json_error_t where;
    struct buf text;
    int rc;

    *ret = NULL;
    buf_init(&text, INVENTORY_BYTES_MAX);
    rc = program_run(argv, l->program_ms, &text, err);
    if (rc == 0) {
        *ret = json_loadb(text.len ? (const char *)text.ptr : "", text.len, 0, &where);
        if (!*ret)
            rc = err_set(err, ERR_USAGE, "%.160s %s: what it printed is no JSON: line %d: %s",
                         l->inventory->path, option, where.line, where.text);
    }
    buf_release(&text);
    if (rc < 0 || json_is_object(*ret))
        return rc;
    json_decref(*ret);
    *ret = NULL;
    return err_set(err, ERR_USAGE, "%.160s %s: it printed JSON that is no object",
                   l->inventory->path, option);
}

// ---- groups

static int add_member(struct inventory *inventory, struct node *group, const json_t *name,
                      bool is_host, struct err *err)
{
    struct slice text = slice_of(json_string_value(name), json_string_length(name));
    struct node *member;
    int rc = is_host ? tree_host(inventory, text, 0, &member, err)
                     : tree_group(inventory, text, 0, &member, err);

    return rc < 0 ? rc : tree_add(inventory, group, member, err);
}

static int add_members(struct inventory *inventory, struct node *group, const json_t *names,
                       bool are_hosts, struct err *err)
{
    int rc = 0;

    if (names && !json_is_array(names))
        return err_set(err, ERR_USAGE, "its %s are no list of names",
                       are_hosts ? "hosts" : "children");
    for (size_t i = 0; rc == 0 && i < json_array_size(names); i++)
        rc = add_member(inventory, group, json_array_get(names, i), are_hosts, err);
    return rc;
}

static int set_vars(struct node *node, const json_t *vars, struct err *err)
{
    if (vars && !json_is_null(vars) && !json_is_object(vars))
        return err_set(err, ERR_USAGE, "its variables are no object");
    return json_is_object(vars) ? tree_set_all(node, vars, err) : 0;
}

// A group is an object, or only the list of its hosts.
static int read_group(struct inventory *inventory, const char *name, const json_t *entry,
                      struct err *err)
{
    struct node *group;
    int rc = tree_group(inventory, slice_str(name), 0, &group, err);

    if (rc == 0 && !json_is_object(entry))
        return json_is_null(entry) ? 0 : add_members(inventory, group, entry, true, err);
    if (rc == 0)
        rc = add_members(inventory, group, json_object_get(entry, "hosts"), true, err);
    if (rc == 0)
        rc = add_members(inventory, group, json_object_get(entry, "children"), false, err);
    return rc < 0 ? rc : set_vars(group, json_object_get(entry, "vars"), err);
}

static int read_groups(struct inventory *inventory, const json_t *list, struct err *err)
{
    const char *name;
    json_t *entry;

    json_object_foreach((json_t *)(uintptr_t)list, name, entry) {
        if (strcmp(name, "_meta") == 0)
            continue;
        if (read_group(inventory, name, entry, err) < 0)
            return err_wrap(err, "%.160s --list: group %.80s", inventory->path, name);
    }
    return 0;
}

// ---- variables of hosts

// Hosts that no group has are hosts, too.
static int read_meta(struct inventory *inventory, const json_t *hostvars, struct err *err)
{
    const char *name;
    json_t *vars;

    json_object_foreach((json_t *)(uintptr_t)hostvars, name, vars) {
        struct node *host;
        int rc = tree_host(inventory, slice_str(name), 0, &host, err);
        if (rc == 0)
            rc = set_vars(host, vars, err);
        if (rc < 0)
            return err_wrap(err, "%.160s --list: host %.80s", inventory->path, name);
    }
    return 0;
}

static int ask_each(const struct listing *l, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < l->inventory->hosts.count; i++) {
        struct node *host = l->inventory->hosts.at[i];
        json_t *vars;
        rc = ask(l, "--host", host->name, &vars, err);
        if (rc == 0)
            rc = set_vars(host, vars, err);
        json_decref(vars);
    }
    return rc;
}

int listing_read(struct inventory *inventory, int program_ms, struct err *err)
{
    struct listing l = { inventory, program_ms };
    const json_t *meta;
    json_t *list;
    int rc = ask(&l, "--list", NULL, &list, err);

    if (rc < 0)
        return rc;
    meta = json_object_get(list, "_meta");
    rc = read_groups(inventory, list, err);
    if (rc == 0)
        rc = json_is_object(meta) ? read_meta(inventory, json_object_get(meta, "hostvars"), err)
                                  : ask_each(&l, err);
    json_decref(list);
    return rc;
}
