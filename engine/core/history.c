// SPDX-License-Identifier: MIT
// How: a job's journal is walked once, and each attempt is a row. The script is not
// run for it: of the waits that have no SETTLED event the event that ended them says
// so. What still waits when the job ends was a job's without its script (a wreck).
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "core/state.h"

struct step_row {
    struct buf text;  // strand, label, name, line, host, then the outcome's bytes
    struct step_view view;
};

struct step_rows {
    struct step_row *rows;
    size_t count, cap;
    struct map by_intent; // intent number -> index + 1
    const struct job_head *head;
};

static struct step_row *add_row(struct step_rows *rows)
{
    struct step_row *more = array_room(rows->rows, rows->count, &rows->cap, sizeof(*more));

    if (!more)
        return NULL;
    rows->rows = more;
    rows->rows[rows->count] = (struct step_row){ 0 };
    buf_init(&rows->rows[rows->count].text, 0);
    return &rows->rows[rows->count++];
}

// Slices are kept as offsets (in ptr) until the row's text stops moving.
static struct slice keep_text(struct step_row *row, struct slice text)
{
    struct slice at = { (const uint8_t *)(uintptr_t)row->text.len, text.len };

    buf_add_slice(&row->text, text);
    return at;
}

static struct slice fixed(const struct step_row *row, struct slice at)
{
    return at.len ? slice_of(row->text.ptr + (uintptr_t)at.ptr, at.len) : (struct slice){ 0 };
}

static struct slice host_of(const struct step_rows *rows, uint64_t child_id)
{
    for (size_t i = 0; i < rows->head->child_count; i++)
        if (rows->head->children[i].id == child_id)
            return rows->head->children[i].host;
    return (struct slice){ 0 };
}

static int row_intended(struct step_rows *rows, const struct event *event, struct err *err)
{
    const struct event_intended *i = &event->intended;
    struct step_row *row = add_row(rows);

    if (!row || map_put(&rows->by_intent, event->no, (void *)(uintptr_t)rows->count) < 0)
        return err_set(err, -ENOMEM, "no memory for the history");
    row->view = (struct step_view){
        .strand = keep_text(row, i->strand),
        .ordinal = i->ordinal,
        .attempt = i->attempt,
        .kind = i->kind,
        .label = keep_text(row, i->label),
        .name = keep_text(row, i->name),
        .line = keep_text(row, i->line),
        .host = keep_text(row, host_of(rows, i->child_id)),
        .started_unix_ms = event->time_unix_ms,
    };
    return 0;
}

static struct step_row *row_of(struct step_rows *rows, uint64_t intent_no)
{
    size_t index = (size_t)(uintptr_t)map_get(&rows->by_intent, intent_no);

    return index ? &rows->rows[index - 1] : NULL;
}

static void row_settled(struct step_rows *rows, const struct event *event)
{
    struct step_row *row = row_of(rows, event->settled.intent_no);
    struct step_policy policy;

    if (!row)
        return;
    step_policy_init(&policy);
    row->view.settled = true;
    row->view.outcome = event->settled.outcome;
    row->view.outcome.out = row->view.outcome.err = row->view.outcome.value = (struct slice){ 0 };
    row->view.outcome.reason = keep_text(row, event->settled.outcome.reason);
    row->view.ok = outcome_is_ok(&event->settled.outcome, &policy);
    row->view.ended_unix_ms = event->time_unix_ms;
}

static void row_over(struct step_row *row, enum outcome_kind kind, const struct event *event)
{
    row->view.settled = true;
    row->view.ok = kind == OUTCOME_VALUE;
    row->view.outcome = (struct outcome){ .kind = kind };
    row->view.ended_unix_ms = event->time_unix_ms;
}

static void rows_over(struct step_rows *rows, const struct event *event)
{
    struct ended_wait wait;
    size_t at = 0;

    while (ended_wait_next(event->ended_waits, &at, &wait)) {
        struct step_row *row = row_of(rows, wait.intent_no);
        if (row)
            row_over(row, wait.kind, event);
    }
}

static void rows_end(struct step_rows *rows, const struct event *event)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct step_row *row = &rows->rows[i];
        if (!row->view.settled && effect_kind_waits(row->view.kind))
            row_over(row, OUTCOME_CANCELLED, event);
    }
}

static int row_event(void *arg, const struct event *event, struct err *err)
{
    struct step_rows *rows = arg;
    int rc = 0;

    if (event->type == EVENT_INTENDED)
        rc = row_intended(rows, event, err);
    else if (event->type == EVENT_SETTLED)
        row_settled(rows, event);
    else if (event->type == EVENT_ENDED)
        rows_end(rows, event);
    rows_over(rows, event);
    return rc;
}

static int show_rows(struct step_rows *rows, step_view_fn fn, void *arg)
{
    int rc = 0;

    for (size_t i = 0; i < rows->count && rc == 0; i++) {
        struct step_row *row = &rows->rows[i];
        struct step_view view = row->view;
        view.strand = fixed(row, view.strand);
        view.label = fixed(row, view.label);
        view.name = fixed(row, view.name);
        view.line = fixed(row, view.line);
        view.host = fixed(row, view.host);
        view.outcome.reason = fixed(row, view.outcome.reason);
        rc = fn(arg, &view);
    }
    return rc;
}

static void rows_release(struct step_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        buf_release(&rows->rows[i].text);
    free(rows->rows);
    map_release(&rows->by_intent);
}

struct step_walk {
    struct engine *engine;
    step_view_fn fn;
    void *arg;
    struct err *err;
};

static int walk_steps(void *arg, const struct job_view *view)
{
    struct step_walk *walk = arg;
    struct step_rows rows = { .head = view->head };
    int rc;

    map_init(&rows.by_intent);
    rc = journal_walk(walk->engine, view->head->id, row_event, &rows, walk->err);
    if (rc == 0)
        rc = show_rows(&rows, walk->fn, walk->arg);
    rows_release(&rows);
    return rc;
}

int view_steps(void *core, uint64_t job_id, step_view_fn fn, void *arg, struct err *err)
{
    struct step_walk walk = { core, fn, arg, err };

    return view_job(core, job_id, walk_steps, &walk, err);
}

