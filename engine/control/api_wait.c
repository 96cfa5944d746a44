// SPDX-License-Identifier: MIT
// GET /v1/jobs/ID/wait, GET /v1/wait?ids=...: answers when the jobs are where the
// client wants them, when they can no longer get there (finished otherwise, or
// blocked on an answer), or when the time is over.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "control/api.h"
#include "control/filter.h"
#include "control/job_json.h"
#include "control/json.h"
#include "control/lookup.h"
#include "control/query.h"
#include "control/server.h"

enum goal { GOAL_SETTLED, GOAL_FINISHED, GOAL_STATE };
enum standing { STANDS_OPEN, STANDS_THERE, STANDS_HOPELESS };

struct wait {
    const struct port *port;
    uint64_t *ids; // in the client's order
    size_t id_count, id_cap;
    enum goal goal;
    enum job_state state; // GOAL_STATE
    bool any;
};

static void wait_free(void *state)
{
    struct wait *wait = state;

    free(wait->ids);
    free(wait);
}

// ---- where the jobs stand
struct look {
    const struct wait *wait;
    uint64_t id;
    enum standing standing;
};

static enum standing standing_of(const struct wait *wait, enum job_state state)
{
    bool there = wait->goal == GOAL_STATE      ? state == wait->state
                 : wait->goal == GOAL_FINISHED ? job_state_is_finished(state)
                                               : job_state_is_settled(state);

    if (there)
        return STANDS_THERE;
    return job_state_is_finished(state) || state == JOB_BLOCKED ? STANDS_HOPELESS : STANDS_OPEN;
}

static int wait_look(void *arg, const struct job_view *view)
{
    struct look *look = arg;
    const struct child_head *child = job_child(view->head, look->id);

    if (!view->head->removing)
        look->standing = standing_of(look->wait, child ? child->state : view->head->state);
    return 1;
}

// A job that was removed meanwhile is not coming any more.
static int stand(const struct wait *wait, uint64_t id, enum standing *ret, struct err *err)
{
    struct look look = { .wait = wait, .id = id, .standing = STANDS_HOPELESS };
    int rc = wait->port->ops->job(wait->port->core, id, wait_look, &look, err);

    *ret = look.standing;
    return rc == -ENOENT ? 0 : rc;
}

// ---- the answer
static void comma_add(struct buf *list)
{
    if (list->len)
        buf_add_byte(list, ',');
}

// done: rows; pending: ids.
static int answer_add(const struct wait *wait, uint64_t id, struct buf *done, struct buf *pending,
                      struct err *err)
{
    enum standing standing;

    if (stand(wait, id, &standing, err) < 0)
        return err->code;
    if (standing != STANDS_THERE) {
        comma_add(pending);
        json_put_int(pending, (int64_t)id);
        return 0;
    }
    comma_add(done);
    return lookup_row(wait->port, id, done, err);
}

static void answer_put(bool reached, bool timed_out, const struct buf *done,
                       const struct buf *pending, struct buf *out)
{
    buf_add_str(out, "{\"reached\":");
    json_put_bool(out, reached);
    buf_add_str(out, ",\"timed_out\":");
    json_put_bool(out, timed_out);
    buf_add_str(out, ",\"done\":[");
    buf_add_slice(out, buf_slice(done));
    buf_add_str(out, "],\"pending\":[");
    buf_add_slice(out, buf_slice(pending));
    buf_add_str(out, "]}");
}

static void wait_answer(struct exchange *x, const struct wait *wait, bool reached, bool timed_out)
{
    struct buf done, pending, text;
    struct err err = { 0 };
    int rc = 0;

    buf_init(&done, 0);
    buf_init(&pending, 0);
    buf_init(&text, 0);
    for (size_t i = 0; i < wait->id_count && rc >= 0; i++)
        rc = answer_add(wait, wait->ids[i], &done, &pending, &err);
    if (rc >= 0 && (buf_failed(&done) || buf_failed(&pending)))
        rc = err_set(&err, -ENOMEM, "out of memory");
    answer_put(reached, timed_out, &done, &pending, &text);
    if (rc >= 0)
        exchange_answer_text(x, MHD_HTTP_OK, &text);
    else
        exchange_fail(x, &err);
    buf_release(&done);
    buf_release(&pending);
    buf_release(&text);
}

