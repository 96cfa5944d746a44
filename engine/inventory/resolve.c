// SPDX-License-Identifier: MIT
// How a text becomes hosts: its items are read twice, first those that add, then those
// that take away, because a pattern that takes away is held against what is there.
// Plain items are hostset's; the rest is looked up here.
#include <errno.h>

#include "base/suggest.h"
#include "inventory/tree.h"

static int add_node(struct hostset *ret, const struct node *host, struct err *err)
{
    return hostset_add(ret, slice_str(host->name), err);
}

// ---- groups

static int add_own_hosts(const struct node *group, struct hostset *ret, struct err *err)
{
    int rc = 0;

    for (const struct edge *edge = group->down; rc == 0 && edge; edge = edge->next_down)
        if (edge->child->is_host)
            rc = add_node(ret, edge->child, err);
    return rc;
}

static int add_group(const struct inventory *inventory, const struct node *group,
                     struct hostset *ret, struct err *err)
{
    struct family family = { 0 };
    int rc = 0;

    if (group == inventory->all || group == inventory->ungrouped) {
        for (size_t i = 0; rc == 0 && i < inventory->hosts.count; i++)
            if (group == inventory->all || !inventory->hosts.at[i]->up)
                rc = add_node(ret, inventory->hosts.at[i], err);
        return rc;
    }
    if (family_below(group, &family) < 0)
        rc = err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < family.count; i++)
        rc = add_own_hosts(family.at[i], ret, err);
    free(family.at);
    return rc;
}

static int no_group(const struct inventory *inventory, struct slice name, struct err *err)
{
    char text[SUGGEST_NAME_MAX + 32];
    struct suggest suggest;

    suggest_begin(&suggest, name);
    for (size_t i = 0; i < inventory->groups.count; i++)
        suggest_add(&suggest, slice_str(inventory->groups.at[i]->name));
    if (!inventory->path[0])
        return err_set(err, -ENOENT, "@%.*s: a group needs an inventory, and there is none; name "
                       "one with --inventory FILE", name.len < 80 ? (int)name.len : 80,
                       (const char *)name.ptr);
    return err_set(err, -ENOENT, "@%.*s: no such group in %.200s%s",
                   name.len < 80 ? (int)name.len : 80, (const char *)name.ptr, inventory->path,
                   suggest_text(&suggest, text));
}

static int group_item(const struct inventory *inventory, struct slice name, struct hostset *ret,
                      struct err *err)
{
    const struct node *group = tree_find(&inventory->groups, name);

    if (!group || (!inventory->path[0] && !inventory->hosts.count))
        return no_group(inventory, name, err);
    return add_group(inventory, group, ret, err);
}

// ---- patterns

static bool is_pattern(struct slice item)
{
    return item.len && (memchr(item.ptr, '*', item.len) || memchr(item.ptr, '?', item.len));
}

// After a mismatch behind a star, the star takes one byte more; only the last star
// matters, so that the time is bounded by both lengths multiplied.
static bool fits(struct slice pattern, struct slice name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == name.ptr[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static int check_pattern(struct slice pattern, struct err *err)
{
    if (memchr(pattern.ptr, '[', pattern.len))
        return err_set(err, ERR_USAGE, "hosts \"%.*s\": a pattern with * or ? has no brackets",
                       pattern.len < 80 ? (int)pattern.len : 80, (const char *)pattern.ptr);
    return 0;
}

static int pattern_item(const struct inventory *inventory, struct slice pattern,
                        struct hostset *ret, struct err *err)
{
    bool any = false;
    int rc = check_pattern(pattern, err);

    for (size_t i = 0; rc == 0 && i < inventory->hosts.count; i++) {
        const struct node *host = inventory->hosts.at[i];
        if (!fits(pattern, slice_str(host->name)))
            continue;
        any = true;
        rc = add_node(ret, host, err);
    }
    if (rc < 0 || any)
        return rc;
    return err_set(err, -ENOENT, "hosts \"%.*s\": no host of %.200s fits",
                   pattern.len < 80 ? (int)pattern.len : 80, (const char *)pattern.ptr,
                   inventory->path[0] ? inventory->path : "an inventory, for there is none");
}

static int taken_by_pattern(struct slice pattern, const struct hostset *adds,
                            struct hostset *takes, struct err *err)
{
    int rc = check_pattern(pattern, err);

    for (size_t i = 0; rc == 0 && i < adds->count; i++)
        if (fits(pattern, slice_str(adds->names[i])))
            rc = hostset_add(takes, slice_str(adds->names[i]), err);
    return rc;
}

// ---- items

// Whoever writes `web` for a group @web would otherwise be sent to a host of that name.
static int check_plain(const struct inventory *inventory, struct slice item, struct err *err)
{
    if (!tree_find(&inventory->groups, item) || tree_find(&inventory->hosts, item) ||
        !inventory->path[0])
        return 0;
    return err_set(err, ERR_USAGE, "hosts \"%.*s\": that is a group of %.200s; write @%.*s",
                   SLICE_ARG(item), inventory->path, SLICE_ARG(item));
}

static int add_item(const struct inventory *inventory, struct slice item, struct hostset *ret,
                    struct err *err)
{
    int rc;

    if (item.ptr[0] == '@')
        return group_item(inventory, slice_of(item.ptr + 1, item.len - 1), ret, err);
    if (is_pattern(item))
        return pattern_item(inventory, item, ret, err);
    rc = check_plain(inventory, item, err);
    return rc < 0 ? rc : hostset_add_text(ret, item, err);
}

static int take_item(const struct inventory *inventory, struct slice item,
                     const struct hostset *adds, struct hostset *takes, struct err *err)
{
    if (is_pattern(item) && item.ptr[0] != '@')
        return taken_by_pattern(item, adds, takes, err);
    if (item.len == 0 || item.ptr[0] == '!')
        return err_set(err, ERR_USAGE, "hosts \"!\": a host, a @group or a pattern stands behind "
                       "it");
    return add_item(inventory, item, takes, err);
}

static int add_all(const struct inventory *inventory, struct slice text, struct hostset *adds,
                   struct err *err)
{
    struct slice item;
    int rc = 0;

    while (rc == 0 && hostset_next_item(&text, &item))
        if (item.ptr[0] != '!')
            rc = add_item(inventory, item, adds, err);
    return rc;
}

static int take_all(const struct inventory *inventory, struct slice text,
                    const struct hostset *adds, struct hostset *takes, struct err *err)
{
    struct slice item;
    int rc = 0;

    while (rc == 0 && hostset_next_item(&text, &item))
        if (item.ptr[0] == '!')
            rc = take_item(inventory, slice_of(item.ptr + 1, item.len - 1), adds, takes, err);
    return rc;
}

int inventory_resolve(const struct inventory *inventory, struct slice text, struct hostset *ret,
                      struct err *err)
{
    struct hostset adds, takes;
    int rc;

    hostset_init(&adds);
    hostset_init(&takes);
    rc = add_all(inventory, text, &adds, err);
    if (rc == 0)
        rc = take_all(inventory, text, &adds, &takes, err);
    if (rc == 0) {
        hostset_exclude(&adds, &takes);
        rc = hostset_union(ret, &adds, err);
    }
    hostset_release(&adds);
    hostset_release(&takes);
    return rc;
}

int inventory_group_hosts(const struct inventory *inventory, const char *name,
                          struct hostset *ret, struct err *err)
{
    const struct node *group = tree_find(&inventory->groups, slice_str(name));

    return group ? add_group(inventory, group, ret, err) : no_group(inventory, slice_str(name), err);
}
