// SPDX-License-Identifier: MIT
// The one place that joins the command line and the engine.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "daemon.h"
#include "upkeep.h"

// A caller may have closed them: their numbers must not go to a socket or a file of ours,
// which would then be written to as if it were the output. Each is opened the wrong way
// round, so that whoever uses it fails, as it would have.
static void fill_standard_descriptors(void)
{
    static const int wrong_way[] = { O_WRONLY, O_RDONLY, O_RDONLY };

    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", wrong_way[i]) != i)
            exit(5);
}

int main(int argc, char **argv)
{
    static const struct cli_engine engine = { daemon_run, upkeep_check, upkeep_backup };

    fill_standard_descriptors();
    signal(SIGCHLD, SIG_DFL); // where it is ignored nobody learns how a program ended
    return cli_main(argc, argv, &engine);
}
