// SPDX-License-Identifier: MIT
// How: every event that was written of a job is folded and its strands run again
// with what the journal says, until the job stands where it stood. The count of notes each
// event's strands make must be the recorded one. Then what was in flight is taken
// up: commands are attached, a once() that was cut off is settled as interrupted.
//
// A journal that cannot be replayed (divergence, budget, damage) gives a wreck:
// the job without its script, suspended with the reason.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/state.h"

// ---- replay

static int load_script(struct resident *r, struct err *err)
{
    struct texts texts;
    int rc = texts_load(r->engine, &r->job.started, &texts, err);

    if (rc == 0)
        rc = resident_script(r, &texts, err);
    texts_release(&texts);
    return rc;
}

static int check_notes(const struct resident *r, const struct event *event, struct err *err)
{
    if (r->notes == event->notes)
        return 0;
    return err_set(err, ERR_DIVERGED,
                   "event %llu: the journal says the script wrote %u records here, it wrote %u",
                   (unsigned long long)event->no, event->notes, r->notes);
}

static int replay_event(void *arg, const struct event *event, struct err *err)
{
    struct resident *r = arg;
    int rc = job_apply(&r->job, event, err);

    r->journal_bytes += event->bytes;
    if (rc == 0 && event->type == EVENT_STARTED)
        rc = load_script(r, err);
    if (rc == 0 && event->notes == EVENT_UNRUN) // they run at RESUMED: the row is gone by then
        return strands_keep(&r->job.strands, err);
    if (rc < 0)
        return rc;
    r->notes = 0;
    rc = resident_run(r, err);
    return rc < 0 ? rc : check_notes(r, event, err);
}

static int replay(struct resident *r, struct err *err)
{
    int rc;

    r->replaying = true;
    rc = journal_walk(r->engine, r->id, replay_event, r, err);
    r->replaying = false;
    r->recovered_no = r->job.last_no;
    if (rc == 0 && r->job.last_no == 0)
        return err_set(err, ERR_CORRUPT, "its journal is empty");
    return rc;
}

// ---- what cannot be replayed

struct tally {
    struct job *job;
    uint64_t last_no;
};

static int tally_event(void *arg, const struct event *event, struct err *err)
{
    struct tally *tally = arg;

    tally->last_no = event->no;
    if (event->type == EVENT_STARTED)
        return job_apply(tally->job, event, err);
    if (event->type == EVENT_INTENDED)
        job_begin(tally->job, event);
    if (event->time_unix_ms > tally->job->time_unix_ms)
        tally->job->time_unix_ms = event->time_unix_ms;
    return 0;
}

struct told {
    struct slice reason;
    bool is_told;
};

static int compare_reason(void *arg, const struct job_view *view)
{
    struct told *told = arg;

    told->is_told = view->head->state == JOB_SUSPENDED &&
                    slice_equal(view->head->reason, told->reason);
    return 0;
}

// Is the job suspended already, by what is committed, and for this reason?
static bool is_told(const struct resident *r, struct slice reason)
{
    struct told told = { .reason = reason };

    return view_job(r->engine, r->id, compare_reason, &told, NULL) == 0 && told.is_told;
}

// Folds it without a word in the journal.
static int fold_unwritten(struct resident *r, struct event *event, struct err *err)
{
    int64_t now = r->engine->world.ops->wall_ms(r->engine->world.self);

    event->no = r->job.last_no + 1;
    event->time_unix_ms = now > r->job.time_unix_ms ? now : r->job.time_unix_ms;
    return job_apply(&r->job, event, err);
}

int resident_end_unwritten(struct resident *r, struct event *ended, struct err *err)
{
    int rc = fold_unwritten(r, ended, err);

    if (rc < 0)
        return rc;
    r->head_dirty = true;
    turn_touch(r);
    alarm_forget(r);
    if (r->job.started.auto_remove)
        sweep_add(r->engine, r->id);
    schedules_ended(r->engine, r->id);
    return 0;
}

