// SPDX-License-Identifier: MIT
// pawl hosts: which hosts a set means, or which groups there are; that asks no engine.
// With --check, how they are (hosts_check.h).
#include <stdio.h>

#include "cli/call.h"
#include "cli/hosts.h"
#include "cli/hosts_check.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct table_column host_columns[] = {
    { "Name", 10, 8, 3 }, { "Destination", 18, 9, 2 }, { "Groups", 10, 6, 1 }, { "Vars", 0, 0, 0 },
};

static const struct table_column group_columns[] = {
    { "Group", 10, 8, 3 }, { "Hosts", 18, 9, 1 }, { "Children", 10, 6, 2 }, { "Vars", 0, 0, 0 },
};

// ---- rows

static void cell_names(struct table *table, const json_t *names)
{
    struct buf text;
    json_t *name;
    size_t i;

    buf_init(&text, 0);
    json_array_foreach(names, i, name) {
        buf_add_str(&text, i ? "," : "");
        buf_add_str(&text, json_string_value(name));
    }
    table_add(table, slice_str(buf_cstr(&text)), NULL);
    buf_release(&text);
}

static void cell_count(struct table *table, const json_t *object)
{
    char text[24];

    snprintf(text, sizeof(text), "%zu", json_object_size(object));
    table_add(table, slice_str(text), NULL);
}

static void host_row(struct table *table, const json_t *row)
{
    table_add(table, slice_str(row_text(row, "name")), NULL);
    table_add(table, slice_str(row_text(row, "dest")), NULL);
    cell_names(table, json_object_get(row, "groups"));
    cell_count(table, json_object_get(row, "vars"));
}

// The hosts as a set that gives them again, where that is shorter.
static void cell_set(struct table *table, const json_t *names)
{
    struct hostset set;
    struct buf text;
    json_t *name;
    size_t i;
    int rc = 0;

    hostset_init(&set);
    buf_init(&text, 0);
    json_array_foreach(names, i, name)
        rc = rc < 0 ? rc : hostset_add(&set, slice_str(json_string_value(name)), NULL);
    if (rc < 0 || hostset_fold(&set, &text, NULL) < 0)
        table->failed = rc < 0 ? rc : -1;
    table_add(table, slice_str(buf_cstr(&text)), NULL);
    buf_release(&text);
    hostset_release(&set);
}

static void group_row(struct table *table, const json_t *row)
{
    table_add(table, slice_str(row_text(row, "group")), NULL);
    cell_set(table, json_object_get(row, "hosts"));
    cell_names(table, json_object_get(row, "children"));
    cell_count(table, json_object_get(row, "vars"));
}

// ---- printing

// How rows of one kind are shown; `key` is what -q prints.
struct listing {
    const struct table_column *columns;
    size_t column_count;
    void (*row)(struct table *table, const json_t *row);
    const char *key;
};

static const struct listing hosts_listing = { host_columns, 4, host_row, "name" };
static const struct listing groups_listing = { group_columns, 4, group_row, "group" };

static int print_table(struct cli *cli, const struct listing *listing, const json_t *rows)
{
    struct table table;
    struct buf out;
    json_t *row;
    size_t i;
    int exit_code = 0;

    table_init(&table, listing->columns, listing->column_count);
    buf_init(&out, 0);
    json_array_foreach(rows, i, row)
        listing->row(&table, row);
    if (table_draw(&table, option_is_set(&cli->options, "wide") ? 0 : cli_width(cli), cli->colours,
                   &out) < 0)
        exit_code = cli_error(cli, EXIT_ENGINE, "out of memory");
    else
        exit_code = print_buf(cli, &out);
    buf_release(&out);
    table_release(&table);
    return exit_code;
}

// One name a line; names of groups may hold what a terminal must not be sent.
static int print_names(struct cli *cli, const struct listing *listing, const json_t *rows)
{
    struct buf out;
    json_t *row;
    size_t i;
    int exit_code;

    buf_init(&out, 0);
    json_array_foreach(rows, i, row) {
        if (cli->out_tty)
            text_escape(slice_str(row_text(row, listing->key)), ESCAPE_ALL, &out);
        else
            buf_add_str(&out, row_text(row, listing->key));
        buf_add_byte(&out, '\n');
    }
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    return exit_code;
}

static int print_rows(struct cli *cli, const struct listing *listing, const json_t *rows)
{
    json_t *row;
    size_t i;

    if (option_is_set(&cli->options, "quiet"))
        return print_names(cli, listing, rows);
    if (!option_is_set(&cli->options, "json"))
        return json_array_size(rows) ? print_table(cli, listing, rows) : 0;
    json_array_foreach(rows, i, row)
        print_json(row);
    return 0;
}

// ---- hosts

