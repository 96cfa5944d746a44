// SPDX-License-Identifier: MIT
#include "unit/control/fake_port.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct watch {
    struct list link;
    uint64_t job_id;
    watch_fn fn;
    void *arg;
    struct fake_port *fake;
};

// ---- reads
static struct fake_job *job_find(struct fake_port *fake, uint64_t id)
{
    for (size_t i = 0; i < fake->job_count; i++)
        if (fake->jobs[i].head.id == id || fake->jobs[i].child.id == id)
            return &fake->jobs[i];
    return NULL;
}

static uint64_t received(const struct fake_job *job)
{
    return job->mark > job->child_mark ? job->mark : job->child_mark;
}

static uint64_t unread_of(const struct fake_job *job)
{
    return job->record_count - received(job);
}

static struct job_view view_of(const struct fake_job *job)
{
    struct job_view view = { .head = &job->head, .unread = unread_of(job),
                             .last_seq = job->record_count + job->lost };

    for (size_t i = received(job); i < job->record_count; i++)
        view.bytes += job->records[i].len;
    return view;
}

static int fake_job_read(void *core, uint64_t id, job_view_fn fn, void *arg, struct err *err)
{
    struct fake_job *job = job_find(core, id);
    struct job_view view;

    if (!job)
        return err_set(err, -ENOENT, "job %llu: no such job", (unsigned long long)id);
    view = view_of(job);
    fn(arg, &view);
    return 0;
}

static int fake_jobs_read(void *core, uint64_t from_id, bool counted, job_view_fn fn, void *arg,
                          struct err *err)
{
    struct fake_port *fake = core;

    (void)err;
    for (size_t i = 0; i < fake->job_count; i++) {
        struct job_view view = view_of(&fake->jobs[i]);
        if (view.head->id < from_id)
            continue;
        if (!counted)
            view.unread = view.bytes = view.last_seq = 0;
        if (fn(arg, &view))
            break;
    }
    return 0;
}

static int fake_records(void *core, uint64_t job_id, uint64_t from_seq,
                        int (*fn)(void *arg, const struct record *record, bool gap), void *arg,
                        struct err *err)
{
    struct fake_job *job = job_find(core, job_id);

    if (!job)
        return err_set(err, -ENOENT, "no such job");
    for (uint64_t seq = from_seq ? from_seq : 1; seq <= job->record_count; seq++) {
        struct buf *buf = &job->records[seq - 1];
        struct record record = {
            .seq = seq, .child_id = job->child.id, .intent_no = 2, .attempt = 1,
            .time_unix_ms = 1700000000123, .stream = STREAM_OUTPUT,
            .is_value = job->values[seq - 1], .step = SLICE("1/1"), .data = buf_slice(buf),
        };
        int rc = fn(arg, &record, job->gaps[seq - 1]);
        if (seq == job->ends_after) {
            fake_job_set(job, JOB_COMPLETED);
            fake_commit(core, job_id);
        }
        if (rc)
            break;
    }
    return 0;
}

static int fake_marks(void *core, uint64_t job_id, struct marks *ret, struct err *err)
{
    const struct fake_job *job = job_find(core, job_id);

    (void)err;
    marks_raise(ret, job->child.id, job->child_mark);
    return marks_raise(ret, MARK_ALL, job->mark);
}

static int fake_unread(void *core, const struct job_head *head, struct unread *ret,
                       struct err *err)
{
    const struct fake_job *job = job_find(core, head->id);

    (void)err;
    *ret = (struct unread){ .records = unread_of(job) };
    return 0;
}

static int fake_steps(void *core, uint64_t job_id, step_view_fn fn, void *arg, struct err *err)
{
    struct step_view view = {
        .strand = SLICE("1.2"), .ordinal = 3, .attempt = 1, .kind = EFFECT_COMMAND,
        .label = SLICE("run"), .line = SLICE("patch.lua:14"), .host = SLICE("web01"),
        .settled = true, .ok = true, .outcome = { .kind = OUTCOME_EXIT },
        .started_unix_ms = 1700000000000, .ended_unix_ms = 1700000001000,
    };

    (void)core;
    (void)job_id;
    (void)err;
    fn(arg, &view);
    view.ordinal = 4;
    view.settled = view.ok = false;
    view.label = (struct slice){ 0 };
    view.ended_unix_ms = 0;
    fn(arg, &view);
    return 0;
}

static int fake_header(void *core, struct slice name, struct slice text, struct buf *ret,
                       struct err *err)
{
    (void)core;
    if (slice_is(text, "syntax error"))
        return err_set(err, ERR_SCRIPT, "%.*s:1: syntax error", SLICE_ARG(name));
    value_put_map(ret, 1);
    value_put_str(ret, "about");
    value_put_bytes(ret, text);
    return 0;
}