static void suspend_wreck(struct resident *r, int why, const struct err *reason)
{
    struct event event = { .type = EVENT_SUSPENDED };
    bool told = is_told(r, slice_str(err_text(reason)));
    struct err err;
    int rc;

    event.suspended.cause = resident_cause_of(why);
    event.suspended.reason = slice_str(err_text(reason));
    if (told && why != ERR_CORRUPT) { // its journal says so: that event is folded again
        r->job.last_no--;
        rc = fold_unwritten(r, &event, &err);
    } else if (why == ERR_CORRUPT) {
        // Rows behind the damaged one may be sound, and nobody knows their numbers:
        // nothing is written into that journal any more; only the head says so.
        rc = fold_unwritten(r, &event, &err);
        r->head_dirty = !told;
        if (!told)
            turn_touch(r);
    } else {
        rc = resident_fact(r, &event, &err);
    }
    if (rc < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
}

// Keeps of the job what needs no script: what it is, and where its journal ends.
static int make_wreck(struct resident *r, const struct err *reason, struct err *err)
{
    struct tally tally = { .job = &r->job };
    int rc;

    engine_log(r->engine, LOG_WARNING, "job=%llu cannot be replayed: %s",
               (unsigned long long)r->id, err_text(reason));
    job_release(&r->job);
    script_free(r->script);
    r->script = NULL;
    r->wreck = true;
    rc = journal_walk(r->engine, r->id, tally_event, &tally, err);
    if (rc < 0 && rc != ERR_CORRUPT)
        return rc;
    if (r->job.last_no == 0)
        return err_set(err, ERR_CORRUPT, "job %llu: the first record of its journal is damaged; "
                       "it can only be removed: pawl remove --force %llu",
                       (unsigned long long)r->id, (unsigned long long)r->id);
    r->job.last_no = tally.last_no;
    return resident_index(r, err);
}

static bool is_wreckage(int rc)
{
    return rc == ERR_DIVERGED || rc == ERR_BUDGET || rc == ERR_MEMORY || rc == ERR_SCRIPT ||
           rc == ERR_CORRUPT || rc == ERR_STATE;
}

// ---- taking up what was in flight

static int take_up(struct resident *r, struct err *err)
{
    struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&r->job.strands.by_intent, &at))) {
        if (strand->step.state == STEP_INTENDED && strand->step.effect.kind == EFFECT_COMMAND &&
            attempt_begin(r, strand, ACT_ATTACH) < 0)
            return err_set(err, -ENOMEM, "no memory for an attempt");
    }
    dispatch_interrupt_once(r);
    return r->dead ? 0 : resident_intend(r, err);
}

static int wake(struct resident *r, struct err *err)
{
    struct err why;
    int rc, made;

    r->alarmed = true; // in its former life
    rc = replay(r, &why);
    if (rc < 0 && !is_wreckage(rc))
        return err_set(err, rc, "%s", err_text(&why));
    made = rc < 0 ? make_wreck(r, &why, err) : 0;
    if (made < 0)
        return made;
    if (records_end(r->engine->store, r->id, &r->seq, &r->bytes, err) < 0)
        return -EIO;
    filing_take_over(r);
    r->active_row = r->engine->recovering;
    r->head_state = job_state(&r->job);
    r->head_child_ends = r->job.child_ends;
    if (r->wreck) {
        suspend_wreck(r, rc, &why);
        return 0;
    }
    rc = resident_index(r, err);
    return rc < 0 ? rc : take_up(r, err);
}

// -ENOENT when there is no such job, or it is over.
static int check_head(struct engine *engine, uint64_t job_id, struct err *err)
{
    struct buf bytes;
    struct job_head head = { 0 };
    struct child_head one;
    int rc;

    buf_init(&bytes, 0);
    rc = jobs_get(engine->store, job_id, &bytes, err);
    if (rc == 0)
        rc = head_decode(buf_slice(&bytes), &engine->doc, &head, &one, 1, err);
    if (rc == -ENOSPC) // more children than one: the rest of the head is there
        rc = 0;
    if (rc == 0 && (job_state_is_finished(head.state) || head.removing))
        rc = -ENOENT;
    buf_release(&bytes);
    return rc == -ENOENT ? err_set(err, rc, "job %llu: no such unfinished job",
                                   (unsigned long long)job_id)
                         : rc;
}

int resident_get(struct engine *engine, uint64_t job_id, struct resident **ret, struct err *err)
{
    struct resident *r = map_get(&engine->residents, job_id);
    int rc;

    if (!r) {
        rc = check_head(engine, job_id, err);
        if (rc < 0)
            return rc;
        r = resident_new(engine, job_id);
        if (!r)
            return err_set(err, -ENOMEM, "no memory for job %llu", (unsigned long long)job_id);
        rc = wake(r, err);
        if (rc < 0) {
            resident_free(r);
            return rc;
        }
        r->was_parked = true;
        if (engine->parked && !engine->recovering)
            engine->parked--;
    }
    *ret = r;
    return 0;
}
