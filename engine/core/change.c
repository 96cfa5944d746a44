// SPDX-License-Identifier: MIT
// How: a change becomes events of its job, or rows, in the open batch, and its
// answer an action of that batch. A request uuid that was answered before gets
// that answer; one that is still on its way to disk waits for the same commit.
#include "core/change.h"

#include <errno.h>
#include <stdlib.h>

#include "base/duration.h"
#include "model/job_limit.h"
#include "model/question.h"

// ---- requests that were made before

static bool answered_before(struct engine *engine, const struct change *change, change_fn fn,
                            void *arg)
{
    struct buf answer;
    msgpack_object v;
    size_t at = 0;
    bool found = false;

    if (uuid_is_nil(change->request))
        return false;
    list_each(it, &engine->pendings) {
        struct pending *pending = container_of(it, struct pending, link);
        if (uuid_equal(pending->request, change->request)) {
            struct change again = *change;
            again.request = (struct uuid){ 0 }; // it is in the batch already
            turn_reply(engine, &again, pending->id, fn, arg);
            return true;
        }
    }
    buf_init(&answer, 0);
    if (requests_get(engine->store, change->request, &answer, NULL) == 0 &&
        value_parse(&engine->doc, buf_slice(&answer), &at, &v, NULL) == 0) {
        struct change again = *change;
        again.request = (struct uuid){ 0 };
        turn_reply(engine, &again, value_uint(value_at(&v, 0), 0), fn, arg);
        found = true;
    }
    buf_release(&answer);
    return found;
}

// ---- finding the job

static int found_view(void *arg, const struct job_view *view)
{
    struct found *found = arg;

    found->id = view->head->id;
    found->uuid = view->head->uuid;
    found->state = found->committed = view->head->state;
    found->auto_remove = view->head->auto_remove;
    found->child_count = view->head->child_count;
    found->damaged = view->damaged;
    found->last_seq = view->last_seq;
    found->ended_unix_ms = view->head->ended_unix_ms;
    return 0;
}

int change_find(struct engine *engine, uint64_t id, struct found *found, struct err *err)
{
    struct resident *r;
    int rc;

    *found = (struct found){ 0 };
    rc = view_job(engine, id, found_view, found, err);
    if (rc < 0)
        return rc;
    r = map_get(&engine->residents, found->id);
    if (r)
        found->state = job_state(&r->job); // newer than what is committed
    return 0;
}

// The head tells: a job that cannot be replayed does not know all of its children.
int change_is_part(struct engine *engine, uint64_t id, bool *ret, struct err *err)
{
    struct found found;
    int rc = change_find(engine, id, &found, err);

    // One that cannot be read may have had several.
    *ret = rc == 0 && id != found.id && (found.child_count > 1 || found.damaged);
    return rc;
}

static int refuse_finished(const struct found *found, const char *verb, struct err *err)
{
    if (!job_state_is_finished(found->state))
        return 0;
    return err_set(err, ERR_STATE, "job %llu is %s: it cannot be %s any more",
                   (unsigned long long)found->id, job_state_name(found->state), verb);
}

int change_unfinished(struct engine *engine, uint64_t id, const char *verb,
                      struct resident **ret, struct err *err)
{
    struct found found;
    int rc = change_find(engine, id, &found, err);

    if (rc == 0)
        rc = refuse_finished(&found, verb, err);
    return rc < 0 ? rc : resident_get(engine, found.id, ret, err);
}

// ---- suspend, resume, signal

// Those that were in flight before the wish. A reboot cannot be taken back.
static void kill_in_flight(struct resident *r, uint64_t wish_no, int64_t grace_ms)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->intent_no < wish_no && !attempt->reboots)
            dispatch_kill(r, attempt, grace_ms);
    }
}

// One host alone can be stopped, and nothing else.
static int refuse_part(struct engine *engine, uint64_t id, const struct resident *r,
                       const char *verb, const char *done, struct err *err)
{
    bool is_part;
    int rc = change_is_part(engine, id, &is_part, err);

    if (rc < 0 || !is_part)
        return rc;
    return err_set(err, ERR_STATE, "%llu is a part of job %llu: it can be stopped alone, but not "
                   "%s: pawl %s %llu", (unsigned long long)id, (unsigned long long)r->id, done,
                   verb, (unsigned long long)r->id);
}

static int change_suspend(struct engine *engine, const struct change *change, uint64_t *id,
                          struct err *err)
{
    struct event event = { .type = EVENT_SUSPEND_ASKED };
    struct resident *r;
    int rc = change_unfinished(engine, change->job_id, "suspended", &r, err);