// A host whose destination is wrong is told, the others are shown.
static json_t *host_rows(struct cli *cli, const struct inventory *inventory,
                         const struct hostset *names)
{
    json_t *rows = json_array();

    for (size_t i = 0; rows && i < names->count; i++) {
        struct err err = { 0 };
        json_t *row = inventory_host_json(inventory, names->names[i], &err);
        if (!row)
            cli_error(cli, hosts_exit_code(err.code), "%s", err_text(&err));
        else if (json_array_append_new(rows, row) < 0)
            cli_error(cli, EXIT_ENGINE, "out of memory");
    }
    return rows;
}

// ---- groups

// Adds those hosts of the group that are in `names` to the row.
static int group_hosts(const struct inventory *inventory, const struct hostset *names, json_t *row,
                       struct err *err)
{
    const char *group = row_text(row, "group");
    json_t *hosts = json_array();
    struct hostset set;
    int rc;

    hostset_init(&set);
    rc = inventory_group_hosts(inventory, group, &set, err);
    for (size_t i = 0; rc == 0 && i < set.count; i++)
        if (hostset_has(names, slice_str(set.names[i])))
            rc = json_array_append_new(hosts, json_string(set.names[i]));
    hostset_release(&set);
    if (json_object_set_new(row, "hosts", hosts) < 0)
        rc = rc < 0 ? rc : -1;
    return rc;
}

// Groups that have one of the hosts; all groups when no set was named.
static json_t *group_rows(struct cli *cli, const struct inventory *inventory,
                          const struct hostset *names)
{
    json_t *rows = json_array();
    const char *name;

    for (size_t i = 0; rows && (name = inventory_group(inventory, i)); i++) {
        json_t *row = inventory_group_json(inventory, name);
        struct err err = { 0 };
        if (!row || group_hosts(inventory, names, row, &err) < 0)
            cli_error(cli, EXIT_ENGINE, "%s", err.code ? err_text(&err) : "out of memory");
        else if (cli->options.arg_count == 0 || json_array_size(json_object_get(row, "hosts")))
            json_array_append(rows, row);
        json_decref(row);
    }
    return rows;
}

// ---- the verb

static int show(struct cli *cli, const struct inventory *inventory, const struct hostset *names)
{
    bool groups = option_is_set(&cli->options, "groups");
    json_t *rows = groups ? group_rows(cli, inventory, names) : host_rows(cli, inventory, names);
    int exit_code = rows ? print_rows(cli, groups ? &groups_listing : &hosts_listing, rows)
                         : cli_error(cli, EXIT_ENGINE, "out of memory");

    json_decref(rows);
    return exit_code;
}

// What only reaching hosts gives a meaning to.
static int refuse_without_check(struct cli *cli)
{
    static const char *const names[] = { "timeout", "user", "ssh-option", "connect-retry" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (option_is_set(&cli->options, names[i]) && !option_is_set(&cli->options, "check"))
            return cli_error(cli, EXIT_USAGE, "--%s belongs to --check: without it no host is "
                             "connected to", names[i]);
    return 0;
}

static int check(struct cli *cli, const struct inventory *inventory, const struct hostset *names)
{
    json_t *hosts;
    int exit_code;

    if (option_is_set(&cli->options, "groups"))
        return cli_error(cli, EXIT_USAGE, "--check is for hosts, not for groups; give one of both");
    if (names->count == 0)
        return 0;
    exit_code = hosts_rows(cli, inventory, names, &hosts);
    if (exit_code == 0)
        exit_code = hosts_check(cli, hosts);
    json_decref(hosts);
    return exit_code;
}

static int resolve(struct cli *cli, const struct inventory *inventory, bool found,
                   struct hostset *names)
{
    if (cli->options.arg_count)
        return hosts_resolve(cli, inventory, cli->options.args[0], names);
    if (!found)
        return cli_error(cli, EXIT_USAGE, "there is no inventory: name hosts, as in `pawl hosts "
                         "web[01-12]`, or a file with --inventory, or make %.300s/hosts.lua",
                         cli->home.path);
    if (inventory_host_count(inventory) == 0)
        return 0;
    return hosts_resolve(cli, inventory, "@all", names);
}

int verb_hosts(struct cli *cli)
{
    struct inventory *inventory;
    struct hostset names;
    bool found;
    int exit_code = cli_arguments_check(cli, 1);

    if (exit_code == 0)
        exit_code = refuse_without_check(cli);
    if (exit_code)
        return exit_code;
    exit_code = hosts_open(cli, &inventory, &found);
    if (exit_code)
        return exit_code;
    hostset_init(&names);
    exit_code = resolve(cli, inventory, found, &names);
    if (exit_code == 0)
        exit_code = (option_is_set(&cli->options, "check") ? check : show)(cli, inventory, &names);
    hostset_release(&names);
    inventory_free(inventory);
    return exit_code;
}