static void wait_again(struct exchange *x)
{
    const struct wait *wait = exchange_state(x);
    size_t there = 0, hopeless = 0;
    struct err err = { 0 };
    bool reached, futile;

    for (size_t i = 0; i < wait->id_count; i++) {
        enum standing standing;
        if (stand(wait, wait->ids[i], &standing, &err) < 0) {
            exchange_fail(x, &err);
            return;
        }
        there += standing == STANDS_THERE;
        hopeless += standing == STANDS_HOPELESS;
    }
    reached = wait->any ? there > 0 : there == wait->id_count;
    futile = wait->any ? hopeless == wait->id_count : hopeless > 0;
    if (reached || futile || exchange_is_due(x))
        wait_answer(x, wait, reached, !reached && !futile);
    else
        exchange_wait(x, wait_again);
}

// ---- the request
static int goal_read(struct exchange *x, struct wait *wait, struct err *err)
{
    const char *text = query_text(x, "for");

    if (!text || strcasecmp(text, "settled") == 0)
        wait->goal = GOAL_SETTLED;
    else if (strcasecmp(text, "finished") == 0)
        wait->goal = GOAL_FINISHED;
    else if (job_state_parse(slice_str(text), &wait->state) == 0)
        wait->goal = GOAL_STATE;
    else
        return err_set(err, ERR_USAGE, "for=%.40s: settled, finished or the name of a state is "
                       "expected", text);
    return 0;
}

static int timeout_read(struct exchange *x, struct err *err)
{
    int64_t ms;

    if (query_number(x, "timeout_ms", -1, &ms, err) < 0)
        return err->code;
    if (ms >= 0)
        exchange_set_deadline(x, control_now(exchange_control(x)) + (uint64_t)ms);
    return 0;
}

static int take_id(void *arg, struct slice text, struct err *err)
{
    struct wait *wait = arg;
    struct lookup job;
    char selector[24];

    if (ids_add(&wait->ids, &wait->id_count, &wait->id_cap, text, err) < 0)
        return err->code;
    snprintf(selector, sizeof(selector), "%.*s", (int)text.len, (const char *)text.ptr);
    return lookup_job(wait->port, selector, &job, err);
}

static int one_read(struct exchange *x, struct wait *wait, struct err *err)
{
    struct lookup job;
    char text[24];

    if (lookup_job(wait->port, exchange_selector(x), &job, err) < 0)
        return err->code;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)job.id);
    if (ids_add(&wait->ids, &wait->id_count, &wait->id_cap, slice_str(text), err) < 0)
        return err->code;
    return exchange_watch(x, job.job_id, err);
}

static int many_read(struct exchange *x, struct wait *wait, struct err *err)
{
    wait->any = query_flag(x, "any");
    if (query_each(x, "ids", true, take_id, wait, err) < 0)
        return err->code;
    if (wait->id_count == 0)
        return err_set(err, ERR_USAGE, "ids: at least one job is expected");
    return exchange_watch(x, 0, err);
}

static void wait_start(struct exchange *x,
                       int (*read)(struct exchange *x, struct wait *wait, struct err *err))
{
    struct wait *wait = exchange_keep_new(x, sizeof(*wait), wait_free);
    struct err err = { 0 };

    if (!wait)
        return;
    wait->port = exchange_port(x);
    if (read(x, wait, &err) < 0 || goal_read(x, wait, &err) < 0 || timeout_read(x, &err) < 0)
        exchange_fail(x, &err);
    else
        wait_again(x);
}

void api_wait_one(struct exchange *x) { wait_start(x, one_read); }
void api_wait_many(struct exchange *x) { wait_start(x, many_read); }
