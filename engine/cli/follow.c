// SPDX-License-Identifier: MIT
// One stream carries records and, between them, the job's rows. When it breaks
// (the engine died), the engine is started again and the stream goes on behind
// the last record that was printed: nothing is printed twice, nothing is left out.
//
// A record counts as printed when all of its bytes are: what waits for the end of its
// line, or for the end of all with --fold, is not marked before.
//
// Ctrl-C arrives as a readable descriptor, between two lines: what was printed is
// marked, then the client leaves. The job knows nothing of it. Ctrl-Z leaves the
// terminal as it should be, and reads on behind the last record.
#include "cli/following.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/call.h"
#include "cli/crew.h"
#include "cli/engine_start.h"
#include "cli/render.h"
#include "cli/interrupts.h"
#include "cli/sink.h"
#include "cli/text.h"

enum {
    TICK_MS = 100,      // the status line
    MARK_MS = 1000,     // at most so often while a job is followed
    BREAKS_MAX = 5,     // in a row, without a line between them
    BAR_COLUMNS = 20,   // of a progress bar
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- the mark
void follow_mark(struct follow *follow)
{
    uint64_t seq = sink_done(&follow->sink, follow->last_seq);
    struct err err = { 0 };
    char path[64];
    json_t *body, *row = NULL;

    if (!follow->options->mark || !follow->any || seq <= follow->marked)
        return;
    snprintf(path, sizeof(path), "/v1/jobs/%s/mark", follow->id);
    body = json_pack("{s:I,s:b}", "seq", (json_int_t)seq, "own", (int)follow->options->own);
    // An unmarked batch is only seen once more: no reason to fail.
    if (body && call_try(follow->cli, "POST", path, body, &row, &err) == 0)
        follow->marked = seq;
    follow->marked_ms = now_ms();
    json_decref(body);
    json_decref(row);
}

// ---- lines
static void event_print(struct follow *follow, const json_t *row)
{
    char text[80];

    if (!follow->options->events)
        return;
    snprintf(text, sizeof(text), "job %lld: %.40s", row_int(row, "id"), row_text(row, "state"));
    if (follow->printer->json)
        print_json(row);
    else
        printer_say(follow->printer, text);
}

// Nothing comes because nothing can: that is said, or the wait looks like work.
static void notice_print(struct follow *follow, const json_t *row)
{
    struct buf text;

    buf_init(&text, 0);
    buf_addf(&text, "pawl: job %s stands still: ", follow->job_id);
    text_escape(slice_str(row_text(row, "notice")), ESCAPE_ALL, &text);
    if (*row_text(row, "notice") && !follow->printer->json)
        printer_say(follow->printer, buf_cstr(&text));
    buf_release(&text);
}

// The job itself, in front of all that it wrote.
static void job_print(struct follow *follow, const json_t *row)
{
    struct printer *printer = follow->printer;
    json_t *rows;
    struct buf text;

    if (printer->json) {
        print_json(row);
        return;
    }
    rows = json_pack("[O]", row);
    buf_init(&text, 0);
    render_for(follow->cli, rows, &text);
    printer_status_clear(printer);
    print_buf(follow->cli, &text);
    buf_release(&text);
    json_decref(rows);
}

static void row_take(struct follow *follow, json_t *row)
{
    bool first = !follow->row;
    bool changed = first ||
                   strcmp(row_text(follow->row, "state"), row_text(row, "state")) != 0;
    bool noticed = strcmp(row_text(follow->row, "notice"), row_text(row, "notice")) != 0;

    if (first && follow->options->with_job)
        job_print(follow, row);
    else if (changed)
        event_print(follow, row);
    if (noticed)
        notice_print(follow, row);
    json_decref(follow->row);
    follow->row = json_incref(row);
    if (json_array_size(json_object_get(row, "children")) > 1)
        follow->printer->many = true;
}

static int no_memory(struct follow *follow)
{
    follow->line_exit = EXIT_ENGINE;
    return err_set(&follow->err, -ENOMEM, "out of memory");
}

// The row of the job; of a child, also when nothing but the child is read.
static int some_row_take(struct follow *follow, json_t *row)
{
    bool of_child = row_int(row, "parent") && follow->asked_id != row_int(row, "id");

    if (of_child && crew_changes(&follow->crew, row))
        event_print(follow, row);
    if (row_int(row, "parent") && crew_take(&follow->crew, row) < 0)
        return no_memory(follow);
    if (follow->asked_id == row_int(row, "id"))
        row_take(follow, row);
    return 0;
}

static int record_take(struct follow *follow, json_t *record)
{
    if (sink_record(&follow->sink, record, &follow->err) < 0)
        return follow->line_exit = EXIT_ENGINE;
    if (strcmp(row_text(record, "stream"), "error") == 0) {
        json_decref(follow->complaint);
        follow->complaint = json_incref(record);
    }
    follow->last_seq = (uint64_t)row_int(record, "seq");
    follow->any = true;
    follow->write_failed = ferror(stdout) || ferror(stderr);
    return follow->write_failed;
}

// Records are given to one reader at a time.
static int waiting_take(struct follow *follow)
{
    char text[160];

    if (!follow->queued && !follow->printer->quiet) {
        snprintf(text, sizeof(text), "pawl: job %s is being received by another; what is left "
                 "comes after it. To read all the same: pawl receive %s --keep", follow->job_id,
                 follow->id);
        printer_say(follow->printer, text);
    }
    follow->queued = true;
    return 0;
}

static int on_line(void *arg, json_t *line)
{
    struct follow *follow = arg;

    follow->breaks = 0;
    follow->line_exit = line_error(line, &follow->err);
    if (follow->line_exit)
        return 1;
    if (json_object_get(line, "seq"))
        return record_take(follow, line);
    return json_object_get(line, "waiting") ? waiting_take(follow)
                                            : some_row_take(follow, line);
}

// ---- the status line
// "[######..............] 3/10"
static void bar_add(long long done, long long total, struct buf *line)
{
    long long filled = done <= 0 ? 0 : done >= total ? BAR_COLUMNS : done * BAR_COLUMNS / total;

    buf_add_str(line, "  [");
    for (long long i = 0; i < BAR_COLUMNS; i++)
        buf_add_byte(line, i < filled ? '#' : '.');
    buf_addf(line, "] %lld/%lld", done, total);
}

// "job 12 Running  [######..............] 3/10  copying": one that runs in one place. Else
// where its hosts are, and how far its script says it is.
static void status_text(const struct follow *follow, struct buf *line)
{
    const json_t *row = follow->row, *progress = json_object_get(row, "progress");

    if (follow->crew.count > 1)
        crew_line(&follow->crew, time(NULL), line);
    else
        buf_addf(line, "job %lld %s", row_int(row, "id"), row_text(row, "state"));
    if (row_int(progress, "total") > 0)
        bar_add(row_int(progress, "done"), row_int(progress, "total"), line);
    buf_add_str(line, "  ");
    text_escape(slice_str(row_text(progress, "text")), ESCAPE_ALL, line);
}

static void status_draw(struct follow *follow)
{
    uint64_t now = now_ms();
    struct buf line;

    if (!follow->row || !follow->options->live || !printer_status_due(follow->printer, now))
        return;
    buf_init(&line, 0);
    status_text(follow, &line);
    printer_status(follow->printer, buf_cstr(&line), cli_err_width(follow->cli), now);
    buf_release(&line);
}

static void on_tick(void *arg)
{
    struct follow *follow = arg;

    if (sink_flush(&follow->sink) < 0) {
        follow->write_failed = 1; // on_line stops at the next record
        return;
    }
    if (now_ms() - follow->marked_ms >= MARK_MS)
        follow_mark(follow);
    status_draw(follow);
}

// ---- the stream
static void path_make(const struct follow *follow, struct buf *path)
{
    const struct follow_options *options = follow->options;

    buf_clear(path);
    buf_addf(path, "/v1/jobs/%s/records?rows=1&children=1&since=", follow->id);
    if (follow->any)
        buf_addf(path, "%llu", (unsigned long long)follow->last_seq);
    else
        buf_add_str(path, options->since);
    if (options->own)
        buf_add_str(path, "&own=1");
    if (options->mark)
        buf_add_str(path, "&lease=1");
    if (options->live)
        buf_addf(path, "&follow=1&until=%s", options->until_finished ? "finished" : "settled");
}

static int stream_once(struct follow *follow, uint64_t deadline)
{
    uint64_t now = now_ms();
    struct stream stream = {
        .line_fn = on_line, .tick_fn = on_tick, .tick_ms = TICK_MS, .arg = follow,
        .stop_fd = follow->interrupts.fd,
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

// Ctrl-Z: the terminal is the shell's until we go on.
static bool is_stopped_only(struct follow *follow)
{
    follow->signal = interrupts_next(&follow->interrupts);
    if (follow->signal && follow->signal != SIGTSTP)
        return false;
    printer_status_clear(follow->printer);
    printer_flush(follow->printer);
    if (follow->signal)
        interrupts_stop_here();
    follow->signal = 0;
    return true;
}

static int stream_all(struct follow *follow)
{
    long long timeout = follow->options->timeout_ms;
    uint64_t deadline = timeout < 0 ? UINT64_MAX : now_ms() + (uint64_t)timeout;
    int rc = call_prepare(follow->cli, false, &follow->err) ? -EIO : 0;

    while (rc >= 0) {
        rc = stream_once(follow, deadline);
        if (rc == STREAM_INTERRUPTED && is_stopped_only(follow))
            continue;
        if (!is_broken(rc))
            return rc;
        if (++follow->breaks > BREAKS_MAX)
            return err_set(&follow->err, -EIO, "the engine ended %d times without a line",
                           BREAKS_MAX);
        rc = engine_start(&follow->cli->home, &follow->err);
    }
    return rc;
}

static void ids_take(struct follow *follow)
{
    const json_t *row = follow->options->row;
    long long parent = row_int(row, "parent");

    follow->asked_id = row_int(row, "id");
    snprintf(follow->id, sizeof(follow->id), "%lld", follow->asked_id);
    snprintf(follow->job_id, sizeof(follow->job_id), "%lld",
             parent ? parent : follow->asked_id);
}

static int follow_run(struct follow *follow)
{
    const struct follow_options *options = follow->options;
    struct err err = { 0 };
    int rc = sink_init(&follow->sink, follow->printer, options->fold, options->fields, &err);

    if (rc < 0)
        return cli_error(follow->cli, rc == ERR_USAGE ? EXIT_USAGE : EXIT_ENGINE, "%s",
                         err_text(&err));
    interrupts_hold(&follow->interrupts);
    rc = stream_all(follow);
    if (rc == STREAM_INTERRUPTED)
        interrupts_settle(&follow->interrupts);
    // What is still to be written may be much: Ctrl-C ends that, and it is not marked.
    interrupts_release(&follow->interrupts);
    return follow_end(follow, rc);
}

int follow_job(struct cli *cli, struct printer *printer, const struct follow_options *options)
{
    struct follow follow = { .cli = cli, .printer = printer, .options = options,
                             .marked_ms = now_ms() };
    int exit_code;

    ids_take(&follow);
    crew_init(&follow.crew);
    exit_code = follow_run(&follow);
    sink_release(&follow.sink);
    crew_release(&follow.crew);
    json_decref(follow.row);
    json_decref(follow.complaint);
    return exit_code;
}

int follow_started(struct cli *cli, const json_t *row)
{
    struct follow_options options = { .row = row, .since = "0", .live = true, .mark = true,
                                      .foreground = true, .timeout_ms = -1,
                                      .fold = option_is_set(&cli->options, "fold") };
    struct printer printer;
    char hint[64];
    int exit_code;

    snprintf(hint, sizeof(hint), "pawl receive %lld --wait%s", row_int(row, "id"),
             options.fold ? " --fold" : "");
    options.hint = hint;
    printer_init(&printer, cli);
    exit_code = follow_job(cli, &printer, &options);
    printer_release(&printer);
    return exit_code;
}
