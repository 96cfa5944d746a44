// SPDX-License-Identifier: MIT
// pawl rename JOB NAME: one job, another name.
#include "cli/call.h"
#include "cli/render.h"
#include "cli/select.h"

static int rename_row(struct cli *cli, const json_t *row, const char *name)
{
    json_t *body = json_pack("{s:s}", "name", name), *renamed = NULL;
    char path[64];
    int exit_code;

    if (!body)
        return cli_error(cli, EXIT_USAGE, "the name is not UTF-8");
    snprintf(path, sizeof(path), "/v1/jobs/%lld/rename", row_int(row, "id"));
    exit_code = call(cli, "POST", path, body, &renamed);
    if (exit_code == 0)
        exit_code = print_job(cli, renamed);
    json_decref(body);
    json_decref(renamed);
    return exit_code;
}

// Names are not unique: several jobs are never given one by mistake.
int verb_rename(struct cli *cli)
{
    struct options *options = &cli->options;
    json_t *rows = NULL;
    int exit_code;

    if (options->arg_count != 2)
        return cli_error(cli, EXIT_USAGE, "pawl rename JOB NAME: %s", options->arg_count < 2
                         ? "the new name is missing" : "too many arguments; quote a name with spaces");
    if (!*options->args[1])
        return cli_error(cli, EXIT_USAGE, "pawl rename %.80s '': a name is not empty",
                         options->args[0]);
    options->arg_count = 1;
    exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);
    if (exit_code)
        return exit_code;
    if (json_array_size(rows) > 1)
        exit_code = cli_error(cli, EXIT_USAGE, "%.80s means %zu jobs, and one is renamed at a time: "
                              "give its id", options->args[0], json_array_size(rows));
    else if (json_array_size(rows) == 1)
        exit_code = rename_row(cli, json_array_get(rows, 0), options->args[1]);
    else if (!cli->worst)
        exit_code = cli_error(cli, EXIT_NO_JOB, "no job is called like %.80s", options->args[0]);
    json_decref(rows);
    return exit_code;
}
