// SPDX-License-Identifier: MIT
// The one place that joins the command line and the engine.
#include "cli/cli.h"
#include "daemon.h"

int main(int argc, char **argv) { return cli_main(argc, argv, daemon_run); }
