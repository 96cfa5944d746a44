// SPDX-License-Identifier: MIT
// Spawns a program in a session of its own, so that the engine's terminal cannot end
// it, and pumps bytes. It ends when its standard input does.
//
// Closing has two phases. First the program is to end: its input is shut, its last
// words are read and dropped, and after a second it is killed (which loses nothing:
// the spool has it all). Only when it was reaped are the handles closed, and the
// last one's callback frees the link. A process handle closed any earlier would
// leave a zombie.
//
// Its end is what brings LINK_DOWN, because the code it ends with and its last words
// are the reason. One that will not take or give bytes any more is about to end, and
// gets a second for it.
//
// A link that is held reads nothing: its runner waits in the full pipe. One that ends
// meanwhile is told of when the link is let go, behind all that it had written: read
// first, then quiet for a round of the loop. What was read and not taken is in the
// pool's buffer, which is the link's own until it has been taken.
#include "host/carrier.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/session.h"

enum {
    CLOSE_GRACE_MS = 1000,
    FLUSH_AGAIN_MS = 10,
    DRAIN_MS = 1, // a round of the loop
};

struct carrier {
    struct session session; // first
    struct link_pool *pool;
    uv_loop_t *loop;
    carrier_explain_fn explain;
    uv_process_t process;
    uv_pipe_t in, out, err; // the program's, seen from here
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    int open_handles;
    bool running, in_shut, closing;
    bool kill_group;
    bool reading;       // its output
    bool said_ready;    // READY came before the last of its words
    bool ended, quiet;  // to be told: it ended while held; nothing came for a round
    uint64_t kill_ms;   // when it is to have ended by itself; 0: it goes on
    const char *kill_why;
    struct carrier_end end;
    char *kept;         // the buffer that session.rest is in; NULL: none is
    void (*closed)(void *arg);
    void *closed_arg;
    struct words words; // of its standard error
    char nonce[RUNNER_NONCE_TEXT];
};

struct write_request {
    uv_write_t req;
    struct buf bytes;
};

static void on_timer(uv_timer_t *timer);
static void take_in(struct carrier *c);
static void arm(struct carrier *c);

static struct carrier *carrier_of(struct session *session)
{
    return container_of(session, struct carrier, session);
}

// --- The end -------------------------------------------------------------------

static void on_handle_closed(uv_handle_t *handle)
{
    struct carrier *c = handle->data;
    void (*closed)(void *arg) = c->closed;
    void *arg = c->closed_arg;

    if (--c->open_handles > 0)
        return;
    session_release(&c->session);
    link_pool_give(c->pool, c->kept);
    link_pool_leave(c->pool);
    free(c);
    if (closed)
        closed(arg);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_handle_closed);
}

static void close_all(struct carrier *c)
{
    close_handle((uv_handle_t *)&c->in);
    close_handle((uv_handle_t *)&c->out);
    close_handle((uv_handle_t *)&c->err);
    close_handle((uv_handle_t *)&c->timer);
    close_handle((uv_handle_t *)&c->process);
}

static void on_shut(uv_shutdown_t *req, int status)
{
    struct carrier *c = req->data;

    (void)status;
    close_handle((uv_handle_t *)&c->in);
}

// Ends its input once all that was asked before is sent.
static void shut_in(struct carrier *c)
{
    if (c->in_shut || uv_is_closing((uv_handle_t *)&c->in))
        return;
    c->in_shut = true;
    c->shutdown.data = c;
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->in, on_shut) < 0)
        close_handle((uv_handle_t *)&c->in);
}

// Its helpers (what ssh reaches a host through) are in its process group.
static void kill_now(struct carrier *c)
{
    if (!c->running)
        return;
    if (c->kill_group)
        uv_kill(-c->process.pid, SIGKILL);
    uv_process_kill(&c->process, SIGKILL);
}

// It is about to end by itself, or made to; what it does not do is the reason then.
static void kill_soon(struct carrier *c, const char *why)
{
    if (!c->running || c->kill_ms)
        return;
    c->kill_why = why;
    c->kill_ms = uv_now(c->loop) + CLOSE_GRACE_MS;
    arm(c);
}

// What was said before READY explains why it did not come, and nothing after that.
static void forget_login(struct carrier *c)
{
    if (c->said_ready || !c->session.wire.ready)
        return;
    c->said_ready = true;
    words_clear(&c->words);
}

