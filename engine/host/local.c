// SPDX-License-Identifier: MIT
// Spawns the runner in a session of its own, so that the engine's terminal cannot
// end it, and pumps bytes. It ends when its standard input does.
//
// Closing has two phases. First the runner is to end: its input is shut, its last
// words are read and dropped, and after a second it is killed (which loses nothing:
// the spool has it all). Only when it was reaped are the handles closed, and the
// last one's callback frees the link. A process handle closed any earlier would
// leave a zombie.
//
// A link that is held reads nothing: its runner waits in the full pipe. One that ends
// meanwhile is told of when the link is let go, behind all that it had written: read
// first, then quiet for a round of the loop.
#include "host/local.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/runner.h"
#include "host/session.h"

enum {
    HELLO_MS = 30000,
    CLOSE_GRACE_MS = 1000,
    READ_BYTES = 64 * 1024,
    FLUSH_AGAIN_MS = 10,
    DRAIN_MS = 1, // a round of the loop
    LAST_WORDS = 400, // bytes of the runner's standard error kept
};

struct local {
    struct session session; // first
    struct runner runner;
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t in, out, err; // the runner's, seen from here
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    int open_handles;
    bool running, in_shut, closing;
    bool reading;       // its output
    bool ended, quiet;  // to be told: it ended while held; nothing came for a round
    int64_t exit_code;
    int exit_signal;
    void (*closed)(void *arg);
    void *closed_arg;
    size_t words_len;
    char words[LAST_WORDS + 1];
    char read_bytes[READ_BYTES];
};

struct write_request {
    uv_write_t req;
    struct buf bytes;
};

static void on_timer(uv_timer_t *timer);
static void take_in(struct local *l);

static struct local *local_of(struct session *session)
{
    return container_of(session, struct local, session);
}

// --- The end -------------------------------------------------------------------

static void on_handle_closed(uv_handle_t *handle)
{
    struct local *l = handle->data;
    void (*closed)(void *arg) = l->closed;
    void *arg = l->closed_arg;

    if (--l->open_handles > 0)
        return;
    session_release(&l->session);
    runner_release(&l->runner);
    free(l);
    if (closed)
        closed(arg);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_handle_closed);
}

static void close_all(struct local *l)
{
    close_handle((uv_handle_t *)&l->in);
    close_handle((uv_handle_t *)&l->out);
    close_handle((uv_handle_t *)&l->err);
    close_handle((uv_handle_t *)&l->timer);
    close_handle((uv_handle_t *)&l->process);
}

static void on_shut(uv_shutdown_t *req, int status)
{
    struct local *l = req->data;

    (void)status;
    close_handle((uv_handle_t *)&l->in);
}

// Ends the runner's input once all that was asked before is sent.
static void shut_in(struct local *l)
{
    if (l->in_shut || uv_is_closing((uv_handle_t *)&l->in))
        return;
    l->in_shut = true;
    l->shutdown.data = l;
    if (uv_shutdown(&l->shutdown, (uv_stream_t *)&l->in, on_shut) < 0)
        close_handle((uv_handle_t *)&l->in);
}

static void kill_runner(struct local *l)
{
    if (l->running)
        uv_process_kill(&l->process, SIGKILL);
}

// The link is of no more use: one LINK_DOWN, and the runner is to end.
static void fail(struct local *l, const char *why)
{
    char noise[WIRE_NOISE + 1];
    char text[WIRE_NOISE + LAST_WORDS + 256];
    int n = snprintf(text, sizeof(text), "%s", why);

    if (!l->session.wire.ready && *wire_noise(&l->session.wire, noise))
        n += snprintf(text + n, sizeof(text) - (size_t)n, "; it printed: %s", noise);
    if (l->words_len > 0)
        snprintf(text + n, sizeof(text) - (size_t)n, "; its last words: %.*s",
                 (int)l->words_len, l->words);
    session_down(&l->session, text);
}

