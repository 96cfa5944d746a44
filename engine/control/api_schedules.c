// SPDX-License-Identifier: MIT
// GET, POST /v1/schedules, GET, DELETE /v1/schedules/NAME, POST .../enable, disable, run.
#include <errno.h>
#include <stdlib.h>

#include "control/api.h"
#include "control/body.h"
#include "control/json.h"
#include "control/schedule_json.h"

// ---- reads
struct find {
    const char *name; // NULL: all
    struct buf *out;  // of them: lines
    json_t *json;     // of the one
};

static int find_look(void *arg, const struct schedule_view *view)
{
    struct find *find = arg;
    json_t *json;

    if (find->name && !slice_is(view->schedule->name, find->name))
        return 0;
    json = schedule_json(view);
    if (find->name) {
        find->json = json;
        return 1;
    }
    json_line(json, find->out);
    json_decref(json);
    return 0;
}

int api_schedule_row(const struct port *port, const char *name, json_t **ret, struct err *err)
{
    struct find find = { .name = name };
    int rc = port->ops->schedules(port->core, find_look, &find, err);

    if (rc < 0)
        return rc;
    if (!find.json)
        return err_set(err, -ESRCH, "schedule %.120s: no such schedule", name);
    *ret = find.json;
    return 0;
}

void api_schedules_get(struct exchange *x)
{
    struct err err = { 0 };
    json_t *row = NULL;

    if (api_schedule_row(exchange_port(x), exchange_selector(x), &row, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_answer(x, MHD_HTTP_OK, row);
}

static void lines_free(void *state)
{
    struct buf *lines = state;

    buf_release(lines);
    free(lines);
}

static enum fill lines_fill(struct exchange *x, void *state, struct buf *out)
{
    const struct buf *lines = state;

    (void)x;
    buf_add_slice(out, buf_slice(lines));
    return FILL_END;
}

void api_schedules_list(struct exchange *x)
{
    struct buf *lines = exchange_keep_new(x, sizeof(*lines), lines_free);
    const struct port *port = exchange_port(x);
    struct find find = { .out = lines };
    struct err err = { 0 };
    int rc;

    if (!lines)
        return;
    buf_init(lines, 0);
    rc = port->ops->schedules(port->core, find_look, &find, &err);
    if (rc >= 0 && buf_failed(lines))
        rc = err_set(&err, -ENOMEM, "out of memory");
    if (rc < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, lines_fill);
}

// ---- add
// One of cron, every_ms, at_boot.
static int when_take(const json_t *body, struct schedule *s, struct err *err)
{
    bool at_boot = false;
    int rc = body_bool(body, "at_boot", &at_boot, err);

    if (rc == 0)
        rc = body_text(body, "cron", &s->cron_text, err);
    if (rc == 0)
        rc = body_number(body, "every_ms", 0, &s->every_ms, err);
    if (rc < 0)
        return rc;
    if (body_has(body, "cron") + body_has(body, "every_ms") + at_boot != 1)
        return err_set(err, ERR_USAGE, "when is it due? one of \"cron\", \"every_ms\" and \"at_boot\" is "
                       "expected");
    s->kind = at_boot ? SCHEDULE_BOOT : body_has(body, "cron") ? SCHEDULE_CRON : SCHEDULE_EVERY;
    return 0;
}

static int policies_take(const json_t *body, struct schedule *s, struct err *err)
{
    struct slice overlap = { 0 }, missed = { 0 };
    int64_t keep = 0;
    int rc = body_text(body, "overlap", &overlap, err);

    if (rc == 0)
        rc = body_text(body, "missed", &missed, err);
    if (rc == 0 && overlap.len)
        rc = schedule_overlap_parse(overlap, &s->overlap, err);
    if (rc == 0 && missed.len)
        rc = schedule_missed_parse(missed, &s->missed, err);
    if (rc == 0)
        rc = body_number(body, "jitter_ms", 0, &s->jitter_ms, err);
    if (rc == 0)
        rc = body_number(body, "keep", 1, &keep, err);
    s->keep = (uint64_t)keep;
    return rc;
}

static int schedule_read(json_t *body, struct schedule *s, struct err *err)
{
    static const char *const known[] = { "name", "cron", "timezone", "every_ms", "at_boot", "overlap",
                                         "missed", "jitter_ms", "keep", "enabled", "job", NULL };
    int rc = body_keys(body, known, err);

    *s = (struct schedule){ .enabled = true };
    if (rc == 0)
        rc = body_text(body, "name", &s->name, err);
    if (rc == 0)
        rc = body_text(body, "timezone", &s->timezone, err);
    if (rc == 0)
        rc = body_bool(body, "enabled", &s->enabled, err);
    if (rc == 0)
        rc = when_take(body, s, err);
    if (rc == 0)
        rc = policies_take(body, s, err);
    if (rc == 0 && !json_is_object(json_object_get(body, "job")))
        rc = err_set(err, ERR_USAGE, "\"job\" is missing: the object that POST /v1/jobs takes");
    return rc;
}

void api_schedules_add(struct exchange *x)
{
    struct change change = { .kind = CHANGE_SCHEDULE_ADD };
    struct schedule schedule;
    struct start start;
    struct err err = { 0 };
    json_t *body;

    start_init(&start);
    change.schedule = &schedule;
    if (exchange_body(x, &body, &err) < 0 || schedule_read(body, &schedule, &err) < 0) {
        exchange_fail(x, &err);
    } else if (start_read(json_object_get(body, "job"), &start, &change, &err) < 0) {
        err_wrap(&err, "\"job\"");
        exchange_fail(x, &err);
    } else {
        api_change_send(x, &change, MHD_HTTP_CREATED);
    }
    start_release(&start);
}

// ---- the others
static void change_post(struct exchange *x, enum change_kind kind, unsigned status)
{
    struct schedule named = { .name = slice_str(exchange_selector(x)) };
    struct change change = { .kind = kind, .schedule = &named };

    api_change_send(x, &change, status);
}

void api_schedules_enable(struct exchange *x) { change_post(x, CHANGE_SCHEDULE_ENABLE, MHD_HTTP_OK); }
void api_schedules_disable(struct exchange *x) { change_post(x, CHANGE_SCHEDULE_DISABLE, MHD_HTTP_OK); }
void api_schedules_remove(struct exchange *x) { change_post(x, CHANGE_SCHEDULE_REMOVE, MHD_HTTP_OK); }
void api_schedules_run(struct exchange *x) { change_post(x, CHANGE_SCHEDULE_RUN, MHD_HTTP_CREATED); }
