// SPDX-License-Identifier: MIT
// pawl start: a local job. Its row is printed when the job is on disk.
#include "cli/bodies.h"
#include "cli/call.h"
#include "cli/follow.h"
#include "cli/local_params.h"
#include "cli/render.h"

int start_body(struct cli *cli, json_t **ret)
{
    json_t *body = json_pack("{s:s,s:{}}", "type", "local", "params");
    struct err err = { 0 };

    if (!body)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    if (job_body(&cli->options, body, &err) < 0 ||
        local_params(&cli->options, json_object_get(body, "params"), body, &err) < 0) {
        json_decref(body);
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    }
    *ret = body;
    return 0;
}

int verb_start(struct cli *cli)
{
    json_t *body = NULL, *row;
    int exit_code = start_body(cli, &body);

    if (exit_code)
        return exit_code;
    exit_code = call(cli, "POST", "/v1/jobs", body, &row);
    json_decref(body);
    if (exit_code)
        return exit_code;
    exit_code = option_is_set(&cli->options, "follow") ? follow_started(cli, row)
                                                       : print_job(cli, row);
    json_decref(row);
    return exit_code;
}
