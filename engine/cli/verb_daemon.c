// SPDX-License-Identifier: MIT
// pawl daemon: starts the engine in the background; --foreground runs it here
// (for service managers); --stop ends it in order. --detached is how the command
// line starts an engine for itself (engine_start.c).
#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

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
    end = cli->engine->run(&options);
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

// A descriptor that becomes readable when the engine's process has ended; -1: the
// kernel has none, or no engine runs.
static int engine_watch(struct cli *cli)
{
    struct err err = { 0 };
    json_t *status;
    int fd;

    if (call_status(cli, &status, &err) < 0)
        return -1;
    fd = pidfd_open((pid_t)row_int(status, "pid"), 0);
    json_decref(status);
    return fd;
}

// Its socket goes first and its hold on the store last: who starts the next engine
// must not find the store in use.
static bool wait_gone(struct cli *cli, int fd)
{
    static const struct timespec pause = { .tv_nsec = STOP_POLL_MS * 1000000L };
    struct pollfd process = { .fd = fd, .events = POLLIN };

    if (fd >= 0)
        return poll(&process, 1, STOP_WAIT_MS) == 1;
    for (int ms = 0; ms < STOP_WAIT_MS; ms += STOP_POLL_MS) {
        if (!engine_is_up(&cli->home))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static int daemon_stop(struct cli *cli)
{
    struct err err = { 0 };
    struct reply reply;
    bool gone;
    int fd;

    if (call_prepare(cli, false, &err) != 0)
        return cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    fd = engine_watch(cli);
    if (client_call(cli->client, "POST", "/v1/shutdown", NULL, NULL, &reply, &err) < 0) {
        if (fd >= 0)
            close(fd);
        return err.code == -ECONNREFUSED
                   ? 0 // it does not run: that is what was asked for
                   : cli_error(cli, EXIT_ENGINE, "%s", err_text(&err));
    }
    json_decref(reply.json);
    gone = wait_gone(cli, fd);
    if (fd >= 0)
        close(fd);
    return gone ? 0 : cli_error(cli, EXIT_ENGINE, "the engine was asked to end and still runs "
                                "after %d s", STOP_WAIT_MS / 1000);
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
