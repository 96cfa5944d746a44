// SPDX-License-Identifier: MIT
// pawl help: all verbs, or one with its options and examples.
#include <string.h>

#include "cli/command.h"

static void option_show(const struct option_spec *spec, FILE *to)
{
    char left[64];

    if (!spec->about)
        return; // for the program's own use
    if (spec->letter)
        snprintf(left, sizeof(left), "-%c, --%s%s%s", spec->letter, spec->name,
                 spec->value ? " " : "", spec->value ? spec->value : "");
    else
        snprintf(left, sizeof(left), "    --%s%s%s", spec->name, spec->value ? " " : "",
                 spec->value ? spec->value : "");
    fprintf(to, "  %-28s %s\n", left, spec->about);
}

void command_help(const struct command *command, FILE *to)
{
    fprintf(to, "Usage: pawl %s\n\n%s.\n", command->usage, command->summary);
    if (command->more)
        fprintf(to, "\n%s\n", command->more);
    fprintf(to, "\nOptions:\n");
    for (const struct option_spec *spec = command->options; spec->name; spec++)
        option_show(spec, to);
}

static void all_show(FILE *to)
{
    fprintf(to, "Usage: pawl VERB [OPTIONS] [JOBS]\n\n"
                "Runs commands and Lua workflows as jobs that go on where they stood after a\n"
                "crash, a logout or a reboot. The engine that runs them is started by itself.\n\n");
    for (const struct command *command = commands; command->name; command++)
        fprintf(to, "  %-9s %s\n", command->name, command->summary);
    fprintf(to,
            "\nA job is an id, a uuid, a name, a glob ('web*'), ID:HOST, or - for a list on\n"
            "standard input. How long a TIME lasts: 90 (seconds), 1.5s, 10m, 1h30m.\n"
            "PAWL_HOME is the directory of the engine and all its jobs; without it\n"
            "~/.local/state/pawl. Another directory is another engine.\n\n"
            "Exit codes: 0 done; 1 a job failed or was stopped; 2 usage; 3 no such job;\n"
            "4 refused in this state, or suspended; 5 engine unreachable; 124 timed out;\n"
            "130 interrupted. `pawl help VERB` tells more, with examples.\n");
}

int verb_help(struct cli *cli)
{
    const char *name = cli->options.args[0];
    const struct command *command = name ? command_find(name) : NULL;

    if (cli_arguments_check(cli, 1))
        return EXIT_USAGE;
    if (name && !command)
        return cli_error(cli, EXIT_USAGE, "no such verb: %.60s; `pawl help` lists them", name);
    if (command)
        command_help(command, stdout);
    else
        all_show(stdout);
    return 0;
}