    if (rc == 0)
        rc = refuse_part(engine, change->job_id, r, "suspend", "suspended", err);
    if (rc < 0)
        return rc;
    *id = r->id;
    if (job_is_ending(&r->job))
        return err_set(err, ERR_STATE, "job %llu is being stopped: it cannot be suspended",
                       (unsigned long long)r->id);
    if (r->job.suspend_asked && (!change->force || r->job.suspend_force))
        return 0;
    if (r->wreck)
        return err_set(err, ERR_STATE, "job %llu is suspended already, and has no script that "
                       "could be cut off: %.*s; what it has begun is killed by: pawl stop %llu",
                       (unsigned long long)r->id, SLICE_ARG(buf_slice(&r->job.reason)),
                       (unsigned long long)r->id);
    event.suspend_asked.force = change->force;
    event.suspend_asked.reason = SLICE("suspended by request");
    rc = resident_fact(r, &event, err);
    if (rc == 0 && change->force)
        kill_in_flight(r, event.no, GRACE_MS);
    return rc;
}

static int refuse_wreck(const struct resident *r, struct err *err)
{
    return err_set(err, ERR_STATE, "job %llu cannot be resumed: %.*s",
                   (unsigned long long)r->id, SLICE_ARG(buf_slice(&r->job.reason)));
}

// A wreck is replayed once more: what broke it may have been mended. Not one whose
// suspension is still on its way to disk: it was replayed just now.
static int mend(struct engine *engine, struct resident **r, struct err *err)
{
    uint64_t id = (*r)->id;
    int rc;

    if (!(*r)->wreck && !(*r)->dead)
        return 0;
    if ((*r)->wreck && ((*r)->in_open || (*r)->in_flying))
        return refuse_wreck(*r, err);
    if ((*r)->dead)
        return err_set(err, -EAGAIN, "job %llu is being suspended; try again in a moment",
                       (unsigned long long)id);
    resident_free(*r);
    engine->parked++;
    rc = resident_get(engine, id, r, err);
    return rc == 0 && (*r)->wreck ? refuse_wreck(*r, err) : rc;
}

static int change_resume(struct engine *engine, const struct change *change, uint64_t *id,
                         struct err *err)
{
    struct event event = { .type = EVENT_RESUMED };
    struct resident *r;
    int rc = change_unfinished(engine, change->job_id, "resumed", &r, err);

    if (rc == 0)
        rc = refuse_part(engine, change->job_id, r, "resume", "resumed", err);
    if (rc < 0)
        return rc;
    *id = r->id;
    rc = mend(engine, &r, err);
    if (rc < 0)
        return rc;
    if (!r->job.suspend_asked)
        return err_set(err, ERR_STATE, "job %llu is %s, not Suspended: there is nothing to resume",
                       (unsigned long long)r->id, job_state_name(job_state(&r->job)));
    rc = resident_fact(r, &event, err);
    if (rc == 0)
        alarm_resume(r); // what came due meanwhile
    return rc;
}

static int change_signal(struct engine *engine, const struct change *change, uint64_t *id,
                         struct err *err)
{
    struct event event = { .type = EVENT_SIGNALLED };
    struct resident *r;
    int rc = change_unfinished(engine, change->job_id, "signalled", &r, err);

    if (rc < 0)
        return rc;
    *id = r->id;
    if (r->wreck)
        return err_set(err, ERR_STATE, "job %llu cannot take a signal: %.*s",
                       (unsigned long long)r->id, SLICE_ARG(buf_slice(&r->job.reason)));
    event.signalled.name = change->signal_name;
    event.signalled.value = change->signal_value;
    return resident_fact(r, &event, err);
}

// Of a child only what is asked on its host.
static struct slice host_of_child(const struct resident *r, uint64_t id)
{
    for (size_t i = 0; i < r->job.child_count; i++)
        if (r->job.children[i].id == id && r->job.child_count > 1)
            return buf_slice(&r->job.children[i].host);
    return (struct slice){ 0 };
}

static int change_answer(struct engine *engine, const struct change *change, uint64_t *id,
                         struct err *err)
{
    struct event event = { .type = EVENT_SETTLED };
    struct strand *strand = NULL;
    struct resident *r;
    struct buf given;
    int rc = change_unfinished(engine, change->job_id, "answered", &r, err);

    if (rc < 0)
        return rc;
    *id = r->id;
    if (r->wreck)
        return err_set(err, ERR_STATE, "job %llu cannot take an answer: %.*s",
                       (unsigned long long)r->id, SLICE_ARG(buf_slice(&r->job.reason)));
    buf_init(&given, 0);
    rc = question_find(&r->job, change->question_no, host_of_child(r, change->job_id), &strand, err);
    if (rc == 0)
        rc = question_answer(strand, change->answer, &given, err);
    if (rc == 0) {
        event.settled.intent_no = strand->step.intent_no;
        event.settled.outcome = (struct outcome){ .kind = OUTCOME_VALUE,
                                                  .value = buf_slice(&given) };
        rc = resident_fact(r, &event, err);
    }
    buf_release(&given);
    return rc;
}

// ---- remove

static int drop_known(void *arg, const struct job_view *view)
{
    struct engine *engine = arg;

    for (size_t i = 0; i < view->head->child_count; i++)
        jobs_index_del(engine->open, view->head->children[i].id, view->head->children[i].uuid);
    text_refs_drop_head(engine, view->head);
    return 0;
}

// A job that ends now may have some that its head on disk does not know yet.
static void drop_new_children(struct batch *batch, const struct resident *r)
{
    for (size_t i = 0; i < r->job.child_count; i++)
        jobs_index_del(batch, r->job.children[i].id, r->job.children[i].uuid);
}

