// SPDX-License-Identifier: MIT
// pawl remove: finished jobs and their results.
#include "cli/call.h"
#include "cli/render.h"
#include "cli/select.h"

int verb_remove(struct cli *cli)
{
    bool force = option_is_set(&cli->options, "force");
    json_t *rows, *row, *answer;
    size_t i;
    int exit_code = select_jobs(cli, 0, SELECT_NEEDS_SOME, "", &rows);

    if (exit_code)
        return exit_code;
    json_array_foreach(rows, i, row) {
        char path[64];
        snprintf(path, sizeof(path), "/v1/jobs/%lld%s", row_int(row, "id"),
                 force ? "?force=1" : "");
        if (call(cli, "DELETE", path, NULL, &answer))
            continue;
        if (option_is_set(&cli->options, "json"))
            print_json(answer);
        json_decref(answer);
    }
    json_decref(rows);
    return 0;
}
