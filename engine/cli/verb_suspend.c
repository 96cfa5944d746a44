// SPDX-License-Identifier: MIT
// pawl suspend, pawl resume.
#include "cli/each.h"

int verb_suspend(struct cli *cli)
{
    return each_job(cli, 0, "suspend",
                    json_pack("{s:b}", "force", (int)option_is_set(&cli->options, "force")),
                    "settled");
}

int verb_resume(struct cli *cli) { return each_job(cli, 0, "resume", json_object(), "finished"); }