// Asked twice before the first is on disk, it is done once.
void change_tombstone(struct engine *engine, const struct found *found)
{
    struct job_head head = { .id = found->id, .uuid = found->uuid, .removing = true,
                             .state = JOB_STOPPED };
    struct batch *batch = turn_batch(engine);
    struct resident *r = map_get(&engine->residents, found->id);

    if (reclaim_has(engine, found->id))
        return;
    view_job(engine, found->id, drop_known, engine, NULL);
    if (r) {
        r->removed = true; // its head must not come back with this turn
        drop_new_children(batch, r);
    }
    jobs_put(batch, &head);
    jobs_index_del(batch, found->id, found->uuid);
    active_del(batch, found->id);
    ended_remove(engine, found->id, found->ended_unix_ms);
    reclaim_add(engine, found->id);
    schedules_removed(engine, found->id);
}

// One that cannot be woken, for damage or whatever else, can still be removed.
static int end_to_remove(struct engine *engine, uint64_t id, struct err *err)
{
    struct change stop = { .kind = CHANGE_STOP, .job_id = id, .force = true };
    struct resident *r;
    struct err why;

    if (resident_get(engine, id, &r, &why) == 0)
        return change_stop(engine, &stop, &id, err);
    engine_log(engine, LOG_WARNING, "job=%llu is removed, and could not be woken: %s",
               (unsigned long long)id, err_text(&why));
    return 0;
}

int change_remove(struct engine *engine, const struct change *change, uint64_t *id,
                  struct err *err)
{
    struct found found;
    int rc = change_find(engine, change->job_id, &found, err);

    if (rc < 0)
        return rc;
    *id = found.id;
    if (change->job_id != found.id)
        return err_set(err, ERR_STATE, "%llu is a child of job %llu: a child cannot be removed alone",
                       (unsigned long long)change->job_id, (unsigned long long)found.id);
    if (!job_state_is_finished(found.state) && !change->force)
        return err_set(err, ERR_STATE, "job %llu is %s: stop it first, or remove it with --force",
                       (unsigned long long)found.id, job_state_name(found.state));
    if (found.damaged && !change->force)
        return err_set(err, ERR_STATE, "job %llu is damaged on disk, and nobody knows whether it has "
                       "finished: remove it with --force", (unsigned long long)found.id);
    if (!job_state_is_finished(found.state))
        rc = end_to_remove(engine, found.id, err);
    if (rc == 0)
        change_tombstone(engine, &found);
    return rc;
}

// One that is not what it was said to be is left to people, and not looked at again.
void change_expire(struct engine *engine, const struct ended_job *job)
{
    struct found found;
    int rc = change_find(engine, job->id, &found, NULL);

    if (rc == 0 && !found.damaged && job_state_is_finished(found.committed))
        change_tombstone(engine, &found);
    ended_remove(engine, job->id, job->ended_unix_ms);
}

int change_take(void *core, const struct change *change, change_fn fn, void *arg, struct err *err)
{
    static int (*const take[])(struct engine *, const struct change *, uint64_t *, struct err *) = {
        [CHANGE_START] = change_start,     [CHANGE_STOP] = change_stop,
        [CHANGE_SUSPEND] = change_suspend, [CHANGE_RESUME] = change_resume,
        [CHANGE_SIGNAL] = change_signal,   [CHANGE_ANSWER] = change_answer,
        [CHANGE_REMOVE] = change_remove,   [CHANGE_MARK] = change_mark,
        [CHANGE_RETRY] = change_retry,     [CHANGE_RENAME] = change_rename,
        [CHANGE_SCHEDULE_ADD] = change_schedule_add,
        [CHANGE_SCHEDULE_ENABLE] = change_schedule_enable,
        [CHANGE_SCHEDULE_DISABLE] = change_schedule_disable,
        [CHANGE_SCHEDULE_REMOVE] = change_schedule_remove,
        [CHANGE_SCHEDULE_RUN] = change_schedule_run,
        [CHANGE_RETENTION] = change_retention,
    };
    struct engine *engine = core;
    struct resident *r;
    uint64_t id = 0;
    int rc;

    if (engine->stopping)
        return err_set(err, -ESHUTDOWN, "the engine is stopping; ask again");
    if (engine->stuck)
        return err_set(err, -ENOSPC, "nothing can be changed until there is space: %.300s",
                       engine->full_text);
    if (answered_before(engine, change, fn, arg))
        return 0;
    if (turn_bytes(engine) >= TURN_BYTES_ASKED_MAX)
        return err_set(err, -EAGAIN, "the engine has %d MiB to write before it can take more; ask "
                       "again in a moment", TURN_BYTES_ASKED_MAX >> 20);
    rc = take[change->kind](engine, change, &id, err);
    if (rc < 0) {
        r = map_get(&engine->residents, change->job_id);
        if (r) // perhaps woken for nothing
            resident_park_if_idle(r);
        return rc;
    }
    turn_reply(engine, change, id, fn, arg);
    return 0;
}
