// SPDX-License-Identifier: MIT
// libmicrohttpd without a thread: its epoll descriptor is polled by the loop, and
// one timer stands for everything that has a time: libmicrohttpd's own timeouts,
// the deadlines of waiting exchanges, and a look once a second whether suspended
// clients are still there. Resuming a connection does not make the epoll descriptor
// readable (libmicrohttpd 0.9.75, no thread of its own), so a wake asks for a run.
#include "control/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/exchange.h"
#include "control/lease.h"
#include "control/socket.h"

enum {
    CONNECTION_MEMORY = 64 * 1024, // a request of 4,096 ids, or one block of a stream
    PEER_CHECK_MS = 1000,
    HANDLES = 2,                   // poll and timer: closed when both are
};

struct control {
    uv_loop_t *loop;
    struct port port;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    struct list exchanges;
    struct list leases;
    uint64_t peers_checked; // loop time
    char socket_path[SOCKET_PATH_MAX + 1];
    bool running;           // inside MHD_run
    bool run_wanted;        // a connection was resumed since the last run
    bool closing;
    bool shutdown_asked;
    int handles_closed;
    control_close_fn close_cb;
    void *close_arg;
};

// ---- what exchanges see
const struct port *control_port(const struct control *control) { return &control->port; }
uint64_t control_now(const struct control *control) { return uv_now(control->loop); }
bool control_is_closing(const struct control *control) { return control->closing; }
const char *control_socket_path(const struct control *control) { return control->socket_path; }
void control_ask_shutdown(struct control *control) { control->shutdown_asked = true; }
struct list *control_exchanges(struct control *control) { return &control->exchanges; }
struct list *control_leases(struct control *control) { return &control->leases; }

// ---- libmicrohttpd's callbacks
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **request)
{
    struct control *control = cls;

    (void)version;
    if (*request)
        return exchange_handle(*request, data, len);
    *request = exchange_new(control, connection, method, url);
    return *request ? MHD_YES : MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)connection;
    (void)why;
    exchange_free(*request);
    *request = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct control *control = cls;

    (void)context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        leases_hung_up(&control->leases, connection);
}

// ---- the loop's callbacks
static uint64_t nearest_ms(struct control *control)
{
    MHD_UNSIGNED_LONG_LONG mhd_ms;
    uint64_t nearest = UINT64_MAX;

    if (control->run_wanted)
        return 0;
    if (MHD_get_timeout(control->daemon, &mhd_ms) == MHD_YES)
        nearest = mhd_ms;
    list_each(it, &control->exchanges) {
        struct exchange *x = exchange_of(it);
        uint64_t due = exchange_due_in(x);
        if (due < nearest)
            nearest = due;
        if (exchange_is_suspended(x) && nearest > PEER_CHECK_MS)
            nearest = PEER_CHECK_MS;
    }
    return nearest;
}

static void on_timer(uv_timer_t *timer);

static void control_arm(struct control *control)
{
    uint64_t ms = nearest_ms(control);

    if (ms == UINT64_MAX)
        uv_timer_stop(&control->timer);
    else
        uv_timer_start(&control->timer, on_timer, ms, 0);
}

// The last thing a callback does: port.shutdown may close the control.
static void control_run(struct control *control)
{
    bool shutdown;

    control->running = true;
    control->run_wanted = false;
    MHD_run(control->daemon);
    control->running = false;
    control_arm(control);
    shutdown = control->shutdown_asked;
    control->shutdown_asked = false;
    if (shutdown)
        control->port.ops->shutdown(control->port.core);
}

// Inside a run the timer is set when the run is over.
void control_want_run(struct control *control)
{
    control->run_wanted = true;
    if (!control->running && !control->closing)
        uv_timer_start(&control->timer, on_timer, 0, 0);
}

static void wake_due(struct control *control)
{
    bool check = uv_now(control->loop) - control->peers_checked >= PEER_CHECK_MS;

    if (check)
        control->peers_checked = uv_now(control->loop);
    list_each(it, &control->exchanges) {
        struct exchange *x = exchange_of(it);
        if (exchange_due_in(x) == 0)
            exchange_wake(x);
        else if (check)
            exchange_check_peer(x);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct control *control = timer->data;

    wake_due(control);
    control_run(control);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    control_run(poll->data);
}

// ---- open and close
static int daemon_start(struct control *control, int listen_fd, size_t clients_max, struct err *err)
{
    control->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, control,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, control,
        MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(clients_max ? clients_max : CONTROL_CLIENTS_MAX),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, 30u, // until a request's first line is there
        MHD_OPTION_END);
    if (!control->daemon)
        return err_set(err, -EIO, "cannot start the HTTP server on %s", control->socket_path);
    return 0;
}

static int handles_open(struct control *control, struct err *err)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(control->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int rc;

    if (!info)
        return err_set(err, -ENOTSUP, "this libmicrohttpd was built without epoll");
    rc = uv_poll_init(control->loop, &control->poll, info->epoll_fd);
    if (rc < 0)
        return err_set(err, rc, "cannot poll the HTTP server: %s", uv_strerror(rc));
    uv_timer_init(control->loop, &control->timer);
    control->poll.data = control->timer.data = control;
    return 0;
}

int control_open(struct control **ret, uv_loop_t *loop, const char *socket_path,
                 const struct port *port, size_t clients_max, struct err *err)
{
    struct control *control = calloc(1, sizeof(*control));
    int fd, rc;

    if (!control)
        return err_set(err, -ENOMEM, "out of memory");
    control->loop = loop;
    control->port = *port;
    list_init(&control->exchanges);
    list_init(&control->leases);
    rc = fd = socket_listen(socket_path, err);
    if (fd < 0)
        goto fail;
    memcpy(control->socket_path, socket_path, strlen(socket_path) + 1);
    rc = daemon_start(control, fd, clients_max, err);
    if (rc < 0)
        close(fd);
    else
        rc = handles_open(control, err);
    if (rc < 0)
        goto fail;
    *ret = control;
    return 0;
fail:
    if (control->daemon)
        MHD_stop_daemon(control->daemon);
    if (fd >= 0)
        unlink(socket_path);
    free(control);
    return rc;
}

void control_serve(struct control *control)
{
    uv_poll_start(&control->poll, UV_READABLE, on_poll);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    if (++control->handles_closed < HANDLES)
        return;
    control->close_cb(control->close_arg);
    free(control);
}

// Nothing suspends once `closing` is set, which libmicrohttpd insists on before it
// stops. Two runs: one in which the exchanges say their last line, one that sends it.
void control_close(struct control *control, control_close_fn cb, void *arg)
{
    assert(!control->running && !control->closing);
    control->closing = true;
    control->close_cb = cb;
    control->close_arg = arg;
    list_each(it, &control->exchanges)
        exchange_wake(exchange_of(it));
    MHD_run(control->daemon);
    MHD_run(control->daemon);
    uv_close((uv_handle_t *)&control->poll, on_handle_closed);
    uv_close((uv_handle_t *)&control->timer, on_handle_closed);
    MHD_stop_daemon(control->daemon); // frees the exchanges, closes the listening socket
    control->daemon = NULL;
    leases_drop(&control->leases);
    unlink(control->socket_path);
}
