// SPDX-License-Identifier: MIT
// How: an unfinished job is told by an event, so that its head can be made anew from its
// journal whenever its state changes. A finished one has no more events, and its head does
// not change any more: that is written again, with the other name in it.
#include <errno.h>
#include <stdlib.h>

#include "core/change.h"

struct renaming {
    struct engine *engine;
    struct slice name;
};

static int put_renamed(void *arg, const struct job_view *view)
{
    const struct renaming *renaming = arg;
    struct job_head head = *view->head;

    head.name = renaming->name;
    jobs_put(turn_batch(renaming->engine), &head);
    return 0;
}

static int rename_finished(struct engine *engine, const struct found *found, struct slice name,
                           struct err *err)
{
    struct renaming renaming = { engine, name };

    if (!job_state_is_finished(found->committed)) // its last head is on its way to disk
        return err_set(err, -EAGAIN, "job %llu is just ending; ask again in a moment",
                       (unsigned long long)found->id);
    if (reclaim_has(engine, found->id)) // it is being removed, in this turn or the one in flight
        return err_set(err, -ENOENT, "job %llu: no such job", (unsigned long long)found->id);
    if (found->damaged)
        return err_set(err, ERR_STATE, "job %llu is damaged on disk: it has no name that could "
                       "be changed", (unsigned long long)found->id);
    return view_job(engine, found->id, put_renamed, &renaming, err);
}

int change_rename(struct engine *engine, const struct change *change, uint64_t *id,
                  struct err *err)
{
    struct event event = { .type = EVENT_RENAMED, .renamed = { change->name } };
    struct found found;
    struct resident *r;
    int rc = change_find(engine, change->job_id, &found, err);

    if (rc < 0)
        return rc;
    *id = found.id;
    if (change->job_id != found.id)
        return err_set(err, ERR_STATE, "%llu is a child: it is called Job%llu for ever; the "
                       "name of its job is changed by: pawl rename %llu",
                       (unsigned long long)change->job_id, (unsigned long long)change->job_id,
                       (unsigned long long)found.id);
    if (job_state_is_finished(found.state))
        return rename_finished(engine, &found, change->name, err);
    rc = resident_get(engine, found.id, &r, err);
    if (rc < 0)
        return rc;
    if (r->wreck)
        return err_set(err, ERR_STATE, "job %llu cannot be renamed: %.*s",
                       (unsigned long long)found.id, SLICE_ARG(buf_slice(&r->job.reason)));
    return resident_fact(r, &event, err);
}
