// SPDX-License-Identifier: MIT
#include "cli/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/reach.h"
#include "cli/secrets.h"
#include "cli/text.h"

int hosts_exit_code(int code)
{
    return code == -ENOENT ? EXIT_NO_JOB : code == -ENOMEM ? EXIT_ENGINE : EXIT_USAGE;
}

// A link that leads nowhere, or a file that cannot be looked at, is there all the
// same: opening it will say what is wrong.
static bool is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// Writes the home's inventory to path; "" when there is none. Of two nobody could say
// which one counts.
static int find_in_home(const struct home *home, char path[HOME_PATH_MAX], struct err *err)
{
    static const char *const names[] = { "hosts.lua", "hosts.yaml", "hosts.yml", "hosts.ini",
                                         "hosts" };
    char other[HOME_PATH_MAX];

    path[0] = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int rc = home_file(home, names[i], other, err);
        if (rc < 0)
            return rc;
        if (!is_there(other))
            continue;
        if (path[0])
            return err_set(err, ERR_USAGE, "there are two inventories, %.180s and %.180s; keep "
                           "one, or name one with --inventory", path, other);
        memcpy(path, other, sizeof(other));
    }
    return 0;
}

static int open_it(struct cli *cli, int program_ms, struct inventory **ret, bool *found,
                   struct err *err)
{
    const char *given = option_text(&cli->options, "inventory");
    const char *set = getenv("PAWL_INVENTORY");
    char path[HOME_PATH_MAX] = "";
    int rc = 0;

    if (given)
        return inventory_open_within(given, program_ms, ret, err);
    if (set && *set) {
        rc = inventory_open_within(set, program_ms, ret, err);
        return rc < 0 ? err_wrap(err, "PAWL_INVENTORY") : 0;
    }
    rc = find_in_home(&cli->home, path, err);
    *found = path[0];
    return rc < 0 ? rc : inventory_open_within(path[0] ? path : NULL, program_ms, ret, err);
}

int hosts_open(struct cli *cli, struct inventory **ret, bool *found)
{
    return hosts_open_within(cli, INVENTORY_PROGRAM_MS, ret, found);
}

int hosts_open_within(struct cli *cli, int program_ms, struct inventory **ret, bool *found)
{
    struct err err = { 0 };
    bool any = true;
    int rc;

    *ret = NULL;
    rc = open_it(cli, program_ms, ret, &any, &err);
    if (found)
        *found = any;
    return rc < 0 ? cli_error(cli, hosts_exit_code(rc), "%s", err_text(&err)) : 0;
}

int hosts_resolve(struct cli *cli, const struct inventory *inventory, const char *set,
                  struct hostset *ret)
{
    struct err err = { 0 };
    int rc = inventory_resolve(inventory, slice_str(set), ret, &err);

    if (rc < 0)
        return cli_error(cli, hosts_exit_code(rc), "%s", err_text(&err));
    if (ret->count == 0)
        return cli_error(cli, EXIT_NO_JOB, "hosts \"%.80s\": that is no host at all", set);
    return 0;
}

static void warn_of_secrets(json_t *hosts)
{
    struct buf names, text;

    buf_init(&names, 0);
    buf_init(&text, 0);
    secrets_drop(hosts, &names);
    text_escape(buf_slice(&names), ESCAPE_ALL, &text);
    if (names.len)
        fprintf(stderr, "pawl: warning: passwords of the inventory are not given to the job: %s\n",
                buf_cstr(&text));
    buf_release(&names);
    buf_release(&text);
}

int hosts_rows(struct cli *cli, const struct inventory *inventory, const struct hostset *names,
               json_t **ret)
{
    struct err err = { 0 };

    *ret = inventory_hosts_json(inventory, names, &err);
    if (*ret && reach_hosts(&cli->options, *ret, &err) == 0)
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return cli_error(cli, hosts_exit_code(err.code), "%s", err_text(&err));
}

int hosts_json(struct cli *cli, const char *set, json_t **ret)
{
    struct inventory *inventory;
    struct hostset names;
    int exit_code = hosts_open(cli, &inventory, NULL);

    *ret = NULL;
    hostset_init(&names);
    if (exit_code == 0)
        exit_code = hosts_resolve(cli, inventory, set, &names);
    if (exit_code == 0)
        exit_code = hosts_rows(cli, inventory, &names, ret);
    if (exit_code == 0)
        warn_of_secrets(*ret);
    hostset_release(&names);
    inventory_free(inventory);
    return exit_code;
}
