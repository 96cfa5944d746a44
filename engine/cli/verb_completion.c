// SPDX-License-Identifier: MIT
// pawl completion: the script that makes a shell complete pawl's command lines, and what
// these scripts ask when somebody presses the key.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "cli/complete.h"

enum { MOMENT_S = 2 };

static void on_alarm(int signal)
{
    (void)signal;
    _exit(EXIT_DONE);
}

// Whoever has pressed a key waits for a moment, and reads no messages.
static int words_complete(struct cli *cli)
{
    const struct options *options = &cli->options;
    struct err err = { 0 };
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0 && dup2(null, STDERR_FILENO) >= 0)
        close(null);
    signal(SIGALRM, on_alarm);
    alarm(MOMENT_S);
    if (home_find(&cli->home, &err) == 0)
        complete_words(cli, options->args, options->arg_count);
    cli->worst = EXIT_DONE;
    return EXIT_DONE;
}

int verb_completion(struct cli *cli)
{
    const char *shell = cli->options.args[0];
    char name[32];

    if (option_is_set(&cli->options, "words"))
        return words_complete(cli);
    if (!shell)
        return cli_error(cli, EXIT_USAGE, "for which shell? pawl completion bash, zsh or fish");
    if (cli_arguments_check(cli, 1))
        return EXIT_USAGE;
    snprintf(name, sizeof(name), "pawl.%.20s", shell);
    for (const struct embedded_file *file = embedded_completion; file->name; file++)
        if (strcmp(file->name, name) == 0) {
            fwrite(file->text.ptr, 1, file->text.len, stdout);
            return EXIT_DONE;
        }
    return cli_error(cli, EXIT_USAGE, "there is no completion for the shell %.60s; there is one "
                     "for bash, zsh and fish", shell);
}
