// SPDX-License-Identifier: MIT
// How: everything lives on one loop of this function's own; its end is when every
// handle is closed. SIGTERM and SIGINT ask for an orderly end: what is open is
// committed, commands go on. A fatal error closes the same way, but nothing more
// is acknowledged.
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/list.h"
#include "children.h"
#include "control/control.h"
#include "core/loop.h"
#include "files.h"
#include "marker.h"
#include "ready.h"

enum { LINK_POLL_MS = 2, LINK_WAIT_MS = 500 };

struct daemon {
    const struct daemon_options *options;
    uv_loop_t loop;
    uv_signal_t on_term, on_int;
    uv_timer_t opening; // until requests are answered
    uint64_t opening_since_ms;
    struct store *store;
    struct loop_world *world;
    struct engine *engine;
    struct control *control;
    bool failed;
    uv_work_t pool_begun;
    char spool[4096]; // the engine keeps a pointer to it, and to this:
    char notice[MARKER_TEXT];
};

static void control_closed(void *arg) { (void)arg; }

static void close_all(struct daemon *d)
{
    if (d->control)
        control_close(d->control, control_closed, NULL);
    d->control = NULL;
    loop_world_close(d->world);
    d->world = NULL;
    uv_close((uv_handle_t *)&d->opening, NULL);
    uv_close((uv_handle_t *)&d->on_term, NULL);
    uv_close((uv_handle_t *)&d->on_int, NULL);
}

static void engine_stopped(void *arg, const struct err *err)
{
    struct daemon *d = arg;

    d->failed = err != NULL;
    close_all(d);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct daemon *d = signum == SIGTERM ? container_of(handle, struct daemon, on_term)
                                         : container_of(handle, struct daemon, on_int);

    uv_timer_stop(&d->opening);
    engine_shutdown(d->engine);
}

static int open_store(struct daemon *d, struct err *err)
{
    struct store_lmdb_options options = { .create = true };
    char dir[4096];
    int n = snprintf(dir, sizeof(dir), "%s/store", d->options->home);

    if (n < 0 || (size_t)n >= sizeof(dir))
        return err_set(err, -ENAMETOOLONG, "PAWL_HOME %s is too long a path", d->options->home);
    options.force_filesystem = getenv("PAWL_FORCE_FILESYSTEM") != NULL;
    return store_lmdb_open(&d->store, dir, &options, err);
}

static int open_engine(struct daemon *d, struct err *err)
{
    struct loop_options world_options = {
        .log_level = d->options->foreground ? LOG_INFO : LOG_WARNING,
        .ssh_program = getenv("PAWL_SSH"),
        .ssh_config = getenv("PAWL_SSH_CONFIG"),
        .crash_point = getenv("PAWL_CRASH_POINT"),
        .boot_id = getenv("PAWL_BOOT_ID"),
        .stopped = engine_stopped,
        .arg = d,
    };
    struct engine_options options = {
        .spool_dir = getenv("PAWL_SPOOL"),
        .remote_spool_dir = getenv("PAWL_SPOOL"),
        .links_max = files_links_max(),
    };
    struct world world;
    int rc = loop_world_new(&d->world, &d->loop, d->store, &world_options, err);

    if (rc < 0)
        return rc;
    // A home of its own is an engine of its own: its spool lives in it.
    if (!options.spool_dir && getenv("PAWL_HOME")) {
        snprintf(d->spool, sizeof(d->spool), "%s/spool", d->options->home);
        options.spool_dir = d->spool;
    }
    marker_check(d->options->home, *d->spool ? d->spool : NULL, d->store, d->notice);
    if (*d->notice)
        fprintf(stderr, "pawl: %s\n", d->notice);
    options.notice = d->notice;
    world = loop_world_of(d->world);
    rc = engine_new(&d->engine, &world, d->store, &options, err);
    if (rc == 0)
        loop_world_attach(d->world, d->engine);
    return rc;
}

static int open_control(struct daemon *d, struct err *err)
{
    struct port port = engine_port(d->engine);

    return control_open(&d->control, &d->loop, d->options->socket_path, &port, files_clients_max(),
                        err);
}

static void on_opening(uv_timer_t *timer)
{
    struct daemon *d = container_of(timer, struct daemon, opening);

    if (!engine_is_ready(d->engine) && uv_now(&d->loop) - d->opening_since_ms < LINK_WAIT_MS)
        return;
    uv_timer_stop(timer);
    control_serve(d->control);
    ready_tell("READY=1");
}

// Whoever asks for the first job finds it running: this machine's own link comes up first,
// which takes some milliseconds, or longer than we wait where it cannot.
static void serve_soon(struct daemon *d)
{
    uv_update_time(&d->loop); // recovery may have taken long
    d->opening_since_ms = uv_now(&d->loop);
    uv_timer_start(&d->opening, on_opening, 0, LINK_POLL_MS);
}

static void init_handles(struct daemon *d)
{
    uv_timer_init(&d->loop, &d->opening);
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&d->loop, &d->on_term);
    uv_signal_init(&d->loop, &d->on_int);
    uv_signal_start(&d->on_term, on_signal, SIGTERM);
    uv_signal_start(&d->on_int, on_signal, SIGINT);
}

static void begin_limits(void)
{
    char warning[ERR_TEXT_MAX];

    // Children that could not get their own back would have the raised one.
    if (children_keep(S_IRWXG | S_IRWXO))
        files_raise();
    files_warning(warning);
    if (*warning)
        fprintf(stderr, "pawl: %s\n", warning);
}

static int open_all(struct daemon *d, struct err *err)
{
    int rc = open_store(d, err);

    if (rc == 0)
        rc = open_engine(d, err);
    if (rc == 0)
        rc = open_control(d, err);
    return rc;
}

static void no_work(uv_work_t *work) { (void)work; }
static void no_work_done(uv_work_t *work, int status) { (void)work, (void)status; }

// One commit at a time is what the thread pool is for, and a backup beside it. libuv
// reads its size from the environment when the pool begins, which is now: commands
// have no part in it. A size that the user set is theirs.
static void begin_pool(struct daemon *d)
{
    static const char size[] = "UV_THREADPOOL_SIZE";
    bool is_users = getenv(size) != NULL;

    setenv(size, "2", 0);
    uv_queue_work(&d->loop, &d->pool_begun, no_work, no_work_done);
    if (!is_users)
        unsetenv(size);
}

int daemon_run(const struct daemon_options *options)
{
    struct daemon d = { .options = options };
    struct err err = { 0 };
    int rc;

    begin_limits();
    if (sodium_init() < 0 || uv_loop_init(&d.loop) < 0) {
        fprintf(stderr, "pawl: the random source or the event loop cannot be opened\n");
        return DAEMON_FAILED;
    }
    begin_pool(&d);
    init_handles(&d);
    rc = open_all(&d, &err);
    if (rc < 0) {
        fprintf(stderr, "pawl: %s\n", err_text(&err));
        close_all(&d);
    } else {
        serve_soon(&d);
    }
    uv_run(&d.loop, UV_RUN_DEFAULT);
    engine_free(d.engine);
    uv_run(&d.loop, UV_RUN_DEFAULT); // what a failed start left open
    store_close(d.store);
    uv_loop_close(&d.loop);
    if (rc < 0)
        return rc == -EBUSY ? DAEMON_REFUSED : DAEMON_FAILED;
    return d.failed ? DAEMON_FAILED : DAEMON_ENDED;
}
