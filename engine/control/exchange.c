// SPDX-License-Identifier: MIT
// How an exchange runs. libmicrohttpd calls exchange_handle with the body, piece
// by piece, then once with nothing, and once more after every resume. An exchange
// that has nothing to say suspends its connection, which takes it out of the
// daemon's epoll set; exchange_wake puts it back, and the next run calls the
// `again` function, or the stream's fill.
//
// No wake is lost: routes look at committed state before they wait, wakes come
// after a commit, and all of it is one thread.
#include "control/exchange.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/real.h"
#include "control/json.h"
#include "control/route.h"
#include "control/server.h"
#include "control/socket.h"

enum {
    BODY_MAX = 16 * 1024 * 1024,
    BODY_DRAIN_MAX = 64 * 1024 * 1024, // read and dropped, to answer politely; then cut
    STREAM_BLOCK = 16 * 1024,          // libmicrohttpd keeps one for each stream
    STREAM_KEPT = 4 * 1024,            // of a stream's own buffer, while it waits
    IDLE_TIMEOUT_S = 30,               // a client that sends half a request
};

struct exchange {
    struct control *control;
    struct MHD_Connection *connection;
    struct list link;                   // of the control's exchanges
    const struct route *route;          // NULL: `refusal` says why
    struct err refusal;
    char selector[ROUTE_SELECTOR_MAX];
    struct buf body;
    size_t dropped;                     // body bytes beyond BODY_MAX
    json_t *json;                       // the parsed body
    bool begun, suspended, gone;
    exchange_fn again;                  // set while it waits for its answer
    void *state;
    void (*state_free)(void *state);
    struct MHD_Response *response;      // made, not yet queued
    unsigned status;
    exchange_fill_fn fill;              // a stream
    struct buf out;
    size_t sent;                        // bytes of out that are gone
    bool ended;                         // fill has nothing more to say
    bool more;                          // fill stopped to let others on
    struct watch *watch;
    uint64_t deadline;                  // 0: none
};

// ---- life
static void exchange_refuse_early(struct exchange *x)
{
    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (length && strtoull(length, NULL, 10) > BODY_MAX)
        err_set(&x->refusal, -EFBIG, "the body has %.30s bytes, at most %d are taken", length,
                BODY_MAX);
}

static bool peer_is_allowed(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info && socket_peer_is_allowed(info->connect_fd);
}

struct exchange *exchange_new(struct control *control, struct MHD_Connection *connection,
                              const char *method, const char *path)
{
    struct exchange *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->control = control;
    x->connection = connection;
    buf_init(&x->body, BODY_MAX);
    buf_init(&x->out, 0);
    list_append(control_exchanges(control), &x->link);
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                              (unsigned)IDLE_TIMEOUT_S);
    if (!peer_is_allowed(connection)) {
        err_set(&x->refusal, -EACCES, "this engine belongs to another user");
        return x;
    }
    if (route_find(method, path, &x->route, x->selector, &x->refusal) == 0)
        exchange_refuse_early(x);
    return x;
}

void exchange_free(struct exchange *x)
{
    const struct port *port;

    if (!x)
        return;
    port = control_port(x->control);
    if (x->watch)
        port->ops->unwatch(port->core, x->watch);
    if (x->state_free)
        x->state_free(x->state);
    if (x->response)
        MHD_destroy_response(x->response);
    json_decref(x->json);
    buf_release(&x->body);
    buf_release(&x->out);
    list_remove(&x->link);
    free(x);
}

// ---- the request
const struct port *exchange_port(const struct exchange *x) { return control_port(x->control); }
struct control *exchange_control(const struct exchange *x) { return x->control; }
struct MHD_Connection *exchange_connection(const struct exchange *x) { return x->connection; }
const char *exchange_selector(const struct exchange *x) { return x->selector; }

static void body_take(struct exchange *x, const char *data, size_t len)
{
    if (x->refusal.code || x->dropped || len > BODY_MAX - x->body.len)
        x->dropped += len;
    else
        buf_add(&x->body, data, len);
}

int exchange_body(struct exchange *x, json_t **ret, struct err *err)
{
    json_error_t at;

    if (!x->json)
        x->json = x->body.len == 0
                      ? json_object()
                      : json_loadb((const char *)x->body.ptr, x->body.len,
                                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at);
    if (!x->json && x->body.len == 0)
        return err_set(err, -ENOMEM, "out of memory");
    if (!x->json)
        return err_set(err, ERR_USAGE, "the body is not JSON: %s (byte %d)", at.text,
                       at.position);
    if (!json_is_object(x->json))
        return err_set(err, ERR_USAGE, "the body is not a JSON object");
    *ret = x->json;
    return 0;
}

int exchange_request_id(const struct exchange *x, struct uuid *ret, struct err *err)
{
    const char *text = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                                   "Pawl-Request");

    *ret = (struct uuid){ 0 };
    if (text && uuid_parse(slice_str(text), ret) < 0)
        return err_set(err, ERR_USAGE, "header Pawl-Request: %.60s is not a UUID", text);
    return 0;
}