static void tell_end(struct local *l)
{
    char why[96];

    l->ended = false;
    if (l->exit_signal)
        snprintf(why, sizeof(why), "the runner was ended by signal %d", l->exit_signal);
    else
        snprintf(why, sizeof(why), "the runner ended with code %lld", (long long)l->exit_code);
    fail(l, why);
}

// libuv reports children last in a round of the loop: what the runner wrote before
// it ended was read by now, unless nothing is read.
static void on_runner_exit(uv_process_t *process, int64_t status, int signum)
{
    struct local *l = process->data;

    l->running = false;
    l->exit_code = status;
    l->exit_signal = signum;
    if (l->closing)
        close_all(l);
    else if (l->reading)
        tell_end(l);
    else
        l->ended = true;
}

static void local_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct local *l = local_of(container_of(link, struct session, link));

    assert(!l->closing);
    l->closing = true;
    l->closed = closed;
    l->closed_arg = arg;
    session_mute(&l->session);
    if (!l->running) {
        close_all(l);
        return;
    }
    take_in(l);
    shut_in(l);
    uv_timer_start(&l->timer, on_timer, CLOSE_GRACE_MS, 0);
}

// --- Bytes ---------------------------------------------------------------------

static void on_written(uv_write_t *req, int status)
{
    struct write_request *w = container_of(req, struct write_request, req);
    struct local *l = req->data;

    buf_release(&w->bytes);
    free(w);
    if (status >= 0 || status == UV_ECANCELED || l->closing)
        return;
    if (l->reading && !l->ended)
        fail(l, "the runner no longer reads its input");
    kill_runner(l); // its end brings LINK_DOWN to one that is held
}

// Hands the requests over to the loop. Without memory they wait for the next time.
static void flush(struct local *l)
{
    struct buf *requests = &l->session.requests;
    struct write_request *w;
    uv_buf_t bytes;

    if (requests->len == 0 || l->session.over)
        return;
    w = malloc(sizeof(*w));
    if (!w)
        return;
    w->bytes = *requests;
    w->req.data = l;
    buf_init(requests, w->bytes.max);
    bytes = (uv_buf_t){ .base = (char *)w->bytes.ptr, .len = w->bytes.len };
    if (uv_write(&w->req, (uv_stream_t *)&l->in, &bytes, 1, on_written) < 0) {
        buf_release(&w->bytes);
        free(w);
        kill_runner(l); // its end brings LINK_DOWN
    }
}

static void arm(struct local *l)
{
    uint64_t next = session_next_ms(&l->session);
    uint64_t now = uv_now(l->loop);

    if (l->closing)
        return;
    take_in(l);
    if (l->ended && l->reading)
        next = now + DRAIN_MS;
    if (l->session.requests.len > 0)
        next = now + FLUSH_AGAIN_MS;
    if (next == UINT64_MAX)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, next > now ? next - now : 0, 0);
}

static void local_wake(struct session *session)
{
    struct local *l = local_of(session);

    flush(l);
    arm(l);
}

static uint64_t local_now_ms(struct session *session)
{
    return uv_now(local_of(session)->loop);
}

static void on_timer(uv_timer_t *timer)
{
    struct local *l = timer->data;

    if (!l->closing) {
        session_tick(&l->session);
        if (l->ended && l->reading && l->quiet)
            tell_end(l);
        l->quiet = l->reading;
    }
    if (!l->closing)
        local_wake(&l->session);
    if (l->closing || l->session.over)
        kill_runner(l);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct local *l = handle->data;

    (void)suggested;
    *ret = uv_buf_init(l->read_bytes, sizeof(l->read_bytes));
}

static void on_out(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct local *l = stream->data;

    l->quiet = false;
    if (n > 0)
        session_feed(&l->session, slice_of(bytes->base, (size_t)n));
    // Of no use any more; while closing it may end by itself.
    if (n < 0 || (l->session.over && !l->closing))
        kill_runner(l);
    if (n < 0)
        close_handle((uv_handle_t *)stream);
}

