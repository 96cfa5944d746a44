// SPDX-License-Identifier: MIT
// The one place that joins the command line and the engine.
#include "cli/cli.h"
#include "daemon.h"
#include "upkeep.h"

int main(int argc, char **argv)
{
    static const struct cli_engine engine = { daemon_run, upkeep_check, upkeep_backup };

    return cli_main(argc, argv, &engine);
}
