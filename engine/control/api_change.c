// SPDX-License-Identifier: MIT
// Changes: POST .../stop, suspend, resume, signal, mark, rename, retry; DELETE; and POST
// /v1/backup and PUT /v1/retention, which are answered the same way. The answer comes after the
// commit, and the client may be gone by then: `pending` belongs to whoever of the two,
// exchange and port, lets go last.
#include <errno.h>
#include <stdlib.h>

#include "control/api.h"
#include "control/body.h"
#include "control/json.h"
#include "control/lookup.h"
#include "control/query.h"
#include "model/value.h"

struct pending {
    struct exchange *x; // NULL: the client is gone
    enum change_kind kind;
    unsigned status;
    bool done;          // the port has answered
    uint64_t id;
    char *schedule;     // name of the schedule that it is about; NULL: none
    struct err err;     // code 0: done as asked
};

static void pending_free(struct pending *pending)
{
    free(pending->schedule);
    free(pending);
}

static void pending_leave(void *state)
{
    struct pending *pending = state;

    pending->x = NULL;
    if (pending->done)
        pending_free(pending);
}

static void pending_answer(void *arg, uint64_t id, const struct err *err)
{
    struct pending *pending = arg;

    pending->done = true;
    pending->id = id;
    if (err)
        pending->err = *err;
    if (pending->x)
        exchange_wake(pending->x);
    else
        pending_free(pending);
}

// Of one that is gone the name is all there is.
static json_t *schedule_row(const struct exchange *x, const struct pending *pending)
{
    json_t *row = NULL;

    if (pending->kind != CHANGE_SCHEDULE_REMOVE &&
        api_schedule_row(exchange_port(x), pending->schedule, &row, NULL) == 0)
        return row;
    return json_pack("{s:s}", "name", pending->schedule);
}

// A removed job has no row any more; nor has one that removed itself meanwhile.
static void row_answer(struct exchange *x, const struct pending *pending)
{
    struct buf row;

    buf_init(&row, 0);
    if (pending->kind == CHANGE_REMOVE ||
        lookup_row(exchange_port(x), pending->id, &row, NULL) < 0) {
        buf_clear(&row);
        buf_addf(&row, "{\"id\":%llu}", (unsigned long long)pending->id);
    }
    exchange_answer_text(x, pending->status, &row);
}

static void change_again(struct exchange *x)
{
    const struct pending *pending = exchange_state(x);

    if (!pending->done)
        exchange_wait(x, change_again);
    else if (pending->err.code)
        exchange_fail(x, &pending->err);
    else if (pending->kind == CHANGE_RETENTION)
        api_retention_get(x);
    else if (pending->schedule && pending->kind != CHANGE_SCHEDULE_RUN)
        exchange_answer(x, pending->status, schedule_row(x, pending));
    else if (pending->id == 0) // a backup has no job
        exchange_answer(x, pending->status, json_object());
    else
        row_answer(x, pending);
}

// What was asked is under way, or was refused at once.
static void pending_keep(struct exchange *x, struct pending *pending, int rc,
                         const struct err *err)
{
    if (rc < 0) {
        if (pending)
            pending_free(pending);
        exchange_fail(x, err);
        return;
    }
    exchange_keep(x, pending, pending_leave);
    change_again(x);
}