void exchange_keep(struct exchange *x, void *state, void (*free_fn)(void *state))
{
    assert(!x->state_free);
    x->state = state;
    x->state_free = free_fn;
}

void *exchange_keep_new(struct exchange *x, size_t size, void (*free_fn)(void *state))
{
    void *state = calloc(1, size);
    struct err err;

    if (state) {
        exchange_keep(x, state, free_fn);
    } else {
        err_set(&err, -ENOMEM, "out of memory");
        exchange_fail(x, &err);
    }
    return state;
}

void *exchange_state(const struct exchange *x) { return x->state; }

// ---- the answer
static void headers_add(struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

void exchange_answer_text(struct exchange *x, unsigned status, struct buf *text)
{
    assert(!x->response);
    buf_add_byte(text, '\n');
    if (!buf_failed(text))
        x->response = MHD_create_response_from_buffer(text->len, text->ptr,
                                                      MHD_RESPMEM_MUST_FREE);
    if (!x->response) {
        buf_release(text);
        x->gone = true; // no memory for an answer: a closed connection says as much
        return;
    }
    buf_init(text, 0);
    headers_add(x->response, "application/json");
    x->status = status;
}

void exchange_answer(struct exchange *x, unsigned status, json_t *json)
{
    struct buf text;

    buf_init(&text, 0);
    json_compact(json, &text);
    json_decref(json);
    exchange_answer_text(x, status, &text);
}

struct code_word {
    int code;
    unsigned status;
    const char *word;
};

static const struct code_word code_words[] = {
    { -ENOENT, MHD_HTTP_NOT_FOUND, "no_such_job" },
    { -ENXIO, MHD_HTTP_NOT_FOUND, "no_such_path" },
    { -ESRCH, MHD_HTTP_NOT_FOUND, "no_such_schedule" },
    { -ENOTSUP, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed" },
    { ERR_USAGE, MHD_HTTP_BAD_REQUEST, "usage" },
    { -EINVAL, MHD_HTTP_BAD_REQUEST, "usage" },
    { ERR_SCRIPT, MHD_HTTP_BAD_REQUEST, "script" },
    { ERR_BUDGET, MHD_HTTP_BAD_REQUEST, "script" },
    { ERR_MEMORY, MHD_HTTP_BAD_REQUEST, "script" },
    { -EFBIG, MHD_HTTP_CONTENT_TOO_LARGE, "too_large" },
    { ERR_STATE, MHD_HTTP_CONFLICT, "wrong_state" },
    { -EEXIST, MHD_HTTP_CONFLICT, "wrong_state" },
    { -EACCES, MHD_HTTP_FORBIDDEN, "not_allowed" },
    { -EPERM, MHD_HTTP_FORBIDDEN, "not_allowed" },
    { -ENOSPC, MHD_HTTP_SERVICE_UNAVAILABLE, "disk_full" },
    { -EAGAIN, MHD_HTTP_SERVICE_UNAVAILABLE, "busy" },
    { -ECANCELED, MHD_HTTP_SERVICE_UNAVAILABLE, "shutting_down" },
    { ERR_CORRUPT, MHD_HTTP_INTERNAL_SERVER_ERROR, "damaged" },
};

static const struct code_word *code_word_of(int code)
{
    static const struct code_word internal = { 0, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal" };

    for (size_t i = 0; i < sizeof(code_words) / sizeof(code_words[0]); i++)
        if (code_words[i].code == code)
            return &code_words[i];
    return &internal;
}

json_t *exchange_error_json(const struct err *err)
{
    return json_pack("{s:{s:s,s:o}}", "error", "code", code_word_of(err->code)->word,
                     "message", json_text(slice_str(err_text(err))));
}

void exchange_fail(struct exchange *x, const struct err *err)
{
    exchange_answer(x, code_word_of(err->code)->status, exchange_error_json(err));
}

void exchange_error_line(struct buf *out, const struct err *err)
{
    json_t *json = exchange_error_json(err);

    json_line(json, out);
    json_decref(json);
}

void exchange_wait(struct exchange *x, exchange_fn again) { x->again = again; }

// ---- streams
static void err_shutting_down(struct err *err)
{
    err_set(err, -ECANCELED, "the engine is shutting down; jobs go on when it is started again");
}

static void stream_refill(struct exchange *x)
{
    enum fill fill;

    buf_clear(&x->out);
    x->sent = 0;
    fill = x->fill(x, x->state, &x->out);
    x->ended = fill == FILL_END;
    x->more = fill == FILL_MORE;
    if (fill != FILL_END && control_is_closing(x->control)) {
        struct err err;
        err_shutting_down(&err);
        exchange_error_line(&x->out, &err);
        x->ended = true;
    }
}

static void exchange_suspend(struct exchange *x)
{
    x->suspended = true;
    MHD_suspend_connection(x->connection);
}

// libmicrohttpd's reader: bytes, 0 after a suspend, or one of its two end marks.
static ssize_t stream_read(void *cls, uint64_t pos, char *to, size_t max)
{
    struct exchange *x = cls;
    size_t n;

    (void)pos;
    if (x->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (x->sent == x->out.len && !x->ended)
        stream_refill(x);
    if (buf_failed(&x->out))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    n = x->out.len - x->sent;
    if (n == 0 && x->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        if (x->out.cap > STREAM_KEPT)
            buf_release(&x->out);
        x->sent = 0;
        exchange_suspend(x);
        if (x->more) // there is more, but not yet: others have their turn first
            exchange_wake(x);
        return 0;
    }
    if (n > max)
        n = max;
    memcpy(to, x->out.ptr + x->sent, n);
    x->sent += n;
    return (ssize_t)n;
}

// A follower may read nothing for hours (a pager): it holds one block, no more,
// so the idle timeout does not apply to it.
void exchange_stream(struct exchange *x, exchange_fill_fn fill)
{
    assert(!x->response);
    x->fill = fill;
    x->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read,
                                                    x, NULL);
    if (!x->response) {
        x->gone = true;
        return;
    }
    headers_add(x->response, "application/x-ndjson");
    x->status = MHD_HTTP_OK;
    MHD_set_connection_option(x->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
}

// ---- running
static enum MHD_Result response_queue(struct exchange *x)
{
    enum MHD_Result rc = MHD_queue_response(x->connection, x->status, x->response);

    MHD_destroy_response(x->response);
    x->response = NULL;
    return rc;
}

static void exchange_begin(struct exchange *x)
{
    x->begun = true;
    if (!x->refusal.code && x->dropped)
        err_set(&x->refusal, -EFBIG, "the body has more than %d bytes", BODY_MAX);
    if (!x->refusal.code && buf_failed(&x->body))
        err_set(&x->refusal, -ENOMEM, "out of memory");
    if (x->refusal.code)
        exchange_fail(x, &x->refusal);
    else
        x->route->fn(x);
}

static void exchange_step(struct exchange *x)
{
    exchange_fn again = x->again;

    x->again = NULL;
    if (!x->begun)
        exchange_begin(x);
    else if (again)
        again(x);
    if (x->again && control_is_closing(x->control)) {
        struct err err;
        err_shutting_down(&err);
        x->again = NULL;
        exchange_fail(x, &err);
    }
}

enum MHD_Result exchange_handle(struct exchange *x, const char *data, size_t *len)
{
    if (x->gone || x->dropped > BODY_DRAIN_MAX)
        return MHD_NO;
    if (*len > 0) {
        body_take(x, data, *len);
        *len = 0;
        return MHD_YES;
    }
    exchange_step(x);
    if (x->response)
        return response_queue(x);
    if (x->gone)
        return MHD_NO;
    assert(x->again); // a route that neither answers nor waits would hang its client
    exchange_suspend(x);
    return MHD_YES;
}

// ---- waking
static void exchange_watched(void *arg) { exchange_wake(arg); }

int exchange_watch(struct exchange *x, uint64_t job_id, struct err *err)
{
    const struct port *port = control_port(x->control);

    assert(!x->watch);
    x->watch = port->ops->watch(port->core, job_id, exchange_watched, x);
    return x->watch ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void exchange_wake(struct exchange *x)
{
    if (!x->suspended)
        return; // it is about to look at the state anyway
    x->suspended = false;
    MHD_resume_connection(x->connection);
    control_want_run(x->control);
}

void exchange_set_deadline(struct exchange *x, uint64_t loop_ms)
{
    x->deadline = loop_ms ? loop_ms : 1;
}

void exchange_clear_deadline(struct exchange *x) { x->deadline = 0; }

bool exchange_is_due(const struct exchange *x)
{
    return x->deadline && x->deadline <= control_now(x->control);
}

uint64_t exchange_due_in(const struct exchange *x)
{
    uint64_t now = control_now(x->control);

    if (!x->deadline || !x->suspended)
        return UINT64_MAX;
    return x->deadline > now ? x->deadline - now : 0;
}

// A suspended connection is in nobody's epoll set: this is how its end is seen.
// POLLHUP is a close of both directions; a client that only stops sending still reads.
bool exchange_check_peer(struct exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd peer = { .fd = info ? info->connect_fd : -1 };

    if (!x->suspended || poll(&peer, 1, 0) <= 0 || !(peer.revents & (POLLHUP | POLLERR)))
        return true;
    x->gone = true;
    exchange_wake(x);
    return false;
}

bool exchange_is_suspended(const struct exchange *x) { return x->suspended; }
struct list *exchange_link(struct exchange *x) { return &x->link; }
struct exchange *exchange_of(struct list *link)
{
    return container_of(link, struct exchange, link);
}
