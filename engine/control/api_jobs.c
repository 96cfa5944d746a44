// SPDX-License-Identifier: MIT
// GET /v1/jobs, GET /v1/jobs/ID. A list notes the ids first, eight bytes each,
// then reads row by row as the client takes them: ten thousand jobs neither hold
// up the loop nor fill the memory.
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "control/api.h"
#include "control/filter.h"
#include "control/job_json.h"
#include "control/json.h"
#include "control/lookup.h"

enum { LIST_FILL = 64 * 1024 };

void api_jobs_get(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    struct err err = { 0 };
    struct lookup job;
    json_t *row;

    if (lookup_job(port, exchange_selector(x), &job, &err) < 0 ||
        lookup_row(port, job.id, &row, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_answer(x, MHD_HTTP_OK, row);
}

struct listed {
    uint64_t id;
    int64_t ended_unix_ms;
};

struct list_state {
    const struct port *port;
    struct filter filter;
    struct listed *jobs; // ascending by id
    size_t count, cap, at;
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

static int list_note(void *arg, const struct job_view *view)
{
    struct list_state *list = arg;
    struct listed *grown;

    if (!filter_takes(&list->filter, view))
        return 0;
    grown = array_room(list->jobs, list->count, &list->cap, sizeof(*grown));
    list->failed = !grown;
    if (!grown)
        return 1;
    list->jobs = grown;
    list->jobs[list->count++] = (struct listed){ view->head->id, view->head->ended_unix_ms };
    return 0;
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

static void list_keep_newest(struct list_state *list)
{
    size_t n = (size_t)list->filter.newest;

    if (list->filter.newest < 0 || n >= list->count)
        return;
    qsort(list->jobs, list->count, sizeof(*list->jobs), newest_first);
    list->count = n;
    qsort(list->jobs, n, sizeof(*list->jobs), lowest_first);
}

static void row_add(struct list_state *list, json_t *json)
{
    json_line(json, list->out);
    json_decref(json);
}

static int list_rows(void *arg, const struct job_view *view)
{
    struct list_state *list = arg;
    const struct job_head *head = view->head;
    struct unread *unread;

    row_add(list, job_json(view, head->id, NULL));
    if (!list->filter.children)
        return 1;
    unread = children_unread(list->port, view);
    for (size_t i = 0; i < head->child_count; i++)
        if (filter_takes_child(&list->filter, &head->children[i]))
            row_add(list, child_json(view, &head->children[i], unread ? unread + i : NULL));
    free(unread);
    return 1;
}

// A job that was removed since its id was noted is left out.
static enum fill list_fill(struct exchange *x, void *state, struct buf *out)
{
    struct list_state *list = state;
    struct err err = { 0 };
    int rc = 0;

    (void)x;
    list->out = out;
    while (list->at < list->count && out->len < LIST_FILL && (rc >= 0 || rc == -ENOENT))
        rc = list->port->ops->job(list->port->core, list->jobs[list->at++].id, list_rows, list,
                                  &err);
    if (rc < 0 && rc != -ENOENT) {
        exchange_error_line(out, &err);
        return FILL_END;
    }
    return list->at == list->count ? FILL_END : FILL_MORE;
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
    if (rc >= 0)
        rc = list->port->ops->jobs(list->port->core, list->filter.has_more >= 0, list_note, list,
                                   &err);
    if (rc >= 0 && list->failed)
        rc = err_set(&err, -ENOMEM, "out of memory");
    if (rc < 0) {
        exchange_fail(x, &err);
        return;
    }
    list_keep_newest(list);
    exchange_stream(x, list_fill);
}
