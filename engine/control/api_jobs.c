// SPDX-License-Identifier: MIT
// GET /v1/jobs, GET /v1/jobs/ID. A list is read as the client takes it, a block at a time: ten
// thousand jobs neither hold up the loop nor fill the memory. Of the newest, and of those that are asked
// for by id, the ids are noted first.
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "control/api.h"
#include "control/filter.h"
#include "control/job_json.h"
#include "control/json.h"
#include "control/lookup.h"

enum {
    LIST_FILL = 64 * 1024,
    LIST_LOOKS = 4096, // jobs looked at in one fill: those that are taken may be rare
};

void api_jobs_get(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    struct err err = { 0 };
    struct lookup job;
    struct buf row;

    buf_init(&row, 0);
    if (lookup_job(port, exchange_selector(x), &job, &err) < 0 ||
        lookup_row(port, job.id, &row, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_answer_text(x, MHD_HTTP_OK, &row);
    buf_release(&row);
}

struct listed {
    uint64_t id;
    int64_t ended_unix_ms;
};

struct list_state {
    const struct port *port;
    struct filter filter;
    struct listed *jobs; // those noted beforehand, ascending by id
    size_t count, cap, at;
    uint64_t next_id;    // else: where to go on
    size_t looked;       // jobs, during a fill
    bool more;           // the fill ended before the jobs did
    bool failed;         // no memory
    struct buf *out;     // during a fill
};

static void list_free(void *state)
{
    struct list_state *list = state;

    filter_release(&list->filter);
    free(list->jobs);
    free(list);
}

// ---- rows
static void rows_put(struct list_state *list, const struct job_view *view)
{
    const struct job_head *head = view->head;
    struct unread *unread;
    bool counted;

    job_put(view, head->id, list->filter.fields, NULL, list->out);
    buf_add_byte(list->out, '\n');
    if (!list->filter.children)
        return;
    counted = (list->filter.fields & FIELDS_COUNTED) != 0;
    unread = counted ? children_unread(list->port, view) : NULL;
    for (size_t i = 0; i < head->child_count; i++) {
        if (!filter_takes_child(&list->filter, &head->children[i]))
            continue;
        child_put(view, &head->children[i], list->filter.fields, unread ? unread + i : NULL,
                  list->out);
        buf_add_byte(list->out, '\n');
    }
    free(unread);
}

static enum fill list_end(struct list_state *list, int rc, const struct err *err)
{
    if (rc >= 0)
        return list->more ? FILL_MORE : FILL_END;
    exchange_error_line(list->out, err);
    return FILL_END;
}

// ---- all, one after another
static int next_row(void *arg, const struct job_view *view)
{
    struct list_state *list = arg;

    list->next_id = view->head->id + 1;
    if (filter_takes(&list->filter, view))
        rows_put(list, view);
    list->more = list->out->len >= LIST_FILL || ++list->looked == LIST_LOOKS;
    return list->more;
}

static enum fill fill_all(struct exchange *x, void *state, struct buf *out)
{
    struct list_state *list = state;
    struct err err = { 0 };
    bool counted = list->filter.has_more >= 0 || (list->filter.fields & FIELDS_COUNTED);
    int rc;

    (void)x;
    list->out = out;
    list->more = false;
    list->looked = 0;
    rc = list->port->ops->jobs(list->port->core, list->next_id, counted, next_row, list, &err);
    return list_end(list, rc, &err);
}

// ---- those whose ids are known beforehand: asked for by them, or the newest
static int note(struct list_state *list, uint64_t id, int64_t ended_unix_ms)
{
    struct listed *grown = array_room(list->jobs, list->count, &list->cap, sizeof(*grown));

    list->failed = !grown;
    if (!grown)
        return 1;
    list->jobs = grown;
    list->jobs[list->count++] = (struct listed){ id, ended_unix_ms };
    return 0;
}

static int note_taken(void *arg, const struct job_view *view)
{
    struct list_state *list = arg;

    return filter_takes(&list->filter, view)
               ? note(list, view->head->id, view->head->ended_unix_ms) : 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;

    return (x->ended_unix_ms < y->ended_unix_ms) - (x->ended_unix_ms > y->ended_unix_ms);
}

static int lowest_first(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int note_newest(struct list_state *list, struct err *err)
{
    size_t n = (size_t)list->filter.newest;
    int rc = list->port->ops->jobs(list->port->core, 0, list->filter.has_more >= 0, note_taken,
                                   list, err);

    if (rc >= 0 && n < list->count) {
        qsort(list->jobs, list->count, sizeof(*list->jobs), newest_first);
        list->count = n;
        qsort(list->jobs, n, sizeof(*list->jobs), lowest_first);
    }
    return rc;
}

static void note_ids(struct list_state *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->filter.id_count && !list->failed; i++)
        note(list, list->filter.ids[i], 0);
    if (list->count)
        qsort(list->jobs, list->count, sizeof(*list->jobs), lowest_first);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->jobs[i].id != list->jobs[kept - 1].id)
            list->jobs[kept++] = list->jobs[i];
    list->count = kept;
}

// A child's id leads to its job, which is not what was asked for.
static int noted_row(void *arg, const struct job_view *view)
{
    struct list_state *list = arg;

    if (view->head->id == list->jobs[list->at].id &&
        (list->filter.newest >= 0 || filter_takes(&list->filter, view)))
        rows_put(list, view);
    return 1;
}

// A job that was removed since its id was noted is left out.
static enum fill fill_noted(struct exchange *x, void *state, struct buf *out)
{
    struct list_state *list = state;
    struct err err = { 0 };
    int rc = 0;

    (void)x;
    list->out = out;
    for (; list->at < list->count && out->len < LIST_FILL; list->at++) {
        rc = list->port->ops->job(list->port->core, list->jobs[list->at].id, noted_row, list,
                                  &err);
        if (rc < 0 && rc != -ENOENT)
            break;
        rc = 0;
    }
    list->more = list->at < list->count;
    return list_end(list, rc, &err);
}

void api_jobs_list(struct exchange *x)
{
    struct list_state *list = exchange_keep_new(x, sizeof(*list), list_free);
    struct err err = { 0 };
    int rc;

    if (!list)
        return;
    list->port = exchange_port(x);
    rc = filter_init(&list->filter, x, &err);
    if (rc >= 0 && list->filter.newest >= 0)
        rc = note_newest(list, &err);
    else if (rc >= 0)
        note_ids(list);
    if (rc >= 0 && list->failed)
        rc = err_set(&err, -ENOMEM, "out of memory");
    if (rc < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, list->filter.newest >= 0 || list->filter.id_count ? fill_noted
                                                                             : fill_all);
}
