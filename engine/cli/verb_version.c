// SPDX-License-Identifier: MIT
// pawl version.
#include "cli/command.h"

int verb_version(struct cli *cli)
{
    if (cli_arguments_check(cli, 0))
        return EXIT_USAGE;
    if (option_is_set(&cli->options, "json"))
        printf("{\"version\":\"%s\"}\n", PAWL_VERSION);
    else
        printf("pawl %s\n", PAWL_VERSION);
    return 0;
}
