// SPDX-License-Identifier: MIT
// GET /v1/jobs/ID/steps: one line per attempt, in the order of their intents.
#include <errno.h>
#include <stdlib.h>

#include "control/api.h"
#include "control/json.h"
#include "control/lookup.h"

// Some 200,000 attempts. The lines are made in one read, so that they belong together.
enum { STEPS_BYTES_MAX = 64 * 1024 * 1024 };

struct steps {
    const struct port *port;
    struct lookup job;
    struct buf *out;
};

static const char *state_of(const struct step_view *view)
{
    return !view->settled ? "running" : view->ok ? "done" : "failed";
}

static json_t *code_of(const struct step_view *view)
{
    bool has_code = view->settled && (view->outcome.kind == OUTCOME_EXIT ||
                                      view->outcome.kind == OUTCOME_SIGNAL);

    return has_code ? json_integer(view->outcome.code) : json_null();
}

static json_t *step_json(const struct step_view *view, uint64_t job_id)
{
    struct slice label = view->label.len ? view->label
                                         : slice_str(effect_kind_name(view->kind));

    return json_pack(
        "{s:I,s:o,s:I,s:o,s:o,s:o,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "job", (json_int_t)job_id,
        "strand", json_text(view->strand), "ordinal", (json_int_t)view->ordinal, "name",
        json_text_or_null(view->name), "kind", json_text(label), "host",
        json_text_or_null(view->host), "attempt", (json_int_t)view->attempt, "state",
        state_of(view), "outcome",
        view->settled ? json_string(outcome_name(view->outcome.kind)) : json_null(), "code",
        code_of(view), "reason",
        view->settled ? json_text_or_null(view->outcome.reason) : json_null(), "started",
        json_time(view->started_unix_ms), "ended", json_time(view->ended_unix_ms), "line",
        json_text_or_null(view->line));
}

static int step_take(void *arg, const struct step_view *view)
{
    struct steps *steps = arg;
    json_t *json = step_json(view, steps->job.job_id);

    json_line(json, steps->out);
    json_decref(json);
    return steps->out->len > STEPS_BYTES_MAX || buf_failed(steps->out);
}

static enum fill steps_fill(struct exchange *x, void *state, struct buf *out)
{
    struct steps *steps = state;
    const struct port *port = steps->port;
    struct err err = { 0 };
    int rc;

    (void)x;
    steps->out = out;
    rc = port->ops->steps(port->core, steps->job.job_id, step_take, steps, &err);
    if (rc >= 0 && out->len > STEPS_BYTES_MAX)
        rc = err_set(&err, -EFBIG, "the history has more than %d MiB; the rest is left out",
                     STEPS_BYTES_MAX / 1024 / 1024);
    if (rc < 0)
        exchange_error_line(out, &err);
    return FILL_END;
}

void api_steps(struct exchange *x)
{
    struct steps *steps = exchange_keep_new(x, sizeof(*steps), free);
    struct err err = { 0 };

    if (!steps)
        return;
    steps->port = exchange_port(x);
    if (lookup_job(steps->port, exchange_selector(x), &steps->job, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, steps_fill);
}
