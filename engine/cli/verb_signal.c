// SPDX-License-Identifier: MIT
// pawl signal JOB NAME [VALUE]: a named signal for a workflow, with a JSON value.
#include "cli/each.h"

static bool has_filter(const struct options *options)
{
    return option_is_set(options, "state") || option_is_set(options, "type") ||
           option_is_set(options, "meta") || option_is_set(options, "schedule");
}

// JOB first, as in every verb; the other two are taken off the list's end. A filter alone
// may choose the jobs: then NAME is the only word.
int verb_signal(struct cli *cli)
{
    struct options *options = &cli->options;
    size_t count = options->arg_count, jobs = count == 1 && has_filter(options) ? 0 : 1;
    const char *name;
    json_error_t at;
    json_t *json = NULL, *body;

    if (count < jobs + 1 || count > 3)
        return cli_error(cli, EXIT_USAGE, "pawl signal JOB NAME [JSON]: %s",
                         count > 3 ? "too many arguments" : "the name of the signal is missing");
    name = options->args[jobs];
    if (!*name)
        return cli_error(cli, EXIT_USAGE, "the signal's name is empty: pawl signal JOB NAME [JSON]");
    if (count == 3) {
        json = json_loads(options->args[2], JSON_DECODE_ANY, &at);
        if (!json)
            return cli_error(cli, EXIT_USAGE, "the value %.80s is not JSON: %.80s; a text needs "
                             "quotes: '\"text\"'", options->args[2], at.text);
    }
    body = json_pack("{s:s,s:o}", "name", name, "value", json ? json : json_null());
    options->arg_count = jobs;
    if (!body)
        return cli_error(cli, EXIT_USAGE, "the signal's name is not UTF-8");
    return each_job(cli, "signal", body, NULL, each_unfinished);
}
