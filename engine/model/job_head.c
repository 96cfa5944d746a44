// SPDX-License-Identifier: MIT
// What a job shows: its state, and the head that `get` prints. All derived from
// the fold; nothing here changes a job but its progress.
#include "model/job.h"

#include <assert.h>

#include "model/job_child.h"
#include "model/job_limit.h"
#include "model/question.h"

enum { PROGRESS_TEXT_MAX = 4096 }; // in a head; the record has all of it

enum job_state job_state(const struct job *job)
{
    if (job->ended)
        return job->end_state;
    if (job_is_ending(job))
        return JOB_STOPPING;
    if (job->suspend_asked)
        return job->in_flight ? JOB_SUSPENDING : JOB_SUSPENDED;
    if (job_asks(job))
        return JOB_BLOCKED;
    return job->began_unix_ms ? JOB_RUNNING : JOB_NOT_STARTED;
}

// Of a script that came to its end without a step, it began with the job.
static int64_t began_unix_ms(const struct job *job)
{
    return job->began_unix_ms || job->end_state != JOB_COMPLETED ? job->began_unix_ms
                                                                 : job->created_unix_ms;
}

bool job_is_idle(const struct job *job)
{
    if (job->ended)
        return true;
    if (job->in_flight)
        return false;
    return job->suspend_asked ||
           (list_is_empty(&job->strands.ready) && list_is_empty(&job->strands.asked));
}

bool job_wants_end(const struct job *job, struct event_ended *ret)
{
    if (job->ended || !job->main_ended || job->in_flight)
        return false;
    *ret = (struct event_ended){ .state = JOB_COMPLETED, .value = buf_slice(&job->value) };
    if (!job->main_failed && job_children_stopped(job)) {
        ret->state = JOB_STOPPED;
        ret->reason = buf_slice(&job->reason);
    }
    if (!job->main_failed)
        return true;
    ret->state = job->stop_asked && !job->expired && !job_children_failed(job) ? JOB_STOPPED
                                                                               : JOB_FAILED;
    ret->reason = buf_slice(&job->reason);
    return true;
}

void job_progress(struct job *job, struct slice note_value)
{
    struct value_doc doc;
    msgpack_object v;
    size_t at = 0;

    value_doc_init(&doc);
    if (value_parse(&doc, note_value, &at, &v, NULL) == 0) {
        job->progress_done = (int64_t)value_real(value_get(&v, "done"), 0);
        job->progress_total = (int64_t)value_real(value_get(&v, "total"), 0);
        buf_clear(&job->progress_text);
        buf_add_slice(&job->progress_text,
                      slice_cut(value_bytes(value_get(&v, "text")), PROGRESS_TEXT_MAX));
    }
    value_doc_release(&doc);
}

void job_head_fill(const struct job *job, struct job_head *head, struct child_head *children,
                   struct buf *questions)
{
    const struct event_started *s = &job->started;

    for (size_t i = 0; i < job->child_count; i++)
        children[i] = (struct child_head){ 0 };
    if (!job->ended)
        questions_fill(job, children, questions); // of a suspended job, too: it can be answered
    *head = (struct job_head){
        .id = s->job_id,
        .uuid = s->uuid,
        .type = s->type,
        .state = job_state(job),
        .name = job->name.len ? buf_slice(&job->name) : s->name,
        .command = s->command,
        .reason = buf_slice(&job->reason),
        .meta = s->meta,
        .script_name = s->script_name,
        .script_hash = s->script_hash,
        .created_unix_ms = job->created_unix_ms,
        .started_unix_ms = began_unix_ms(job),
        .ended_unix_ms = job->ended_unix_ms,
        .exit_code = job->child_count == 1 ? job->children[0].exit_code : EXIT_CODE_NONE,
        .auto_remove = s->auto_remove,
        .progress_done = job->progress_done,
        .progress_total = job->progress_total,
        .progress_text = buf_slice(&job->progress_text),
        .questions = buf_slice(questions),
        .schedule = s->schedule,
        .schedule_uuid = s->schedule_uuid,
        .nominal_unix_ms = s->nominal_unix_ms,
        .child_count = job->child_count,
        .children = children,
    };
    for (size_t i = 0; i < job->child_count; i++)
        job_child_head_fill(job, &job->children[i], &children[i]);
}