static int name_keep(struct pending *pending, struct slice name, struct err *err)
{
    pending->schedule = strndup(name.len ? (const char *)name.ptr : "", name.len);
    return pending->schedule ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void api_change_send(struct exchange *x, struct change *change, unsigned status)
{
    const struct port *port = exchange_port(x);
    struct pending *pending = calloc(1, sizeof(*pending));
    struct err err = { 0 };
    int rc;

    if (!pending) {
        err_set(&err, -ENOMEM, "out of memory");
        exchange_fail(x, &err);
        return;
    }
    pending->x = x;
    pending->kind = change->kind;
    pending->status = status;
    rc = exchange_request_id(x, &change->request, &err);
    if (rc >= 0 && change->schedule)
        rc = name_keep(pending, change->schedule->name, &err);
    if (rc >= 0)
        rc = port->ops->change(port->core, change, pending_answer, pending, &err);
    pending_keep(x, pending, rc, &err);
}

static int backup_ask(struct exchange *x, struct pending *pending, struct err *err)
{
    const struct port *port = exchange_port(x);
    const char *path;
    json_t *body;

    if (exchange_body(x, &body, err) < 0)
        return err->code;
    path = json_string_value(json_object_get(body, "path"));
    if (!path || *path != '/')
        return err_set(err, ERR_USAGE, "\"path\" is not an absolute path");
    return port->ops->backup(port->core, path, pending_answer, pending, err);
}

void api_backup(struct exchange *x)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    struct err err = { 0 };
    int rc;

    if (pending) {
        *pending = (struct pending){ .x = x, .status = MHD_HTTP_OK };
        rc = backup_ask(x, pending, &err);
    } else {
        rc = err_set(&err, -ENOMEM, "out of memory");
    }
    pending_keep(x, pending, rc, &err);
}

// ---- what the verbs take from their bodies
static int stop_read(const json_t *body, struct change *change, struct buf *encoded,
                     struct err *err)
{
    (void)encoded;
    change->grace_ms = -1;
    if (body_bool(body, "force", &change->force, err) < 0)
        return err->code;
    return body_number(body, "grace_ms", 0, &change->grace_ms, err);
}

static int suspend_read(const json_t *body, struct change *change, struct buf *encoded,
                        struct err *err)
{
    (void)encoded;
    return body_bool(body, "force", &change->force, err);
}

static int resume_read(const json_t *body, struct change *change, struct buf *encoded,
                       struct err *err)
{
    (void)body;
    (void)change;
    (void)encoded;
    (void)err;
    return 0;
}

static int signal_read(const json_t *body, struct change *change, struct buf *encoded,
                       struct err *err)
{
    const json_t *name = json_object_get(body, "name");
    const json_t *json = json_object_get(body, "value");

    if (!json_is_string(name) || json_string_length(name) == 0)
        return err_set(err, ERR_USAGE, "\"name\" of the signal is missing");
    change->signal_name = slice_of(json_string_value(name), json_string_length(name));
    if (!json || json_is_null(json))
        return 0;
    if (value_from_json(json, encoded, err) < 0)
        return err_wrap(err, "\"value\"");
    change->signal_value = buf_slice(encoded);
    return 0;
}

static int mark_read(const json_t *body, struct change *change, struct buf *encoded,
                     struct err *err)
{
    int64_t seq = -1;

    (void)encoded;
    if (body_number(body, "seq", 0, &seq, err) < 0 || body_bool(body, "own", &change->own, err) < 0)
        return err->code;
    if (seq < 0)
        return err_set(err, ERR_USAGE, "\"seq\", the last one received, is missing");
    change->seq = (uint64_t)seq;
    return 0;
}

// "answer": text, or a boolean for yes or no.
static int answer_read(const json_t *body, struct change *change, struct buf *encoded,
                       struct err *err)
{
    const json_t *answer = json_object_get(body, "answer");
    int64_t no = 0;

    (void)encoded;
    if (body_number(body, "question", 0, &no, err) < 0)
        return err->code;
    change->question_no = (uint64_t)no;
    change->answer = slice_of(json_string_value(answer), json_string_length(answer));
    if (json_is_boolean(answer))
        change->answer = json_is_true(answer) ? SLICE("yes") : SLICE("no");
    else if (!json_is_string(answer))
        return err_set(err, ERR_USAGE, "\"answer\" is missing, or neither a string nor a boolean");
    if (change->answer.len > API_ANSWER_MAX)
        return err_set(err, ERR_USAGE, "the answer has %zu bytes, at most %d are allowed",
                       change->answer.len, API_ANSWER_MAX);
    return 0;
}

