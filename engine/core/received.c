// SPDX-License-Identifier: MIT
// How: each source of a job's records has a mark, and one mark stands for them all
// (model/marks.h), so that receiving a job of five hundred hosts writes one row. While
// no source is ahead of the rest, what is unread is a difference of two numbers; else the
// records behind the common mark are looked at, one by one.
//
// A mark that was asked for and is on its way to disk is among the pending changes: it
// is never gone behind, and never shown.
#include <errno.h>
#include <string.h>

#include "core/change.h"

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
struct count {
    const struct marks *marks;
    uint64_t job_id;
    const struct job_head *head; // NULL: only the sum is wanted
    struct unread *each;         // of its children
    struct unread sum;
};

static size_t child_place(const struct job_head *head, uint64_t id)
{
    size_t low = 0, high = head->child_count; // they are only added, by ascending id

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (head->children[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int count_record(void *arg, const struct record *record, bool gap)
{
    struct count *count = arg;
    uint64_t source = mark_source(count->job_id, record->child_id);
    size_t at;

    if (record->seq <= marks_at(count->marks, source))
        return 0;
    count->sum.records++;
    count->sum.bytes += record->data.len;
    at = count->head && !gap ? child_place(count->head, source) : SIZE_MAX;
    if (at < (count->head ? count->head->child_count : 0) &&
        count->head->children[at].id == source) {
        count->each[at].records++;
        count->each[at].bytes += record->data.len;
    }
    return 0;
}

static int count_all(struct engine *engine, struct count *count, struct err *err)
{
    return records_scan(engine->store, count->job_id, count->marks->all + 1, count_record, count,
                        err);
}

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
    struct marks marks = { 0 };
    struct count count = { .marks = &marks, .job_id = job_id };

    if (count_written(engine, view->head, &view->last_seq, &bytes) < 0 ||
        view->last_seq == 0 || marks_load(engine->store, job_id, &marks, NULL) < 0 ||
        marks.all >= view->last_seq) {
        marks_release(&marks);
        return;
    }
    if (marks_differ(&marks) && count_all(engine, &count, NULL) >= 0) {
        view->unread = count.sum.records;
        view->bytes = count.sum.bytes;
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
    struct marks marks = { 0 };
    struct count count = { .marks = &marks, .job_id = head->id, .head = head, .each = ret };
    int rc;

    memset(ret, 0, head->child_count * sizeof(*ret));
    rc = marks_load(engine->store, head->id, &marks, err);
    if (rc == 0)
        rc = count_all(engine, &count, err);
    marks_release(&marks);
    return rc < 0 ? rc : 0;
}

// ---- everything?
static int stop_at_unread(void *arg, const struct record *record, bool gap)
{
    (void)gap;
    return count_record(arg, record, true) || ((struct count *)arg)->sum.records > 0;
}

static bool is_all_received(struct engine *engine, const struct found *found,
                            const struct marks *marks)
{
    struct count count = { .marks = marks, .job_id = found->id };

    if (marks->all >= found->last_seq)
        return true;
    return marks_differ(marks) &&
           records_scan(engine->store, found->id, marks->all + 1, stop_at_unread, &count, NULL) >= 0 &&
           count.sum.records == 0;
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
