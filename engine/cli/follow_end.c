// SPDX-License-Identifier: MIT
// The end of a reading: what was gathered is shown, what is out is marked, and whoever
// stands by is told how it ended and how to take it up again.
#include "cli/following.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"

// The reason of a failure comes on the error stream, too: it is not said twice.
static const char *reason_unsaid(const struct follow *follow)
{
    const char *reason = row_text(follow->row, "reason");

    return strstr(row_text(follow->complaint, "data"), reason) ? "" : reason;
}

// Where the hosts have got to, when there is more than one: to whoever stands by.
static void recap_print(const struct follow *follow, bool done)
{
    struct crew *crew = (struct crew *)(uintptr_t)&follow->crew;
    struct buf text;

    if (follow->crew.count < 2 || follow->printer->json || follow->printer->quiet || done)
        return;
    buf_init(&text, 0);
    buf_addf(&text, "pawl: job %s: ", follow->job_id);
    crew_recap(crew, follow->job_id, &text);
    printer_say(follow->printer, buf_cstr(&text));
    buf_release(&text);
}

static void completed_print(const struct follow *follow)
{
    if (!follow->cli->err_tty || follow->printer->quiet || follow->printer->json)
        return;
    fprintf(stderr, "job %s Completed", follow->job_id);
    if (follow->crew.count > 1)
        fprintf(stderr, ": %zu of %zu hosts done", follow->crew.counts[MEMBER_DONE],
                follow->crew.count);
    putc('\n', stderr);
}

static int end_state(struct follow *follow)
{
    const char *state = row_text(follow->row, "state");
    const char *reason = reason_unsaid(follow);
    bool completed = strcmp(state, "Completed") == 0;
    int exit_code = 0;

    if (!follow->options->foreground || !follow->row)
        return 0;
    if (completed)
        completed_print(follow);
    else
        exit_code = cli_error(follow->cli,
                              strcmp(state, "Suspended") == 0 ? EXIT_REFUSED : EXIT_JOB_FAILED,
                              "job %s %s%s%s", follow->job_id, state, *reason ? ": " : "",
                              reason);
    recap_print(follow, completed);
    return exit_code;
}

static int end_interrupted(struct follow *follow)
{
    int exit_code = 128 + (follow->signal ? follow->signal : SIGINT);

    // In place of the ^C that the terminal has shown.
    fprintf(stderr, "%sjob %s goes on; follow it again with: %s\n",
            follow->cli->err_moves ? "\r\033[K" : "", follow->job_id, follow->options->hint);
    follow->cli->worst = exit_code;
    return EXIT_INTERRUPT;
}

static int end_error(struct follow *follow)
{
    struct cli *cli = follow->cli;

    if (follow->err.code == -ECANCELED)
        return cli_error(cli, EXIT_ENGINE, "the engine was shut down; job %s goes on when it is "
                         "started again; follow it with: %s", follow->job_id,
                         follow->options->hint);
    // A job with auto_remove may be gone before its last row was seen.
    if (follow->err.code == -ENOENT && follow->row)
        return follow->options->foreground
                   ? cli_error(cli, EXIT_NO_JOB, "job %s was removed", follow->job_id) : 0;
    return cli_error(cli, follow->line_exit ? follow->line_exit : EXIT_ENGINE, "%s",
                     err_text(&follow->err));
}

// What was gathered is shown when the reading has come to its end, or its time is up;
// after Ctrl-C, or a failure, it is all left for the next one.
static int gathered_print(struct follow *follow, int rc)
{
    uint64_t job = (uint64_t)strtoull(follow->job_id, NULL, 10);
    bool all = strcmp(follow->options->since, "0") == 0;

    if (follow->sink.fold && ((rc != STREAM_ENDED && rc != STREAM_TIMED_OUT) || follow->line_exit))
        return 0;
    if (sink_end(&follow->sink, &follow->crew, job, all, &follow->err) < 0)
        return cli_error(follow->cli, EXIT_ENGINE, "%s", err_text(&follow->err));
    return 0;
}

// It goes with all that it wrote, which is out. One that is only suspended stays.
static int job_remove(struct follow *follow)
{
    struct err err = { 0 };
    json_t *answer = NULL;
    char path[64];
    int exit_code;

    if (!row_is_finished(follow->row))
        return 0;
    snprintf(path, sizeof(path), "/v1/jobs/%s", follow->id);
    exit_code = call_try(follow->cli, "DELETE", path, NULL, &answer, &err);
    json_decref(answer);
    if (!exit_code || exit_code == EXIT_NO_JOB) // one that removes itself is gone already
        return 0;
    return cli_error(follow->cli, exit_code, "%s", err_text(&err));
}

int follow_end(struct follow *follow, int rc)
{
    int exit_code = gathered_print(follow, rc);

    if (exit_code)
        return exit_code;
    if (printer_finish(follow->printer) < 0 || follow->write_failed)
        return cli_error(follow->cli, EXIT_ENGINE, "standard output takes no more; what was not "
                         "written can be received again");
    if (rc == STREAM_INTERRUPTED) // said first: one more Ctrl-C ends what comes now
        exit_code = end_interrupted(follow);
    follow_mark(follow);
    client_stream_leave(follow->cli->client); // others that receive it may go on
    if (exit_code)
        return exit_code;
    if (rc == STREAM_TIMED_OUT)
        return cli_error(follow->cli, EXIT_TIMEOUT, "job %s has not ended in time; it goes on",
                         follow->job_id);
    if (rc < 0 || follow->line_exit)
        return end_error(follow);
    if (follow->options->auto_remove)
        exit_code = job_remove(follow);
    return exit_code ? exit_code : end_state(follow);
}