static const struct embedded_file *fake_shipped(void *core)
{
    static const struct embedded_file files[] = { { "restart.lua", { (const uint8_t *)"print 1", 7 } },
                                                  { NULL, { 0 } } };

    (void)core;
    return files;
}

static int fake_retention(void *core, const struct retention *bounds, struct retention_view *ret,
                          struct err *err)
{
    struct fake_port *fake = core;

    (void)err;
    *ret = (struct retention_view){ .bounds = fake->retention, .finished = 7,
                                    .finished_bytes = 700 };
    if (!bounds)
        bounds = &ret->bounds;
    if (bounds->count >= 0 && bounds->count < 7)
        ret->due = 7 - (uint64_t)bounds->count;
    ret->due_bytes = 100 * ret->due;
    return 0;
}

static int fake_status(void *core, struct engine_status *ret, struct err *err)
{
    (void)core;
    (void)err;
    ret->uptime_ms = 12345;
    ret->jobs[JOB_RUNNING] = 2;
    ret->commits = 120;
    ret->store_bytes = 1 << 20;
    return 0;
}

static int fake_schedules(void *core, schedule_view_fn fn, void *arg, struct err *err)
{
    const struct fake_port *fake = core;

    (void)err;
    for (size_t i = 0; i < fake->schedule_count; i++)
        if (fn(arg, &fake->schedules[i]))
            break;
    return 0;
}

// ---- changes
static void keep_text(char *to, size_t size, struct slice s)
{
    snprintf(to, size, "%.*s", SLICE_ARG(s));
}

static void keep_json(char *to, size_t size, struct slice encoded)
{
    json_t *json = encoded.len ? value_slice_to_json(encoded) : json_null();
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);

    snprintf(to, size, "%s", text);
    free(text);
    json_decref(json);
}

static int fake_change(void *core, const struct change *change, change_fn fn, void *arg,
                       struct err *err)
{
    struct fake_port *fake = core;
    struct fake_change *kept = &fake->changes[fake->change_count];

    if (fake->change_refusal)
        return err_set(err, fake->change_refusal, "refused by the fake");
    assert(fake->change_count < FAKE_CHANGES_MAX);
    kept->change = *change;
    keep_text(kept->name, sizeof(kept->name), change->name);
    keep_text(kept->script, sizeof(kept->script), change->script_text);
    keep_text(kept->cwd, sizeof(kept->cwd), change->cwd);
    keep_text(kept->signal_name, sizeof(kept->signal_name), change->signal_name);
    keep_json(kept->signal_value, sizeof(kept->signal_value), change->signal_value);
    keep_json(kept->params, sizeof(kept->params), change->params);
    keep_json(kept->meta, sizeof(kept->meta), change->meta);
    keep_json(kept->env, sizeof(kept->env), change->env);
    keep_json(kept->hosts, sizeof(kept->hosts), change->hosts);
    if (change->schedule) {
        kept->schedule = *change->schedule;
        keep_text(kept->schedule_name, sizeof(kept->schedule_name), change->schedule->name);
        keep_text(kept->cron, sizeof(kept->cron), change->schedule->cron_text);
        keep_text(kept->timezone, sizeof(kept->timezone), change->schedule->timezone);
    }
    kept->fn = fn;
    kept->arg = arg;
    fake->change_count++;
    return 0;
}

void fake_answer(struct fake_port *fake, uint64_t id, const struct err *err)
{
    for (size_t i = 0; i < fake->change_count; i++) {
        change_fn fn = fake->changes[i].fn;
        if (fn) {
            fake->changes[i].fn = NULL;
            fn(fake->changes[i].arg, id, err);
            return;
        }
    }
    assert(false && "no change is open");
}

size_t fake_open_changes(const struct fake_port *fake)
{
    size_t n = 0;

    for (size_t i = 0; i < fake->change_count; i++)
        n += fake->changes[i].fn != NULL;
    return n;
}

// ---- watches
static struct watch *fake_watch(void *core, uint64_t job_id, watch_fn fn, void *arg)
{
    struct fake_port *fake = core;
    struct watch *watch = calloc(1, sizeof(*watch));

    assert(watch);
    *watch = (struct watch){ .job_id = job_id, .fn = fn, .arg = arg, .fake = fake };
    list_append(&fake->watches, &watch->link);
    fake->watch_count++;
    return watch;
}

static void fake_unwatch(void *core, struct watch *watch)
{
    struct fake_port *fake = core;

    fake->watch_count--;
    list_remove(&watch->link);
    free(watch);
}