static void tell_end(struct carrier *c)
{
    char noise[WORDS_TEXT], words[WORDS_TEXT], text[CARRIER_REASON];

    c->ended = false;
    forget_login(c);
    c->end.ready = c->session.wire.ready;
    c->end.noise = c->end.ready ? "" : wire_noise(&c->session.wire, noise);
    c->end.words = words_line(&c->words, words);
    session_down(&c->session, c->explain(&c->end, text), text);
}

// libuv reports children last in a round of the loop: what it wrote before it ended was
// read by now, unless nothing is read.
static void on_end(uv_process_t *process, int64_t status, int signum)
{
    struct carrier *c = process->data;

    c->running = false;
    c->end.code = status;
    c->end.signal = signum;
    if (c->closing)
        close_all(c);
    else if (c->reading)
        tell_end(c);
    else
        c->ended = true;
}

static void carrier_close(struct link *link, void (*closed)(void *arg), void *arg)
{
    struct carrier *c = carrier_of(container_of(link, struct session, link));

    assert(!c->closing);
    c->closing = true;
    c->closed = closed;
    c->closed_arg = arg;
    session_part(&c->session);
    session_mute(&c->session);
    if (!c->running) {
        close_all(c);
        return;
    }
    take_in(c);
    shut_in(c);
    uv_timer_start(&c->timer, on_timer, CLOSE_GRACE_MS, 0);
}

// --- Bytes ---------------------------------------------------------------------

static void on_written(uv_write_t *req, int status)
{
    struct write_request *w = container_of(req, struct write_request, req);
    struct carrier *c = req->data;

    buf_release(&w->bytes);
    free(w);
    if (status < 0 && status != UV_ECANCELED && !c->closing)
        kill_soon(c, "it no longer reads its input");
}

// Hands the requests over to the loop. Without memory they wait for the next time.
static void flush(struct carrier *c)
{
    struct buf *requests = &c->session.requests;
    struct write_request *w;
    uv_buf_t bytes;

    if (requests->len == 0 || c->session.over)
        return;
    w = malloc(sizeof(*w));
    if (!w)
        return;
    w->bytes = *requests;
    w->req.data = c;
    buf_init(requests, w->bytes.max);
    bytes = (uv_buf_t){ .base = (char *)w->bytes.ptr, .len = w->bytes.len };
    if (uv_write(&w->req, (uv_stream_t *)&c->in, &bytes, 1, on_written) < 0) {
        buf_release(&w->bytes);
        free(w);
        kill_now(c); // its end brings LINK_DOWN
    }
}

static void arm(struct carrier *c)
{
    uint64_t next = session_next_ms(&c->session);
    uint64_t now = uv_now(c->loop);

    if (c->closing)
        return;
    take_in(c);
    if (c->ended && c->reading)
        next = now + DRAIN_MS;
    if (c->kill_ms && c->kill_ms < next)
        next = c->kill_ms;
    if (c->session.requests.len > 0)
        next = now + FLUSH_AGAIN_MS;
    if (next == UINT64_MAX)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, next > now ? next - now : 0, 0);
}

static void carrier_wake(struct session *session)
{
    struct carrier *c = carrier_of(session);

    flush(c);
    arm(c);
}

static uint64_t carrier_now_ms(struct session *session)
{
    return uv_now(carrier_of(session)->loop);
}

