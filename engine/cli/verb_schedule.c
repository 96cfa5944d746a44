// SPDX-License-Identifier: MIT
// pawl schedule: jobs by the clock. A verb with verbs of its own.
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/call.h"
#include "cli/render.h"
#include "cli/schedules.h"

static void path_make(struct buf *path, const char *name, const char *verb)
{
    buf_init(path, 0);
    buf_add_str(path, "/v1/schedules/");
    path_add(path, name);
    buf_add_str(path, verb);
}

static int call_one(struct cli *cli, const char *method, const char *name, const char *verb,
                    json_t **ret)
{
    struct buf path;
    int exit_code;

    path_make(&path, name, verb);
    exit_code = call(cli, method, buf_cstr(&path), NULL, ret);
    buf_release(&path);
    return exit_code;
}

static int print_one(struct cli *cli, json_t *row)
{
    json_t *rows = json_pack("[o]", row);
    int exit_code = schedules_print(cli, rows);

    json_decref(rows);
    return exit_code;
}

// ---- one by one
static int sub_add(struct cli *cli)
{
    json_t *body, *row;
    int exit_code = schedule_body(cli, &body);

    if (exit_code)
        return exit_code;
    exit_code = call(cli, "POST", "/v1/schedules", body, &row);
    json_decref(body);
    return exit_code ? exit_code : print_one(cli, row);
}

static int sub_list(struct cli *cli)
{
    json_t *rows;
    int exit_code = cli_arguments_check(cli, 1);

    if (exit_code == 0)
        exit_code = call_lines(cli, "/v1/schedules", &rows);
    if (exit_code)
        return exit_code;
    exit_code = schedules_print(cli, rows);
    json_decref(rows);
    return exit_code;
}

static int which_one(struct cli *cli)
{
    if (cli->options.arg_count == 2)
        return 0;
    return cli_error(cli, EXIT_USAGE, "which schedule? pawl schedule %s NAME; `pawl schedule list` shows "
                     "those there are", cli->options.args[0]);
}

static int sub_show(struct cli *cli)
{
    json_t *row;
    int exit_code = which_one(cli);

    if (exit_code == 0)
        exit_code = call_one(cli, "GET", cli->options.args[1], "", &row);
    if (exit_code)
        return exit_code;
    exit_code = schedule_print(cli, row);
    json_decref(row);
    return exit_code;
}

static int sub_run(struct cli *cli)
{
    json_t *row;
    int exit_code = which_one(cli);

    if (exit_code == 0)
        exit_code = call_one(cli, "POST", cli->options.args[1], "/run", &row);
    if (exit_code)
        return exit_code;
    exit_code = print_job(cli, row);
    json_decref(row);
    return exit_code;
}

// ---- several at once
struct change {
    const char *method, *verb;
};

static void change_one(struct cli *cli, const struct change *change, const char *name)
{
    json_t *row;

    if (call_one(cli, change->method, name, change->verb, &row))
        return;
    if (option_is_set(&cli->options, "json"))
        print_json(row);
    json_decref(row);
}

// A glob that nothing matches is silent, as with jobs.
static void change_matching(struct cli *cli, const struct change *change, const char *glob,
                            const json_t *rows)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
        if (fnmatch(glob, row_text(row, "name"), 0) == 0)
            change_one(cli, change, row_text(row, "name"));
}

static int change_all(struct cli *cli, const struct change *change)
{
    const struct options *options = &cli->options;
    json_t *rows = NULL;
    int exit_code = 0;

    if (options->arg_count < 2)
        return cli_error(cli, EXIT_USAGE, "which schedule? pawl schedule %s NAME..., names or globs; "
                         "`pawl schedule list` shows those there are", options->args[0]);
    for (size_t i = 1; i < options->arg_count && exit_code == 0; i++) {
        if (!strpbrk(options->args[i], "*?[")) {
            change_one(cli, change, options->args[i]);
            continue;
        }
        if (!rows)
            exit_code = call_lines(cli, "/v1/schedules", &rows);
        change_matching(cli, change, options->args[i], rows);
    }
    json_decref(rows);
    return exit_code;
}

static int sub_enable(struct cli *cli) { return change_all(cli, &(struct change){ "POST", "/enable" }); }
static int sub_disable(struct cli *cli) { return change_all(cli, &(struct change){ "POST", "/disable" }); }
static int sub_remove(struct cli *cli) { return change_all(cli, &(struct change){ "DELETE", "" }); }

// ---- which one
struct sub {
    const char *name;
    int (*fn)(struct cli *cli);
    const char *options; // of its own, between spaces; those of all aside
};

static const struct sub subs[] = {
    { "add", sub_add, " cron timezone every at-boot overlap missed jitter keep disabled " },
    { "list", sub_list, " wide quiet " },
    { "show", sub_show, "" },
    { "enable", sub_enable, "" },
    { "disable", sub_disable, "" },
    { "remove", sub_remove, "" },
    { "run", sub_run, " quiet wide " },
};
enum { SUBS = sizeof(subs) / sizeof(subs[0]) };

static const struct sub *sub_find(struct cli *cli, const char *name)
{
    struct suggest suggest;

    suggest_begin(&suggest, slice_str(name));
    for (size_t i = 0; i < SUBS; i++) {
        if (strcmp(subs[i].name, name) == 0)
            return &subs[i];
        suggest_add(&suggest, slice_str(subs[i].name));
    }
    if (suggest.best.len)
        cli_error(cli, EXIT_USAGE, "pawl schedule %.60s is unknown; did you mean %.*s?", name,
                  SLICE_ARG(suggest.best));
    else
        cli_error(cli, EXIT_USAGE, "pawl schedule %.60s is unknown: add, list, show, enable, disable, "
                  "remove or run is expected", name);
    return NULL;
}

static int options_check(struct cli *cli, const struct sub *sub)
{
    const struct options *options = &cli->options;

    for (size_t i = 0; i < options->given_count; i++) {
        const char *name = options->given[i].spec->name;
        char word[40];
        snprintf(word, sizeof(word), " %s ", name);
        if (strcmp(name, "json") != 0 && !strstr(sub->options, word))
            return cli_error(cli, EXIT_USAGE, "--%s does not belong to pawl schedule %s", name,
                             sub->name);
    }
    return 0;
}

int verb_schedule(struct cli *cli)
{
    const char *name = cli->options.arg_count ? cli->options.args[0] : "list";
    const struct sub *sub = sub_find(cli, name);

    if (!sub)
        return EXIT_USAGE;
    return options_check(cli, sub) ? EXIT_USAGE : sub->fn(cli);
}
