// SPDX-License-Identifier: MIT
#include "unit/cli/fake_engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/control.h"
#include "unit/control/fake_port.h"

enum { TICK_MS = 5, FIRST_NEW_ID = 7, CRASH_AGE = 20, END_AGE = 40 }; // ages in ticks

struct fake_engine {
    uv_loop_t loop;
    uv_timer_t timer;
    struct control *control;
    struct fake_port *fake;
    struct port_ops ops; // the fake's, but for shutdown
    const char *home;
    uint64_t next_id;
    int ages[FAKE_JOBS_MAX]; // how long each job has run
    int renames;             // of which the first two find it busy
};

static struct fake_job *job_of(struct fake_engine *engine, uint64_t id)
{
    for (size_t i = 0; i < engine->fake->job_count; i++)
        if (engine->fake->jobs[i].head.id == id)
            return &engine->fake->jobs[i];
    return NULL;
}

static uint64_t job_start(struct fake_engine *engine, const struct fake_change *change)
{
    uint64_t id = engine->next_id;
    struct fake_job *job = fake_job_add(engine->fake, id, change->name, JOB_RUNNING);

    engine->next_id += 2;
    job->head.type = change->change.type;
    fake_record_add(job, change->params, strlen(change->params));
    fake_record_add(job, "\n", 1);
    if (strcmp(change->hosts, "null") != 0) {
        fake_record_add(job, change->hosts, strlen(change->hosts));
        fake_record_add(job, "\n", 1);
    }
    return id;
}

// Of a child alone when its own id is given.
static void mark_move(struct fake_engine *engine, const struct change *change)
{
    struct fake_job *job = job_of(engine, change->job_id);

    if (job) {
        job->mark = change->seq;
        return;
    }
    job = job_of(engine, change->job_id - 1);
    if (job)
        job->child_mark = change->seq;
}

static uint64_t change_do(struct fake_engine *engine, const struct fake_change *change,
                          struct err *err)
{
    uint64_t id = change->change.job_id;
    struct fake_job *job = job_of(engine, id);

    switch (change->change.kind) {
    case CHANGE_START:
    case CHANGE_RETRY: return job_start(engine, change);
    case CHANGE_STOP: fake_job_set(job, JOB_STOPPED); break;
    case CHANGE_SUSPEND: fake_job_set(job, JOB_SUSPENDED); break;
    case CHANGE_RESUME: fake_job_set(job, JOB_RUNNING); break;
    case CHANGE_RENAME:
        if (engine->renames++ < 2)
            err_set(err, -EAGAIN, "job %d is just ending; ask again in a moment", (int)id);
        break;
    case CHANGE_MARK: mark_move(engine, &change->change); break;
    case CHANGE_ANSWER: fake_job_set(job, JOB_RUNNING); break;
    case CHANGE_SIGNAL: fake_value_add(job, change->signal_value); break;
    case CHANGE_RETENTION: engine->fake->retention = change->change.retention; break;
    case CHANGE_REMOVE:
        if (!job_state_is_finished(job->head.state))
            err_set(err, ERR_STATE, "job %d is %s; stop it first, or use --force", (int)id,
                    job_state_name(job->head.state));
        else
            job->head.removing = true;
        break;
    case CHANGE_SCHEDULE_ADD:
    case CHANGE_SCHEDULE_ENABLE:
    case CHANGE_SCHEDULE_DISABLE:
    case CHANGE_SCHEDULE_REMOVE:
    case CHANGE_SCHEDULE_RUN: break; // tests/system has a real engine for them
    }
    return id;
}

static void changes_answer(struct fake_engine *engine)
{
    struct fake_port *fake = engine->fake;

    for (size_t i = 0; i < fake->change_count; i++) {
        struct err err = { 0 };
        uint64_t id;
        if (!fake->changes[i].fn)
            continue;
        id = change_do(engine, &fake->changes[i], &err);
        fake->changes[i].fn(fake->changes[i].arg, id, err.code ? &err : NULL);
        fake_commit(fake, id);
    }
    fake->change_count = 0;
}

static void crash_once(const struct fake_engine *engine)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/crash", engine->home);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd >= 0)
        _exit(9);
}

