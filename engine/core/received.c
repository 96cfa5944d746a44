// SPDX-License-Identifier: MIT
// How: each source of a job's records has a mark, and one mark stands for them all
// (model/marks.h), so that receiving a job of five hundred hosts writes one row. While
// no source is ahead of the rest, what is unread is a difference of two numbers; else the
// records behind the common mark have been counted (unread.h).
//
// A mark that was asked for and is on its way to disk is among the pending changes: it
// is never gone behind, and never shown.
#include <errno.h>

#include "core/change.h"
#include "core/unread.h"

// ---- the marks of a job
static int pending_add(const struct engine *engine, uint64_t job_id, struct marks *marks,
                       struct err *err)
{
    list_each(it, &engine->pendings) {
        const struct pending *pending = container_of(it, struct pending, link);
        if (pending->mark_seq && pending->id == job_id &&
            marks_raise(marks, pending->mark_source, pending->mark_seq) < 0)
            return err_set(err, -ENOMEM, "no memory for the reading marks of a job");
    }
    return 0;
}

int received_marks(void *core, uint64_t job_id, struct marks *ret, struct err *err)
{
    struct engine *engine = core;
    uint64_t parent;
    int rc = jobs_parent(engine->store, job_id, &parent, err);

    return rc == 0 ? marks_load(engine->store, parent, ret, err) : rc;
}

// ---- counting
// The head of a finished job tells what was written; of others, and in one that an older
// Pawl wrote, the records do.
static int count_written(struct engine *engine, const struct job_head *head, uint64_t *seq,
                         uint64_t *bytes)
{
    *seq = head->last_seq;
    *bytes = head->output_bytes;
    if (head->counted && job_state_is_finished(head->state))
        return 0;
    return records_end(engine->store, head->id, seq, bytes, NULL);
}

void received_count(struct engine *engine, struct job_view *view)
{
    uint64_t job_id = view->head->id, bytes = 0, read = 0;
    const struct unread_count *count;
    struct marks marks = { 0 };

    if (count_written(engine, view->head, &view->last_seq, &bytes) < 0 ||
        view->last_seq == 0 || marks_load(engine->store, job_id, &marks, NULL) < 0 ||
        marks.all >= view->last_seq) {
        marks_release(&marks);
        return;
    }
    if (marks_differ(&marks) &&
        unread_count_get(engine, job_id, &marks, view->last_seq, &count, NULL) >= 0) {
        view->unread = unread_count_sum(count).records;
        view->bytes = unread_count_sum(count).bytes;
    } else {
        if (marks.all)
            records_before(engine->store, job_id, marks.all + 1, &read, NULL);
        view->unread = view->last_seq - marks.all;
        view->bytes = bytes - read;
    }
    marks_release(&marks);
}

int received_unread(void *core, const struct job_head *head, struct unread *ret, struct err *err)
{
    struct engine *engine = core;
    const struct unread_count *count;
    struct marks marks = { 0 };
    uint64_t last_seq = 0, bytes;
    int rc = marks_load(engine->store, head->id, &marks, err);

    if (rc == 0)
        rc = count_written(engine, head, &last_seq, &bytes);
    if (rc >= 0)
        rc = unread_count_get(engine, head->id, &marks, last_seq, &count, err);
    for (size_t i = 0; i < head->child_count && rc >= 0; i++)
        ret[i] = unread_count_of(count, head->children[i].id);
    marks_release(&marks);
    return rc < 0 ? rc : 0;
}

// ---- everything?
struct search {
    const struct marks *marks;
    uint64_t job_id;
    bool found;
};

static int find_unread(void *arg, const struct record *record, bool gap)
{
    struct search *search = arg;
    uint64_t source = mark_source(search->job_id, gap ? 0 : record->child_id);

    search->found = record->seq > marks_at(search->marks, source);
    return search->found;
}

static bool is_all_received(struct engine *engine, const struct found *found,
                            const struct marks *marks)
{
    struct search search = { .marks = marks, .job_id = found->id };

    if (marks->all >= found->last_seq)
        return true;
    return marks_differ(marks) && records_scan(engine->store, found->id, marks->all + 1,
                                               find_unread, &search, NULL) >= 0 && !search.found;
}

// Of a finished job: is it about to be removed by a mark on its way?
static bool is_awaited(struct engine *engine, const struct found *found, struct marks *marks)
{
    return pending_add(engine, found->id, marks, NULL) == 0 &&
           is_all_received(engine, found, marks);
}

bool received_sweep(struct engine *engine, uint64_t job_id)
{
    struct marks marks = { 0 };
    struct found found;
    bool done = true;

    if (engine->stuck)
        return false;
    if (change_find(engine, job_id, &found, NULL) < 0 || !found.auto_remove)
        return true;
    if (!job_state_is_finished(found.committed))
        return !job_state_is_finished(found.state);
    if (marks_load(engine->store, found.id, &marks, NULL) == 0) {
        if (is_all_received(engine, &found, &marks))
            change_tombstone(engine, &found);
        else // the mark that is missing removes it
            done = !is_awaited(engine, &found, &marks);
    }
    marks_release(&marks);
    return done;
}

// ---- the change
uint64_t change_mark_source(const struct change *change, uint64_t job_id)
{
    if (change->job_id != job_id)
        return change->job_id;
    return change->own ? job_id : MARK_ALL;
}

static int mark_take(struct engine *engine, const struct change *change,
                     const struct found *found, struct marks *marks, struct err *err)
{
    uint64_t source = change_mark_source(change, found->id);
    uint64_t seq = change->seq < found->last_seq ? change->seq : found->last_seq;
    int rc = marks_load(engine->store, found->id, marks, err);

    if (rc == 0)
        rc = pending_add(engine, found->id, marks, err);
    if (rc < 0 || seq <= marks_at(marks, source))
        return rc;
    marks_put(turn_batch(engine), found->id, source, seq);
    if (marks_raise(marks, source, seq) < 0)
        return err_set(err, -ENOMEM, "no memory for the reading marks of a job");
    return 0;
}

int change_mark(struct engine *engine, const struct change *change, uint64_t *id,
                struct err *err)
{
    struct marks marks = { 0 };
    struct found found;
    int rc = change_find(engine, change->job_id, &found, err);

    if (rc < 0)
        return rc;
    *id = found.id;
    if (reclaim_has(engine, found.id)) // it is being removed: a row would be left behind
        return err_set(err, -ENOENT, "job %llu: no such job", (unsigned long long)found.id);
    rc = mark_take(engine, change, &found, &marks, err);
    // --auto-remove: once it is over and all of it has been received.
    if (rc == 0 && found.auto_remove && job_state_is_finished(found.committed) &&
        is_all_received(engine, &found, &marks))
        change_tombstone(engine, &found);
    marks_release(&marks);
    return rc;
}
