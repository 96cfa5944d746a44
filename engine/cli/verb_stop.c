// SPDX-License-Identifier: MIT
// pawl stop: a durable wish; it is kept for hosts that cannot be reached now.
#include "cli/each.h"

int verb_stop(struct cli *cli)
{
    json_t *body = json_pack("{s:b}", "force", (int)option_is_set(&cli->options, "force"));
    struct err err = { 0 };
    long long grace_ms;

    if (option_duration(&cli->options, "grace", -1, &grace_ms, &err) < 0) {
        json_decref(body);
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    }
    if (grace_ms >= 0)
        json_object_set_new(body, "grace_ms", json_integer(grace_ms));
    return each_job(cli, "stop", body, "finished", each_unfinished);
}
