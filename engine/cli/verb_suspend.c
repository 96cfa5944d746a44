// SPDX-License-Identifier: MIT
// pawl suspend, pawl resume.
#include "cli/each.h"

#include <string.h>

#include "cli/call.h"

int verb_suspend(struct cli *cli)
{
    return each_job(cli, "suspend",
                    json_pack("{s:b}", "force", (int)option_is_set(&cli->options, "force")),
                    "settled", each_unfinished);
}

static bool is_suspended(const json_t *row)
{
    return strncmp(row_text(row, "state"), "Suspend", 7) == 0; // or is on its way there
}

int verb_resume(struct cli *cli)
{
    return each_job(cli, "resume", json_object(), "finished", is_suspended);
}
