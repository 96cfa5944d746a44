// SPDX-License-Identifier: MIT
// One stream carries records and, between them, the job's rows. When it breaks
// (the engine died), the engine is started again and the stream goes on behind
// the last record that was printed: nothing is printed twice, nothing is left out.
//
// Ctrl-C arrives as a readable descriptor, between two lines: what was printed is
// marked, then the client leaves. The job knows nothing of it.
#include "cli/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/engine_start.h"
#include "cli/render.h"
#include "cli/text.h"

enum {
    TICK_MS = 200,      // the status line
    MARK_MS = 1000,     // at most so often while a job is followed
    BREAKS_MAX = 5,     // in a row, without a line between them
};

struct follow {
    struct cli *cli;
    struct printer *printer;
    const struct follow_options *options;
    char id[24], job_id[24]; // of what is read; of its job, for the mark
    uint64_t last_seq;       // printed
    bool any;                // last_seq counts
    uint64_t marked;
    uint64_t marked_ms;      // when, monotonic
    json_t *row;             // the last one seen, or NULL
    json_t *complaint;       // the last record of the error stream, or NULL
    struct err err;          // of an error line
    int line_exit;           // its exit code
    int write_failed;
    int breaks;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- the mark
static void mark_send(struct follow *follow)
{
    struct err err = { 0 };
    char path[64];
    json_t *body, *row = NULL;

    if (!follow->options->mark || !follow->any || follow->last_seq <= follow->marked)
        return;
    snprintf(path, sizeof(path), "/v1/jobs/%s/mark", follow->job_id);
    body = json_pack("{s:I}", "seq", (json_int_t)follow->last_seq);
    // An unmarked batch is only seen once more: no reason to fail.
    if (body && call_try(follow->cli, "POST", path, body, &row, &err) == 0)
        follow->marked = follow->last_seq;
    follow->marked_ms = now_ms();
    json_decref(body);
    json_decref(row);
}

// ---- lines
static void event_print(struct follow *follow, const json_t *row)
{
    if (!follow->options->events)
        return;
    if (follow->printer->json)
        print_json(row);
    else
        fprintf(stderr, "job %lld: %s\n", row_int(row, "id"), row_text(row, "state"));
}

// Nothing comes because nothing can: that is said, or the wait looks like work.
static void notice_print(struct follow *follow, const json_t *row)
{
    struct buf text;

    buf_init(&text, 0);
    buf_addf(&text, "job %s stands still: ", follow->job_id);
    text_escape(slice_str(row_text(row, "notice")), ESCAPE_ALL, &text);
    if (*row_text(row, "notice") && !follow->printer->json)
        printer_note(follow->printer, buf_cstr(&text));
    buf_release(&text);
}

static void row_take(struct follow *follow, json_t *row)
{
    bool changed = !follow->row ||
                   strcmp(row_text(follow->row, "state"), row_text(row, "state")) != 0;

    bool noticed = strcmp(row_text(follow->row, "notice"), row_text(row, "notice")) != 0;

    if (changed)
        event_print(follow, row);
    if (noticed)
        notice_print(follow, row);
    json_decref(follow->row);
    follow->row = json_incref(row);
    if (json_array_size(json_object_get(row, "children")) > 1)
        follow->printer->hosts = !follow->printer->host;
}

static int on_line(void *arg, json_t *line)
{
    struct follow *follow = arg;

    follow->breaks = 0;
    follow->line_exit = line_error(line, &follow->err);
    if (follow->line_exit)
        return 1;
    if (!json_object_get(line, "seq")) {
        row_take(follow, line);
        return 0;
    }
    printer_record(follow->printer, line);
    if (strcmp(row_text(line, "stream"), "error") == 0) {
        json_decref(follow->complaint);
        follow->complaint = json_incref(line);
    }
    follow->last_seq = (uint64_t)row_int(line, "seq");
    follow->any = true;
    follow->write_failed = ferror(stdout);
    return follow->write_failed;
}

// "job 12 Running  3/10 copying": the row in one line.
static void status_draw(struct follow *follow)
{
    const json_t *row = follow->row, *progress = json_object_get(row, "progress");
    struct buf line;

    if (!row || !follow->options->live || follow->printer->json)
        return;
    buf_init(&line, 0);
    buf_addf(&line, "job %lld %s", row_int(row, "id"), row_text(row, "state"));
    if (row_int(row, "failed") > 0)
        buf_addf(&line, " %lld/%lld failed", row_int(row, "failed"), row_int(row, "total"));
    if (row_int(progress, "total") > 0)
        buf_addf(&line, "  %lld/%lld", row_int(progress, "done"), row_int(progress, "total"));
    buf_add_str(&line, "  ");
    text_escape(slice_str(row_text(progress, "text")), ESCAPE_ALL, &line);
    printer_status(follow->printer, buf_cstr(&line), cli_width(follow->cli));
    buf_release(&line);
}

static void on_tick(void *arg)
{
    struct follow *follow = arg;

    if (printer_flush(follow->printer) < 0)
        return; // on_line stops at the next record
    if (now_ms() - follow->marked_ms >= MARK_MS)
        mark_send(follow);
    status_draw(follow);
}

// ---- the stream
static void path_make(const struct follow *follow, struct buf *path)
{
    const struct follow_options *options = follow->options;

    buf_clear(path);
    buf_addf(path, "/v1/jobs/%s/records?rows=1&since=", follow->id);
    if (follow->any)
        buf_addf(path, "%llu", (unsigned long long)follow->last_seq);
    else
        buf_add_str(path, options->since);
    if (options->live)
        buf_addf(path, "&follow=1&until=%s", options->until_finished ? "finished" : "settled");
}

static int stream_once(struct follow *follow, int stop_fd, uint64_t deadline)
{
    uint64_t now = now_ms();
    struct stream stream = {
        .line_fn = on_line, .tick_fn = on_tick, .tick_ms = TICK_MS, .arg = follow,
        .stop_fd = stop_fd,
        .timeout_ms = deadline == UINT64_MAX ? -1 : deadline > now ? (long long)(deadline - now)
                                                                   : 0,
    };
    struct reply reply;
    struct buf path;
    int rc;

    buf_init(&path, 0);
    path_make(follow, &path);
    rc = client_stream(follow->cli->client, buf_cstr(&path), &stream, &reply, &follow->err);
    if (rc == STREAM_ENDED && reply.status != 200)
        follow->line_exit = reply_error(&reply, &follow->err);
    json_decref(reply.json);
    buf_release(&path);
    return rc;
}

static bool is_broken(int rc)
{
    return rc == STREAM_BROKEN || rc == -ECONNREFUSED || rc == -ECONNRESET;
}

static int stream_all(struct follow *follow, int stop_fd)
{
    long long timeout = follow->options->timeout_ms;
    uint64_t deadline = timeout < 0 ? UINT64_MAX : now_ms() + (uint64_t)timeout;
    int rc = call_prepare(follow->cli, false, &follow->err) ? -EIO : 0;

    while (rc >= 0) {
        rc = stream_once(follow, stop_fd, deadline);
        if (!is_broken(rc))
            return rc;
        if (++follow->breaks > BREAKS_MAX)
            return err_set(&follow->err, -EIO, "the engine ended %d times without a line",
                           BREAKS_MAX);
        rc = engine_start(&follow->cli->home, &follow->err);
    }
    return rc;
}

// ---- the end
// The reason of a failure comes on the error stream, too: it is not said twice.
static const char *reason_unsaid(const struct follow *follow)
{
    const char *reason = row_text(follow->row, "reason");

    return strstr(row_text(follow->complaint, "data"), reason) ? "" : reason;
}

static int end_state(struct follow *follow)
{
    const char *state = row_text(follow->row, "state");
    const char *reason = reason_unsaid(follow);
    struct buf text;
    int exit_code = 0;

    if (!follow->options->foreground || !follow->row)
        return 0;
    buf_init(&text, 0);
    text_escape(slice_str(reason), ESCAPE_ALL, &text);
    if (strcmp(state, "Completed") != 0)
        exit_code = cli_error(follow->cli,
                              strcmp(state, "Suspended") == 0 ? EXIT_REFUSED : EXIT_JOB_FAILED,
                              "job %s %s%s%s", follow->job_id, state, *reason ? ": " : "",
                              buf_cstr(&text));
    else if (follow->cli->err_tty)
        fprintf(stderr, "job %s Completed\n", follow->job_id);
    buf_release(&text);
    return exit_code;
}

// The signal is taken, or it would end the process when it is let through again.
static void interrupt_take(int stop_fd)
{
    struct signalfd_siginfo info;

    if (stop_fd < 0)
        return;
    while (read(stop_fd, &info, sizeof(info)) > 0) {
    }
    close(stop_fd);
}

static int end_interrupted(struct follow *follow)
{
    fprintf(stderr, "\njob %s goes on; follow it again with: %s\n", follow->job_id,
            follow->options->hint);
    follow->cli->worst = EXIT_INTERRUPT;
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

static int follow_end(struct follow *follow, int rc)
{
    if (printer_finish(follow->printer) < 0 || follow->write_failed)
        return cli_error(follow->cli, EXIT_ENGINE, "standard output takes no more; what was not "
                         "written can be received again");
    mark_send(follow);
    if (rc == STREAM_INTERRUPTED)
        return end_interrupted(follow);
    if (rc == STREAM_TIMED_OUT)
        return cli_error(follow->cli, EXIT_TIMEOUT, "job %s has not ended in time; it goes on",
                         follow->job_id);
    if (rc < 0 || follow->line_exit)
        return end_error(follow);
    return end_state(follow);
}

static void ids_take(struct follow *follow)
{
    const json_t *row = follow->options->row;
    long long parent = row_int(row, "parent");

    snprintf(follow->id, sizeof(follow->id), "%lld", row_int(row, "id"));
    snprintf(follow->job_id, sizeof(follow->job_id), "%lld",
             parent ? parent : row_int(row, "id"));
}

int follow_job(struct cli *cli, struct printer *printer, const struct follow_options *options)
{
    struct follow follow = { .cli = cli, .printer = printer, .options = options };
    sigset_t interrupt, before;
    int stop_fd, exit_code;

    ids_take(&follow);
    follow.marked_ms = now_ms();
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    stop_fd = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
    exit_code = follow_end(&follow, stream_all(&follow, stop_fd));
    interrupt_take(stop_fd);
    sigprocmask(SIG_SETMASK, &before, NULL);
    json_decref(follow.row);
    json_decref(follow.complaint);
    return exit_code;
}

int follow_started(struct cli *cli, const json_t *row)
{
    struct follow_options options = { .row = row, .since = "0", .live = true, .mark = true,
                                      .foreground = true, .timeout_ms = -1 };
    struct printer printer;
    char hint[64];
    int exit_code;

    snprintf(hint, sizeof(hint), "pawl receive %lld --wait", row_int(row, "id"));
    options.hint = hint;
    printer_init(&printer, cli);
    exit_code = follow_job(cli, &printer, &options);
    printer_release(&printer);
    return exit_code;
}
