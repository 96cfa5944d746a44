// SPDX-License-Identifier: MIT
// pawl remove: finished jobs and their results.
#include "cli/call.h"
#include "cli/each.h"
#include "cli/render.h"

static void job_remove(struct cli *cli, const json_t *row)
{
    bool force = option_is_set(&cli->options, "force");
    char path[64];
    json_t *answer;

    snprintf(path, sizeof(path), "/v1/jobs/%lld%s", row_int(row, "id"), force ? "?force=1" : "");
    if (call(cli, "DELETE", path, NULL, &answer))
        return;
    if (option_is_set(&cli->options, "json"))
        print_json(answer);
    json_decref(answer);
}

static bool is_job(const json_t *row) { return !row_int(row, "parent"); }
static bool is_removable(const json_t *row) { return is_job(row) && row_is_finished(row); }

int verb_remove(struct cli *cli)
{
    return each_row(cli, job_remove, option_is_set(&cli->options, "force") ? is_job : is_removable);
}