// Reads while the session takes bytes in, or the link is being closed and drops them.
static void take_in(struct local *l)
{
    bool wanted = l->closing || session_is_open(&l->session);
    int rc;

    if (wanted == l->reading)
        return;
    l->reading = wanted;
    l->quiet = false;
    if (uv_is_closing((uv_handle_t *)&l->out)) // its end was read
        return;
    rc = wanted ? uv_read_start((uv_stream_t *)&l->out, on_alloc, on_out)
                : uv_read_stop((uv_stream_t *)&l->out);
    assert(rc == 0); // an open pipe of ours is readable
}

// Keeps the last of what the runner complains about, in one line.
static void on_err(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct local *l = stream->data;

    for (ssize_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes->base[i];
        if (l->words_len == LAST_WORDS) {
            memmove(l->words, l->words + LAST_WORDS / 2, LAST_WORDS / 2);
            l->words_len = LAST_WORDS / 2;
        }
        l->words[l->words_len++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
    }
    if (n < 0)
        close_handle((uv_handle_t *)stream);
}

// --- The beginning --------------------------------------------------------------

static int spawn(struct local *l, struct err *err)
{
    uv_stdio_container_t stdio[3] = {
        { .flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&l->in },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&l->out },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&l->err },
    };
    uv_process_options_t options = {
        .exit_cb = on_runner_exit,
        .file = l->runner.argv[0],
        .args = l->runner.argv,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int rc = uv_spawn(l->loop, &l->process, &options);

    if (rc < 0)
        return err_set(err, rc, "cannot start the runner (%s): %s", options.file, uv_strerror(rc));
    l->running = true;
    take_in(l);
    // A pipe that was just made and never read is readable.
    rc = uv_read_start((uv_stream_t *)&l->err, on_alloc, on_err);
    assert(rc == 0);
    return 0;
}

static void init_handles(struct local *l)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&l->in,    (uv_handle_t *)&l->out,     (uv_handle_t *)&l->err,
        (uv_handle_t *)&l->timer, (uv_handle_t *)&l->process,
    };

    uv_pipe_init(l->loop, &l->in, 0);
    uv_pipe_init(l->loop, &l->out, 0);
    uv_pipe_init(l->loop, &l->err, 0);
    uv_timer_init(l->loop, &l->timer);
    l->open_handles = sizeof(handles) / sizeof(handles[0]);
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        handles[i]->data = l;
}

static const struct link_ops local_ops = {
    .start = session_start,
    .attach = session_attach,
    .credit = session_credit,
    .signal = session_signal,
    .forget = session_forget,
    .list = session_list,
    .hold = session_hold,
    .close = local_close,
};

static const struct session_carrier local_carrier = {
    .wake = local_wake,
    .now_ms = local_now_ms,
};

static int prepare(struct local *l, const struct link_options *options, struct err *err)
{
    uint8_t random[16];
    int rc = uv_random(NULL, NULL, random, sizeof(random), 0, NULL);

    if (rc < 0)
        return err_set(err, rc, "no random numbers for a link: %s", uv_strerror(rc));
    return runner_init(&l->runner, options, random, err);
}

int link_local_open(struct link **ret, uv_loop_t *loop, const struct link_options *options,
                    struct err *err)
{
    struct local *l = calloc(1, sizeof(*l));
    int rc;

    if (!l)
        return err_set(err, -ENOMEM, "no memory for a link");
    l->loop = loop;
    rc = prepare(l, options, err);
    if (rc < 0) {
        free(l);
        return rc;
    }
    session_init(&l->session, &local_ops, &local_carrier, options, l->runner.nonce, uv_now(loop),
                 HELLO_MS);
    init_handles(l);
    rc = spawn(l, err);
    if (rc < 0) {
        close_all(l); // frees it, as soon as the loop runs
        return rc;
    }
    arm(l);
    *ret = &l->session.link;
    return 0;
}
