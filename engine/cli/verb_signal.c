// SPDX-License-Identifier: MIT
// pawl signal JOB NAME [VALUE]: a named signal for a workflow, with a JSON value.
#include "cli/each.h"

// JOB first, as in every verb; select_jobs reads selectors from `first` on, so the
// other two are taken off the list's end.
int verb_signal(struct cli *cli)
{
    struct options *options = &cli->options;
    size_t count = options->arg_count;
    json_error_t at;
    json_t *json = NULL, *body;

    if (count < 2 || count > 3)
        return cli_error(cli, EXIT_USAGE, "pawl signal JOB NAME [JSON]: %s",
                         count < 2 ? "the name of the signal is missing" : "too many arguments");
    if (!*options->args[1])
        return cli_error(cli, EXIT_USAGE, "the signal's name is empty: pawl signal JOB NAME [JSON]");
    if (count == 3) {
        json = json_loads(options->args[2], JSON_DECODE_ANY, &at);
        if (!json)
            return cli_error(cli, EXIT_USAGE, "the value %.80s is not JSON: %.80s; a text needs "
                             "quotes: '\"text\"'", options->args[2], at.text);
    }
    body = json_pack("{s:s,s:o}", "name", options->args[1], "value", json ? json : json_null());
    options->arg_count = 1;
    if (!body)
        return cli_error(cli, EXIT_USAGE, "the signal's name is not UTF-8");
    return each_job(cli, "signal", body, NULL, each_unfinished);
}
