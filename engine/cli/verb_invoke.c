// SPDX-License-Identifier: MIT
// pawl invoke: a command on hosts. It is followed unless -d says otherwise; Ctrl-C
// leaves it running. Its environment and directory are those of each host, and what
// --env and --cwd add: not ours.
#include <errno.h>

#include "cli/bodies.h"
#include "cli/call.h"
#include "cli/follow.h"
#include "cli/hosts.h"
#include "cli/local_params.h"
#include "cli/reach.h"
#include "cli/render.h"

static int number_set(const struct options *options, const char *name, const char *key,
                      long long least, json_t *params, struct err *err)
{
    long long n;

    if (option_number(options, name, least - 1, &n, err) < 0)
        return err->code;
    if (option_is_set(options, name) && (n < least || n > HOSTSET_MAX))
        return err_set(err, ERR_USAGE, "--%s %lld: a number from %lld to %d is expected", name, n,
                       least, HOSTSET_MAX);
    if (option_is_set(options, name) && json_object_set_new(params, key, json_integer(n)) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

static int body_fill(const struct options *options, json_t *body, struct err *err)
{
    json_t *params = json_object_get(body, "params");

    if (job_body_bare(options, body, err) < 0 || local_params(options, params, body, err) < 0 ||
        number_set(options, "throttle", "throttle", 1, params, err) < 0)
        return err->code;
    if (reach_retry(options, body, err) < 0)
        return err->code;
    return number_set(options, "max-failures", "max_failures", 0, params, err);
}

static int body_make(struct cli *cli, const char *set, json_t *body)
{
    struct err err = { 0 };
    json_t *hosts;
    int exit_code;

    if (body_fill(&cli->options, body, &err) < 0)
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    exit_code = hosts_json(cli, set, &hosts);
    if (exit_code == 0 && json_object_set_new(body, "hosts", hosts) < 0)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    return exit_code;
}

int invoke_body(struct cli *cli, json_t **ret)
{
    const char *set = option_text(&cli->options, "hosts");
    json_t *body;
    int exit_code;

    if (!set)
        return cli_error(cli, EXIT_USAGE, "on which hosts? pawl invoke --hosts 'web[01-12]' -- "
                         "COMMAND; `pawl hosts` shows those of the inventory");
    body = json_pack("{s:s,s:{}}", "type", "remote", "params");
    if (!body)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    exit_code = body_make(cli, set, body);
    if (exit_code)
        json_decref(body);
    else
        *ret = body;
    return exit_code;
}

int verb_invoke(struct cli *cli)
{
    json_t *body = NULL, *row;
    int exit_code = invoke_body(cli, &body);

    if (exit_code)
        return exit_code;
    exit_code = call(cli, "POST", "/v1/jobs", body, &row);
    json_decref(body);
    if (exit_code)
        return exit_code;
    exit_code = option_is_set(&cli->options, "detach") ? print_job(cli, row)
                                                       : follow_started(cli, row);
    json_decref(row);
    return exit_code;
}
