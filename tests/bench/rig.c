// SPDX-License-Identifier: MIT
// How: the loop is run one iteration at a time until what is waited for has come.
// The end of jobs is noticed in their order: after a commit the first one not known
// to be finished is looked at, so that waiting costs one read per commit and job,
// not one per commit times job.
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench.h"
#include "core/loop.h"

enum { QUIET_MS = 100 };

struct rig {
    uv_loop_t loop;
    uv_timer_t quiet;
    struct store *store;
    struct loop_world *world;
    struct engine *engine;
    struct port port;
    struct watch *watch;
    uint64_t *ids;
    size_t count, cap;
    size_t finished;  // so many of the first ids are
    size_t unanswered;
    bool is_quiet, is_settling;
    char spool[4096];
};

static void on_stopped(void *arg, const struct err *err)
{
    struct rig *rig = arg;

    if (err)
        bench_die("the engine stopped", err);
    loop_world_close(rig->world);
    rig->world = NULL;
    uv_close((uv_handle_t *)&rig->quiet, NULL);
}

static int look(void *arg, const struct job_view *view)
{
    struct rig *rig = arg;

    if (view->head->state == JOB_FAILED || view->head->state == JOB_SUSPENDED) {
        fprintf(stderr, "bench: a job is %s: %.*s\n", job_state_name(view->head->state),
                SLICE_ARG(view->head->reason));
        exit(1);
    }
    if (job_state_is_finished(view->head->state))
        rig->finished++;
    return 1;
}

static void on_quiet(uv_timer_t *timer) { ((struct rig *)timer->data)->is_quiet = true; }

static void on_commit(void *arg)
{
    struct rig *rig = arg;
    size_t before;
    struct err err;

    if (rig->is_settling)
        uv_timer_start(&rig->quiet, on_quiet, QUIET_MS, 0);
    do {
        before = rig->finished;
        if (before < rig->count)
            bench_check("job", rig->port.ops->job(rig->port.core, rig->ids[before], look, rig,
                                                  &err), &err);
    } while (rig->finished > before);
}

static void open_engine(struct rig *rig, const char *dir)
{
    struct store_lmdb_options store_options = { .create = true };
    struct loop_options loop_options = { .log_level = LOG_WARNING, .stopped = on_stopped,
                                         .arg = rig };
    struct engine_options options = { .spool_dir = rig->spool, .park_ms = RIG_PARK_MS };
    struct world world;
    struct err err;

    bench_check(dir, store_lmdb_open(&rig->store, dir, &store_options, &err), &err);
    bench_check("loop", loop_world_new(&rig->world, &rig->loop, rig->store, &loop_options, &err),
                &err);
    world = loop_world_of(rig->world);
    bench_check("engine", engine_new(&rig->engine, &world, rig->store, &options, &err), &err);
    loop_world_attach(rig->world, rig->engine);
    rig->port = engine_port(rig->engine);
    rig->watch = rig->port.ops->watch(rig->port.core, 0, on_commit, rig);
}

struct rig *rig_open(const char *dir)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    setenv("UV_THREADPOOL_SIZE", "1", 0); // as the daemon
    if (!rig || uv_loop_init(&rig->loop) < 0)
        bench_die("rig", NULL);
    snprintf(rig->spool, sizeof(rig->spool), "%s/spool", dir);
    uv_timer_init(&rig->loop, &rig->quiet);
    rig->quiet.data = rig;
    open_engine(rig, dir);
    rig_settle(rig);
    return rig;
}

void rig_close(struct rig *rig)
{
    rig->port.ops->unwatch(rig->port.core, rig->watch);
    engine_shutdown(rig->engine);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    engine_free(rig->engine);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    store_close(rig->store);
    uv_loop_close(&rig->loop);
    free(rig->ids);
    free(rig);
}

static void on_started(void *arg, uint64_t id, const struct err *err)
{
    struct rig *rig = arg;

    if (err)
        bench_die("start", err);
    rig->ids[rig->count++] = id;
    rig->unanswered--;
}

static void make_room(struct rig *rig, size_t count)
{
    rig->cap = rig->count + count;
    rig->ids = realloc(rig->ids, rig->cap * sizeof(*rig->ids));
    if (!rig->ids)
        bench_die("jobs", NULL);
}

static void wait_answers(struct rig *rig)
{
    while (rig->unanswered)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

void rig_start(struct rig *rig, const char *script, size_t count)
{
    struct change change = { .kind = CHANGE_START, .type = JOB_WORKFLOW,
                             .script_name = SLICE("bench.lua"), .script_text = slice_str(script),
                             .params = SLICE("\x80"), .meta = SLICE("\x80"), .cwd = SLICE("/") };
    struct err err;

    make_room(rig, count);
    for (size_t i = 0; i < count; i++) {
        rig->unanswered++;
        bench_check("start", rig->port.ops->change(rig->port.core, &change, on_started, rig, &err),
                    &err);
        uv_run(&rig->loop, UV_RUN_NOWAIT);
    }
    wait_answers(rig);
}

void rig_settle(struct rig *rig)
{
    rig->is_quiet = false;
    rig->is_settling = true;
    uv_timer_start(&rig->quiet, on_quiet, QUIET_MS, 0);
    while (!rig->is_quiet)
        uv_run(&rig->loop, UV_RUN_ONCE);
    rig->is_settling = false;
}

static void on_signalled(void *arg, uint64_t id, const struct err *err)
{
    struct rig *rig = arg;

    (void)id;
    if (err)
        bench_die("signal", err);
    rig->unanswered--;
}

void rig_go(struct rig *rig)
{
    struct change change = { .kind = CHANGE_SIGNAL, .signal_name = SLICE("go") };
    struct err err;

    for (size_t i = rig->finished; i < rig->count; i++) {
        change.job_id = rig->ids[i];
        rig->unanswered++;
        bench_check("signal",
                    rig->port.ops->change(rig->port.core, &change, on_signalled, rig, &err), &err);
    }
}

void rig_wait(struct rig *rig)
{
    wait_answers(rig);
    while (rig->finished < rig->count)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

struct engine_status rig_status(struct rig *rig)
{
    struct engine_status status = { 0 };
    struct err err;

    bench_check("status", rig->port.ops->status(rig->port.core, &status, &err), &err);
    return status;
}

struct store_stat rig_store_stat(struct rig *rig)
{
    struct store_stat stat;

    store_stat(rig->store, &stat);
    return stat;
}