static int64_t carrier_unix_ms(struct session *session)
{
    struct timespec now;

    (void)session;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// The buffer stays with the link until the session has taken all that is in it.
static void keep_rest(struct carrier *c)
{
    bool rest = c->session.rest.len > 0;

    if (rest && !c->kept)
        c->kept = link_pool_take(c->pool);
    if (!rest && c->kept) {
        link_pool_give(c->pool, c->kept);
        c->kept = NULL;
    }
}

// Its time to end by itself is over.
static void lose_patience(struct carrier *c)
{
    if (!c->kill_ms || c->kill_ms > uv_now(c->loop))
        return;
    c->kill_ms = 0;
    if (c->running)
        c->end.why = c->kill_why;
    kill_now(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct carrier *c = timer->data;

    lose_patience(c);
    if (!c->closing) {
        session_tick(&c->session);
        keep_rest(c);
        if (c->ended && c->reading && c->quiet)
            tell_end(c);
        c->quiet = c->reading;
    }
    if (!c->closing)
        carrier_wake(&c->session);
    if (c->closing || c->session.over)
        kill_now(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct carrier *c = handle->data;
    char *buffer = link_pool_buffer(c->pool);

    (void)suggested;
    *ret = uv_buf_init(buffer, buffer ? POOL_BUFFER : 0);
}

static void on_out(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct carrier *c = stream->data;

    if (n == UV_ENOBUFS) // no memory: asked again
        return;
    c->quiet = false;
    if (n > 0)
        session_feed(&c->session, slice_of(bytes->base, (size_t)n));
    keep_rest(c);
    if (n < 0) {
        close_handle((uv_handle_t *)stream);
        kill_soon(c, "it closed its output");
    } else if (c->session.over && !c->closing) { // of no use any more
        kill_now(c);
    }
}

// Reads while the session takes bytes in, or the link is being closed and drops them.
static void take_in(struct carrier *c)
{
    bool wanted = c->closing || session_is_open(&c->session);
    int rc;

    if (wanted == c->reading)
        return;
    c->reading = wanted;
    c->quiet = false;
    if (uv_is_closing((uv_handle_t *)&c->out)) // its end was read
        return;
    rc = wanted ? uv_read_start((uv_stream_t *)&c->out, on_alloc, on_out)
                : uv_read_stop((uv_stream_t *)&c->out);
    assert(rc == 0); // an open pipe of ours is readable
}

static void on_err(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct carrier *c = stream->data;

    if (n == UV_ENOBUFS)
        return;
    forget_login(c);
    if (n > 0)
        words_add(&c->words, slice_of(bytes->base, (size_t)n));
    if (n < 0)
        close_handle((uv_handle_t *)stream);
}

// --- The beginning --------------------------------------------------------------

static int spawn(struct carrier *c, const struct carrier_program *program, struct err *err)
{
    uv_stdio_container_t stdio[3] = {
        { .flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->in },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->err },
    };
    uv_process_options_t options = {
        .exit_cb = on_end,
        .file = program->argv[0],
        .args = program->argv,
        .env = program->env,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int rc = uv_spawn(c->loop, &c->process, &options);

    if (rc < 0)
        return err_set(err, rc, "cannot start %s (%s): %s", program->what, options.file,
                       uv_strerror(rc));
    c->running = true;
    take_in(c);
    // A pipe that was just made and never read is readable.
    rc = uv_read_start((uv_stream_t *)&c->err, on_alloc, on_err);
    assert(rc == 0);
    return 0;
}

static void init_handles(struct carrier *c)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&c->in,    (uv_handle_t *)&c->out,     (uv_handle_t *)&c->err,
        (uv_handle_t *)&c->timer, (uv_handle_t *)&c->process,
    };

    uv_pipe_init(c->loop, &c->in, 0);
    uv_pipe_init(c->loop, &c->out, 0);
    uv_pipe_init(c->loop, &c->err, 0);
    uv_timer_init(c->loop, &c->timer);
    c->open_handles = sizeof(handles) / sizeof(handles[0]);
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        handles[i]->data = c;
}

static const struct link_ops carrier_link_ops = {
    .start = session_start,
    .attach = session_attach,
    .credit = session_credit,
    .signal = session_signal,
    .forget = session_forget,
    .list = session_list,
    .status = session_status,
    .hold = session_hold,
    .close = carrier_close,
};

static const struct session_carrier carrier_session = {
    .wake = carrier_wake,
    .now_ms = carrier_now_ms,
    .unix_ms = carrier_unix_ms,
};

static struct carrier *carrier_new(const struct carrier_program *program,
                                   const struct link_options *options, uv_loop_t *loop)
{
    struct carrier *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->loop = loop;
    c->explain = program->explain;
    c->kill_group = program->kill_group;
    memcpy(c->nonce, program->nonce, sizeof(c->nonce));
    session_init(&c->session, &carrier_link_ops, &carrier_session, options, c->nonce,
                 uv_now(loop), program->hello_ms);
    buf_add_slice(&c->session.requests, program->first);
    if (!buf_failed(&c->session.requests))
        return c;
    session_release(&c->session);
    free(c);
    return NULL;
}

int carrier_open(struct link **ret, struct link_pool *pool, const struct carrier_program *program,
                 const struct link_options *options, struct err *err)
{
    struct carrier *c = carrier_new(program, options, link_pool_loop(pool));
    int rc;

    if (!c)
        return err_set(err, -ENOMEM, "no memory for a link");
    c->pool = pool;
    link_pool_join(pool);
    init_handles(c);
    rc = spawn(c, program, err);
    if (rc < 0) {
        close_all(c); // frees it, as soon as the loop runs
        return rc;
    }
    flush(c);
    arm(c);
    *ret = &c->session.link;
    return 0;
}
