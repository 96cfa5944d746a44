// SPDX-License-Identifier: MIT
// pawl daemon: starts the engine in the background; --foreground runs it here
// (for service managers); --stop ends it in order. --detached is how the command
// line starts an engine for itself (engine_start.c).
#include <errno.h>
#include <time.h>

#include "cli/call.h"
#include "cli/engine_start.h"

enum { STOP_WAIT_MS = 10000, STOP_POLL_MS = 20 };

static int daemon_here(struct cli *cli, bool detached)
{
    struct daemon_options options = { .home = cli->home.path,
                                      .socket_path = cli->home.socket_path,
                                      .foreground = !detached, .detached = detached };
    struct err err = { 0 };
    int end;

    if (home_make(&cli->home, &err) < 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    end = cli->daemon_main(&options);
    if (end != DAEMON_ENDED && end != DAEMON_REFUSED && detached)
        engine_note_exit(&cli->home);
    cli->worst = end;
    return end;
}

static int daemon_background(struct cli *cli)
{
    struct err err = { 0 };
    json_t *status;

    if (engine_start(&cli->home, &err) < 0 || call_status(cli, &status, &err) < 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    printf("the engine runs: pid %lld, home %s\n", row_int(status, "pid"), cli->home.path);
    json_decref(status);
    return 0;
}

static int daemon_stop(struct cli *cli)
{
    static const struct timespec pause = { .tv_nsec = STOP_POLL_MS * 1000000L };
    struct err err = { 0 };
    struct reply reply;

    if (call_prepare(cli, false, &err) != 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    if (client_call(cli->client, "POST", "/v1/shutdown", NULL, NULL, &reply, &err) < 0)
        return err.code == -ECONNREFUSED
                   ? 0 // it does not run: that is what was asked for
                   : cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    json_decref(reply.json);
    for (int ms = 0; ms < STOP_WAIT_MS; ms += STOP_POLL_MS) {
        if (!engine_is_up(&cli->home))
            return 0;
        nanosleep(&pause, NULL);
    }
    return cli_error(cli, EXIT_ENGINE, "the engine was asked to end and still answers after %d s",
                     STOP_WAIT_MS / 1000);
}

int verb_daemon(struct cli *cli)
{
    const struct options *options = &cli->options;

    if (cli_arguments_check(cli, 0))
        return EXIT_USAGE;
    if (option_is_set(options, "stop") && option_is_set(options, "foreground"))
        return cli_error(cli, EXIT_USAGE, "--foreground and --stop: give one of them");
    if (option_is_set(options, "stop"))
        return daemon_stop(cli);
    if (option_is_set(options, "foreground") || option_is_set(options, "detached"))
        return daemon_here(cli, option_is_set(options, "detached"));
    return daemon_background(cli);
}