// "failures": which hosts, by how they failed; absent: all but those that were stopped.
static int failures_read(const json_t *list, unsigned *ret, struct err *err)
{
    enum child_failure failure;
    const json_t *name;
    size_t i;

    *ret = 1u << CHILD_FAILED | 1u << CHILD_UNREACHABLE | 1u << CHILD_UNREACHED;
    if (!list || json_is_null(list))
        return 0;
    if (json_array_size(list) == 0)
        return err_set(err, ERR_USAGE, "\"failures\" is not an array of at least one of failed, "
                       "unreachable, unreached, stopped");
    *ret = 0;
    json_array_foreach(list, i, name) {
        struct slice text = slice_of(json_string_value(name), json_string_length(name));
        if (child_failure_parse(text, &failure) < 0)
            return err_set(err, ERR_USAGE, "\"failures\": \"%.*s\" is none of failed, "
                           "unreachable, unreached, stopped", text.len < 40 ? (int)text.len : 40,
                           text.len ? (const char *)text.ptr : "");
        *ret |= 1u << failure;
    }
    return 0;
}

static int rename_read(const json_t *body, struct change *change, struct buf *encoded,
                       struct err *err)
{
    (void)encoded;
    if (api_name_take(body, &change->name, err) < 0)
        return err->code;
    return change->name.len ? 0 : err_set(err, ERR_USAGE, "\"name\", the new one, is missing");
}

static int retry_read(const json_t *body, struct change *change, struct buf *encoded,
                      struct err *err)
{
    (void)encoded;
    if (api_name_take(body, &change->name, err) < 0)
        return err->code;
    return failures_read(json_object_get(body, "failures"), &change->failures, err);
}

// ---- the verbs
typedef int (*change_read_fn)(const json_t *body, struct change *change, struct buf *encoded,
                              struct err *err);

static void change_post(struct exchange *x, enum change_kind kind, change_read_fn read)
{
    struct change change = { .kind = kind };
    struct err err = { 0 };
    struct lookup job;
    struct buf encoded;
    json_t *body;
    int rc;

    buf_init(&encoded, 0);
    rc = exchange_body(x, &body, &err);
    if (rc >= 0)
        rc = lookup_job(exchange_port(x), exchange_selector(x), &job, &err);
    if (rc >= 0)
        rc = read(body, &change, &encoded, &err);
    if (rc < 0) {
        exchange_fail(x, &err);
    } else {
        change.job_id = job.id;
        api_change_send(x, &change, kind == CHANGE_RETRY ? MHD_HTTP_CREATED : MHD_HTTP_OK);
    }
    buf_release(&encoded);
}

void api_jobs_stop(struct exchange *x) { change_post(x, CHANGE_STOP, stop_read); }
void api_jobs_suspend(struct exchange *x) { change_post(x, CHANGE_SUSPEND, suspend_read); }
void api_jobs_resume(struct exchange *x) { change_post(x, CHANGE_RESUME, resume_read); }
void api_jobs_signal(struct exchange *x) { change_post(x, CHANGE_SIGNAL, signal_read); }
void api_jobs_answer(struct exchange *x) { change_post(x, CHANGE_ANSWER, answer_read); }
void api_jobs_rename(struct exchange *x) { change_post(x, CHANGE_RENAME, rename_read); }
void api_jobs_retry(struct exchange *x) { change_post(x, CHANGE_RETRY, retry_read); }
void api_jobs_mark(struct exchange *x) { change_post(x, CHANGE_MARK, mark_read); }

void api_jobs_remove(struct exchange *x)
{
    struct change change = { .kind = CHANGE_REMOVE, .force = query_flag(x, "force") };
    struct err err = { 0 };
    struct lookup job;
    int rc = lookup_job(exchange_port(x), exchange_selector(x), &job, &err);

    if (rc >= 0 && job.id != job.job_id)
        rc = err_set(&err, ERR_STATE, "job %llu is a child; remove its parent, job %llu",
                     (unsigned long long)job.id, (unsigned long long)job.job_id);
    if (rc < 0) {
        exchange_fail(x, &err);
        return;
    }
    change.job_id = job.job_id;
    api_change_send(x, &change, MHD_HTTP_OK);
}