void fake_commit(struct fake_port *fake, uint64_t job_id)
{
    list_each_safe(it, &fake->watches) {
        struct watch *watch = container_of(it, struct watch, link);
        if (watch->job_id == job_id || watch->job_id == 0)
            watch->fn(watch->arg);
    }
}

static void fake_shutdown(void *core) { ((struct fake_port *)core)->shutdowns++; }

static int fake_check(void *core, const struct check_request *request, check_fn fn, void *arg,
                      struct check **ret, struct err *err)
{
    struct fake_port *fake = core;

    if (fake->check_refusal)
        return err_set(err, fake->check_refusal, "refused by the fake");
    keep_json(fake->check_hosts, sizeof(fake->check_hosts), request->hosts);
    fake->check_timeout_ms = request->timeout_ms;
    fake->check_retry_ms = request->retry_ms;
    fake->check_fn = fn;
    fake->check_arg = arg;
    *ret = (struct check *)(void *)fake;
    return 0;
}

static void fake_uncheck(void *core, struct check *check)
{
    if (check)
        ((struct fake_port *)core)->check_fn = NULL;
}

// ---- life
static int fake_take_over(void *core, struct err *err)
{
    (void)err;
    ((struct fake_port *)core)->takeovers++;
    return 0;
}

static const struct port_ops fake_ops = {
    .change = fake_change, .job = fake_job_read, .jobs = fake_jobs_read,
    .records = fake_records, .marks = fake_marks, .unread = fake_unread, .steps = fake_steps, .header = fake_header,
    .shipped = fake_shipped,
    .status = fake_status, .schedules = fake_schedules, .retention = fake_retention, .watch = fake_watch,
    .unwatch = fake_unwatch,
    .shutdown = fake_shutdown, .take_over = fake_take_over, .check = fake_check, .uncheck = fake_uncheck,
};

struct fake_port *fake_new(void)
{
    struct fake_port *fake = calloc(1, sizeof(*fake));

    assert(fake);
    fake->port = (struct port){ .ops = &fake_ops, .core = fake };
    fake->retention = RETENTION_NONE;
    list_init(&fake->watches);
    return fake;
}

void fake_free(struct fake_port *fake)
{
    for (size_t i = 0; i < fake->job_count; i++) {
        for (size_t r = 0; r < fake->jobs[i].record_count; r++)
            buf_release(&fake->jobs[i].records[r]);
        free(fake->jobs[i].records);
        free(fake->jobs[i].gaps);
        free(fake->jobs[i].values);
    }
    free(fake);
}

struct fake_job *fake_job_add(struct fake_port *fake, uint64_t id, const char *name,
                              enum job_state state)
{
    struct fake_job *job = &fake->jobs[fake->job_count++];

    snprintf(job->name, sizeof(job->name), "%s", name);
    job->child = (struct child_head){
        .id = id + 1, .host = SLICE("localhost"), .exit_code = EXIT_CODE_NONE,
        .uuid = { { 2, (uint8_t)id } }, .started_unix_ms = 1700000000001,
    };
    job->head = (struct job_head){
        .id = id, .uuid = { { 1, (uint8_t)id } }, .type = JOB_LOCAL, .name = slice_str(job->name),
        .command = SLICE("df -h /"), .created_unix_ms = 1700000000000,
        .started_unix_ms = 1700000000001, .exit_code = EXIT_CODE_NONE, .child_count = 1,
        .children = &job->child,
    };
    fake_job_set(job, state);
    return job;
}

void fake_job_set(struct fake_job *job, enum job_state state)
{
    job->head.state = job->child.state = state;
    if (job_state_is_finished(state)) {
        job->head.exit_code = job->child.exit_code = state == JOB_COMPLETED ? 0 : 1;
        job->head.ended_unix_ms = job->child.ended_unix_ms = 1700000009000;
    }
}

static struct buf *record_new(struct fake_job *job)
{
    size_t n = job->record_count++;

    job->records = realloc(job->records, (n + 1) * sizeof(*job->records));
    job->gaps = realloc(job->gaps, (n + 1) * sizeof(*job->gaps));
    job->values = realloc(job->values, (n + 1) * sizeof(*job->values));
    assert(job->records && job->gaps && job->values);
    job->gaps[n] = job->values[n] = false;
    buf_init(&job->records[n], 0);
    return &job->records[n];
}

void fake_record_add(struct fake_job *job, const void *data, size_t len)
{
    buf_add(record_new(job), data, len);
}

void fake_value_add(struct fake_job *job, const char *json)
{
    struct buf *buf = record_new(job);
    json_t *value_json = json_loads(json, JSON_DECODE_ANY, NULL);

    job->values[job->record_count - 1] = true;
    value_from_json(value_json, buf, NULL);
    json_decref(value_json);
}