// "crash" must be found again by the next engine: it is one of its jobs at start.
static void jobs_go_on(struct fake_engine *engine)
{
    for (size_t i = 0; i < engine->fake->job_count; i++) {
        struct fake_job *job = &engine->fake->jobs[i];
        bool slow = slice_is(job->head.name, "slow");
        char line[32];
        if (job->head.state != JOB_RUNNING)
            continue;
        engine->ages[i]++;
        if (slice_is(job->head.name, "crash") && engine->ages[i] == CRASH_AGE)
            crash_once(engine);
        if (slow && engine->ages[i] % 4 == 0) {
            snprintf(line, sizeof(line), "tick %zu\n", job->record_count + 1);
            fake_record_add(job, line, strlen(line));
        } else if (!slow && engine->ages[i] > END_AGE) {
            fake_record_add(job, "end\n", 4);
            fake_job_set(job, slice_is(job->head.name, "bad") ? JOB_FAILED : JOB_COMPLETED);
            job->head.reason = slice_is(job->head.name, "bad") ? SLICE("exit 1 on localhost")
                                                                : (struct slice){ 0 };
        }
        fake_commit(engine->fake, job->head.id);
    }
}

// The first host is well, the others let nobody in.
static void check_answer(struct fake_port *fake)
{
    json_t *hosts = json_loads(fake->check_hosts, 0, NULL);

    for (size_t i = 0; fake->check_fn && i < json_array_size(hosts); i++)
        fake->check_fn(fake->check_arg, i ? &(struct host_check){ .index = i,
                       .reason = SLICE("Permission denied (publickey).") } : &(struct host_check){
                       .reached = true, .boot_id = SLICE("b-1"), .user = SLICE("root"),
                       .uid = SLICE("0"), .shell = SLICE("sh"), .kernel = SLICE("Linux 6.1"),
                       .spool = SLICE("/srv/spool"), .free_bytes = 3 << 20, .attempts = 2,
                       .running = 1 });
    fake->check_fn = NULL;
    json_decref(hosts);
}

static void on_timer(uv_timer_t *timer)
{
    struct fake_engine *engine = timer->data;

    changes_answer(engine);
    check_answer(engine->fake);
    jobs_go_on(engine);
}

static void on_closed(void *arg)
{
    struct fake_engine *engine = arg;

    uv_close((uv_handle_t *)&engine->timer, NULL);
}

static void on_shutdown(void *core)
{
    struct fake_port *fake = core;
    struct fake_engine *engine = container_of(fake->port.ops, struct fake_engine, ops);

    control_close(engine->control, on_closed, engine);
}

static void jobs_make(struct fake_engine *engine)
{
    struct fake_job *job = fake_job_add(engine->fake, 1, "disks", JOB_COMPLETED);
    char path[4096];

    fake_record_add(job, "one\n", 4);
    fake_record_add(job, "\xff\xfe", 2);
    fake_value_add(job, "{\"n\":1}");
    fake_job_add(engine->fake, 3, "web01", JOB_FAILED);
    fake_job_add(engine->fake, 5, "web02", JOB_SUSPENDED);
    engine->next_id = FIRST_NEW_ID;
    snprintf(path, sizeof(path), "%s/crash", engine->home);
    if (access(path, F_OK) == 0) { // we are the engine after the crash
        job = fake_job_add(engine->fake, FIRST_NEW_ID, "crash", JOB_RUNNING);
        fake_record_add(job, "before\n", 7);
        fake_record_add(job, "\n", 1);
        fake_record_add(job, "after\n", 6);
        engine->next_id += 2;
    }
}

int fake_engine_main(const struct daemon_options *options)
{
    struct fake_engine engine = { .home = options->home };
    struct err err = { 0 };
    char path[4096];

    snprintf(path, sizeof(path), "%s/fatal", options->home);
    if (access(path, F_OK) == 0) {
        fprintf(stderr, "the store is damaged\n");
        return DAEMON_FAILED;
    }
    uv_loop_init(&engine.loop);
    engine.fake = fake_new();
    engine.ops = *engine.fake->port.ops;
    engine.ops.shutdown = on_shutdown;
    engine.fake->port.ops = &engine.ops;
    jobs_make(&engine);
    if (control_open(&engine.control, &engine.loop, options->socket_path, &engine.fake->port, 0,
                     &err) < 0) {
        fprintf(stderr, "%s\n", err_text(&err));
        return DAEMON_FAILED;
    }
    control_serve(engine.control);
    uv_timer_init(&engine.loop, &engine.timer);
    engine.timer.data = &engine;
    uv_timer_start(&engine.timer, on_timer, TICK_MS, TICK_MS);
    uv_run(&engine.loop, UV_RUN_DEFAULT);
    uv_loop_close(&engine.loop);
    fake_free(engine.fake);
    return DAEMON_ENDED;
}
