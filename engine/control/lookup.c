// SPDX-License-Identifier: MIT
// Ids and ID:HOST are one read; a uuid is looked for in all jobs.
#include "control/lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "control/job_json.h"
#include "control/query.h"

static int no_such_job(const char *selector, struct err *err)
{
    return err_set(err, -ENOENT, "job %.80s: no such job", selector);
}

// ---- by id, and by ID:HOST
struct by_id {
    uint64_t id;
    struct slice host; // empty: any
    struct lookup *ret;
    bool found;
};

static int by_id_look(void *arg, const struct job_view *view)
{
    struct by_id *by = arg;
    const struct job_head *head = view->head;

    if (head->removing)
        return 1;
    by->ret->job_id = head->id;
    by->ret->id = by->id;
    by->found = by->host.len == 0;
    for (size_t i = 0; i < head->child_count && !by->found; i++) {
        by->found = slice_equal(head->children[i].host, by->host);
        by->ret->id = head->children[i].id;
    }
    return 1;
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

static int lookup_by_id(const struct port *port, const char *selector, struct lookup *ret,
                        struct err *err)
{
    const char *colon = strchr(selector, ':');
    struct slice digits = colon ? slice_of(selector, (size_t)(colon - selector))
                                : slice_str(selector);
    struct by_id by = { .ret = ret, .host = slice_str(colon ? colon + 1 : NULL) };
    int64_t id;
    int rc;

    if (number_parse(digits, &id) < 0) {
        if (is_number(digits)) // too large for us: nobody has it
            return no_such_job(selector, err);
        return err_set(err, ERR_USAGE, "%.80s is not a job: give an id, a uuid, or ID:HOST",
                       selector);
    }
    by.id = (uint64_t)id;
    rc = port->ops->job(port->core, by.id, by_id_look, &by, err);
    if (rc == -ENOENT || (rc >= 0 && !by.found && !colon))
        return no_such_job(selector, err);
    if (rc >= 0 && !by.found)
        return err_set(err, -ENOENT, "job %.*s has no child on host %.80s", SLICE_ARG(digits),
                       colon + 1);
    return rc < 0 ? rc : 0;
}

// ---- by uuid
struct by_uuid {
    struct uuid uuid;
    struct lookup *ret;
    bool found;
};

static int by_uuid_look(void *arg, const struct job_view *view)
{
    struct by_uuid *by = arg;
    const struct job_head *head = view->head;
    uint64_t id = uuid_equal(head->uuid, by->uuid) ? head->id : 0;

    for (size_t i = 0; i < head->child_count && !id; i++)
        if (uuid_equal(head->children[i].uuid, by->uuid))
            id = head->children[i].id;
    if (!id || head->removing)
        return 0;
    *by->ret = (struct lookup){ .id = id, .job_id = head->id };
    by->found = true;
    return 1;
}

int lookup_job(const struct port *port, const char *selector, struct lookup *ret,
               struct err *err)
{
    struct by_uuid by = { .ret = ret };
    int rc;

    if (uuid_parse(slice_str(selector), &by.uuid) < 0)
        return lookup_by_id(port, selector, ret, err);
    rc = port->ops->jobs(port->core, 0, false, by_uuid_look, &by, err);
    if (rc < 0)
        return rc;
    return by.found ? 0 : no_such_job(selector, err);
}

// ---- rows
struct row_of {
    const struct port *port;
    uint64_t id;
    struct buf *out;
    bool found;
};

static int row_look(void *arg, const struct job_view *view)
{
    struct row_of *row = arg;
    struct unread *unread = NULL;

    row->found = !view->head->removing;
    if (row->found && row->id != view->head->id)
        unread = children_unread(row->port, view);
    if (row->found)
        job_put(view, row->id, FIELDS_ALL, unread, row->out);
    free(unread);
    return 1;
}

int lookup_row(const struct port *port, uint64_t id, struct buf *out, struct err *err)
{
    struct row_of row = { .port = port, .id = id, .out = out };
    int rc = port->ops->job(port->core, id, row_look, &row, err);

    if (rc < 0)
        return rc;
    if (!row.found)
        return err_set(err, -ENOENT, "job %llu: no such job", (unsigned long long)id);
    return buf_failed(out) ? err_set(err, -ENOMEM, "out of memory") : 0;
}
