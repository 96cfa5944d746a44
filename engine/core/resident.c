// SPDX-License-Identifier: MIT
// How: a fact is folded (job_apply), encoded for the journal, and then the
// strands it made ready run, one by one, until each waits again. Notes they make
// become records in the same batch, and their count is written into the event.
// Then every step they asked for that may be performed now gets its intent: a
// fact of its own, taken the same way. Nothing is performed here: performing is
// an action of the batch, and waits for its commit.
//
// When a script uses up its budget or memory in the middle of a run, what that
// run had written is cut from the open batch again; the event stays, marked as
// not run, and a SUSPENDED event follows. The resident is then dropped from
// memory once that is committed, because its script is half-way.
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hosts.h"
#include "lua/woken.h"
#include "model/job_limit.h"

struct resident *resident_new(struct engine *engine, uint64_t id)
{
    struct resident *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->engine = engine;
    r->id = id;
    r->next_due_ms = INT64_MAX;
    r->head_state = JOB_NOT_STARTED;
    job_init(&r->job);
    buf_init(&r->events, 0);
    buf_init(&r->unfiled, 0);
    buf_init(&r->progress, 0);
    list_init(&r->filing);
    list_init(&r->lru);
    list_init(&r->touched);
    list_init(&r->attempts);
    return r;
}

static uint64_t uuid_key(struct uuid uuid) { return read_u64be(uuid.bytes); }

int resident_index(struct resident *resident, struct err *err)
{
    struct engine *engine = resident->engine;

    if (map_put(&engine->residents, resident->id, resident) < 0 ||
        map_put(&engine->by_uuid, uuid_key(resident->job.started.uuid), resident) < 0)
        return err_set(err, -ENOMEM, "no memory for job %llu", (unsigned long long)resident->id);
    list_remove(&resident->lru); // touched before it was known
    list_append(&engine->lru, &resident->lru);
    return 0;
}

void resident_free(struct resident *r)
{
    struct engine *engine;

    if (!r)
        return;
    engine = r->engine;
    engine->resident_bytes -= r->bytes_counted;
    engine->events_bytes -= r->events.len < engine->events_bytes ? r->events.len
                                                                 : engine->events_bytes;
    if (map_get(&engine->residents, r->id) == r)
        map_take(&engine->residents, r->id);
    if (r->job.last_no && map_get(&engine->by_uuid, uuid_key(r->job.started.uuid)) == r)
        map_take(&engine->by_uuid, uuid_key(r->job.started.uuid));
    list_remove(&r->lru);
    list_remove(&r->touched);
    list_each_safe(it, &r->attempts)
        attempt_free(container_of(it, struct attempt, link));
    script_free(r->script);
    job_release(&r->job);
    buf_release(&r->events);
    buf_release(&r->unfiled);
    buf_release(&r->progress);
    list_remove(&r->filing);
    free(r->held.items);
    free(r);
}

int resident_script(struct resident *r, const struct texts *texts, struct err *err)
{
    const struct event_started *s = &r->job.started;
    struct script_options options = {
        .name = s->script_name,
        .text = texts->script,
        .modules = texts->modules,
        .prelude = texts->prelude,
        .job_id = r->id,
        .job_uuid = s->uuid,
        .job_name = s->name,
        .job_started_unix_ms = r->job.created_unix_ms,
        .params = s->params,
        .meta = s->meta,
        .hosts = s->hosts,
        .note = resident_note,
        .note_arg = r,
    };

    return script_new(&r->script, &options, err);
}

// ---- records

void resident_record(struct resident *r, struct record *record, struct slice data)
{
    struct slice left = data;

    do {
        size_t n = record->is_value || left.len <= RECORD_DATA_MAX ? left.len : RECORD_DATA_MAX;
        record->seq = ++r->seq;
        record->bytes_before = r->bytes;
        record->data = slice_of(left.ptr, n);
        records_put(turn_batch(r->engine), r->id, record);
        r->bytes += n;
        left = slice_of(left.ptr + n, left.len - n);
    } while (left.len);
    turn_touch(r);
}

void resident_note(void *arg, struct slice strand, const struct note *note)
{
    struct resident *r = arg;
    struct record record = {
        .time_unix_ms = r->job.time_unix_ms,
        .stream = note->stream,
        .is_value = note->is_value,
        .step = strand,
    };

    if (slice_is(strand, "1"))
        record.step = (struct slice){ 0 };
    r->notes++;
    if (note->stream == STREAM_PROGRESS) {
        buf_clear(&r->progress);
        buf_add_slice(&r->progress, note->data);
    }
    if (!r->replaying)
        resident_record(r, &record, note->data);
}

// ---- running strands

// A workflow's result is part of its last event, and has to fit a row with it.
static void bound_result(struct effect *effect)
{
    if (effect->kind != EFFECT_END || effect->value.len <= END_VALUE_MAX)
        return;
    effect->value = (struct slice){ 0 };
    if (!effect->failed)
        effect->message = SLICE("the workflow's result is larger than the 16 MiB that are kept of "
                                "one: return less, or write it to a file");
    effect->failed = true;
}

static int run_strand(struct resident *r, struct strand *strand, struct err *err)
{
    struct answer answer;
    struct effect effect;
    uint32_t handle;
    bool is_branch = strand->parent != NULL;
    int rc = script_woken(r->script, strand, r->job.time_unix_ms, &answer, err);

    if (rc == 0)
        rc = script_resume(r->script, strand->handle, &answer, &effect, err);
    if (rc != 0)
        return rc;
    handle = strand->handle;
    if (!is_branch)
        bound_result(&effect);
    rc = job_effect(&r->job, strand, &effect, err); // may free the strand
    if (effect.kind == EFFECT_END && is_branch)
        script_strand_free(r->script, handle);
    return rc;
}

// The head shows no progress of a run that broke, and is rolled back.
static void end_progress(struct resident *r, bool is_kept)
{
    if (is_kept && r->progress.len) {
        job_progress(&r->job, buf_slice(&r->progress));
        r->head_dirty = true;
    }
    buf_clear(&r->progress);
}

// Each strand's budget bounds what it writes; this bounds what all of them do, which
// has to fit one batch. No journal has an event whose run was over it, so that a
// replay, which writes nothing, is never over it either.
static int check_written(const struct resident *r, size_t before, struct err *err)
{
    if (r->engine->open->bytes.len - before <= RUN_BYTES_MAX)
        return 0;
    return err_set(err, ERR_BUDGET, "its strands wrote more than %d MiB of output in one go: print "
                   "less, or let a step come between", RUN_BYTES_MAX >> 20);
}

int resident_run(struct resident *r, struct err *err)
{
    size_t before = r->engine->open->bytes.len;
    struct strand *strand;
    int rc = 0;

    while (rc == 0 && (strand = job_next(&r->job))) {
        rc = run_strand(r, strand, err);
        if (rc == 0)
            rc = check_written(r, before, err);
    }
    end_progress(r, rc == 0);
    return rc;
}

// ---- taking facts

struct rollback { // where the open batch stood before a run
    size_t bytes, count;
    uint64_t seq, stream_bytes;
};

static struct rollback rollback_point(const struct resident *r)
{
    return (struct rollback){ r->engine->open->bytes.len, r->engine->open->count, r->seq, r->bytes };
}

static void roll_back(struct resident *r, const struct rollback *to)
{
    buf_cut(&r->engine->open->bytes, to->bytes);
    r->engine->open->count = to->count;
    r->seq = to->seq;
    r->bytes = to->stream_bytes;
}

static void stamp(struct resident *r, struct event *event)
{
    int64_t now = r->engine->world.ops->wall_ms(r->engine->world.self);

    event->no = r->job.last_no + 1;
    event->time_unix_ms = now > r->job.time_unix_ms ? now : r->job.time_unix_ms;
}

// The limits whose time begins with this event.
static void arm_limits(struct resident *r, uint64_t event_no)
{
    int64_t now = engine_now_ms(r->engine), left = job_timeout_left_ms(&r->job);
    int64_t elapsed = r->job.started.elapsed_timeout_ms;

    if (event_no == r->job.clock_no && left >= 0)
        alarm_set(r, now + left, event_no, true);
    if (event_no == 1 && elapsed > 0)
        alarm_set(r, now + elapsed, LIMIT_ALARM_ELAPSED, true);
    if (event_no == r->job.bounded_no)
        alarm_set(r, now + job_cleanup_ms(&r->job), LIMIT_ALARM_CLEANUP | event_no, true);
}

// The job has changed already: without memory to say how, only a replay can go on.
static int tell_ended_waits(struct resident *r, struct event *event, struct err *err)
{
    const struct buf *waits = &r->job.strands.ended_waits;

    event->ended_waits = buf_slice(waits);
    if (!buf_failed(waits))
        return 0;
    err_set(err, -ENOMEM, "no memory for the waits that an event ends");
    engine_fail(r->engine, err);
    return -ENOMEM;
}

static int fold(struct resident *r, struct event *event, size_t *notes_at, struct err *err)
{
    size_t before;
    int rc;

    stamp(r, event);
    rc = job_apply(&r->job, event, err);
    if (rc < 0)
        return rc;
    rc = tell_ended_waits(r, event, err);
    if (rc < 0)
        return rc;
    if (r->events.len >= EVENTS_ROW_MAX) // the last event of it is complete by now
        filing_spill(r);
    if (r->events.len == 0)
        r->events_first_no = event->no;
    before = r->events.len;
    *notes_at = event_encode(event, &r->events);
    r->engine->events_bytes += r->events.len - before;
    r->journal_bytes += r->events.len - before;
    turn_touch(r);
    arm_limits(r, event->no);
    if (r->job.ended)
        alarm_forget(r);
    if (r->job.ended && r->job.started.auto_remove)
        sweep_add(r->engine, r->id);
    if (r->job.ended)
        schedules_ended(r->engine, r->id);
    return 0;
}

enum suspend_cause resident_cause_of(int rc)
{
    switch (rc) {
    case ERR_BUDGET: return SUSPEND_BUDGET;
    case ERR_MEMORY: return SUSPEND_MEMORY;
    case ERR_CORRUPT: return SUSPEND_DAMAGED;
    default: return SUSPEND_DIVERGED;
    }
}

static int give_up_run(struct resident *r, int why, const struct err *reason, struct err *err)
{
    struct event event = {
        .type = EVENT_SUSPENDED,
        .suspended = { resident_cause_of(why), slice_str(err_text(reason)) },
    };
    size_t at;

    engine_log(r->engine, LOG_WARNING, "job=%llu suspended: %s", (unsigned long long)r->id,
               err_text(reason));
    r->dead = true;
    r->head_dirty = true;
    return fold(r, &event, &at, err);
}

// ---- failures
// Why a job, or its part on one of several hosts, has failed is delivered once, on the
// error stream. child_id: 0 for the job's own.
static void tell_failure(struct resident *r, uint64_t child_id, struct slice reason)
{
    struct record record = { .time_unix_ms = r->job.time_unix_ms, .stream = STREAM_ERROR,
                             .child_id = child_id };
    struct buf line;

    buf_init(&line, 0);
    buf_add_slice(&line, reason);
    buf_add_byte(&line, '\n');
    resident_record(r, &record, buf_slice(&line));
    buf_release(&line);
}

// Those that the event which was folded last has ended.
static void tell_failed_children(struct resident *r, size_t ends_before)
{
    const struct job *job = &r->job;

    if (job->child_count == 1 || job->child_ends == ends_before)
        return;
    for (size_t i = 0; i < job->child_count; i++) {
        const struct job_child *child = &job->children[i];
        if (child->over && child->failed && child->ended_no == job->last_no)
            tell_failure(r, child->id, buf_slice(&child->reason));
    }
}

// Runs what the event made ready; its failures end in a suspended job, not here.
static int run_event(struct resident *r, size_t notes_at, struct err *err)
{
    struct rollback point = rollback_point(r);
    struct err why = { 0 };
    size_t ends = r->job.child_ends;
    int rc;

    r->notes = 0;
    rc = resident_run(r, &why);
    if (rc == 0) {
        if (r->notes)
            event_set_notes(&r->events, notes_at, r->notes);
        tell_failed_children(r, ends);
        return 0;
    }
    if (rc == -ENOMEM) { // half-run: only a replay can say where it stands
        engine_fail(r->engine, &why);
        return err_set(err, rc, "%s", err_text(&why));
    }
    roll_back(r, &point);
    event_set_notes(&r->events, notes_at, EVENT_UNRUN);
    return give_up_run(r, rc, &why, err);
}

int resident_take(struct resident *r, struct event *event, struct err *err)
{
    size_t notes_at;
    int rc = fold(r, event, &notes_at, err);

    return rc < 0 ? rc : run_event(r, notes_at, err);
}

// ---- ending

static int end_if_over(struct resident *r, struct err *err)
{
    struct event event = { .type = EVENT_ENDED };
    size_t at;
    int rc;

    if (!job_wants_end(&r->job, &event.ended))
        return 0;
    rc = fold(r, &event, &at, err);
    if (rc == 0 && r->job.end_state == JOB_FAILED)
        tell_failure(r, r->job.child_count == 1 ? r->job.children[0].id : 0,
                     buf_slice(&r->job.reason));
    r->head_dirty = true;
    return rc;
}

static void arm_retry(struct resident *r, uint64_t settled_no)
{
    struct strand *strand = strands_intent(&r->job.strands, settled_no);
    const struct step *step = strand ? &strand->step : NULL;

    if (step && step->state == STEP_BACKOFF)
        alarm_set(r, engine_now_ms(r->engine) +
                         step_policy_backoff_ms(&step->effect.policy, step->failures),
                  settled_no, true);
}

// Nobody tried to reach its hosts while it was suspended.
static void wait_anew(struct resident *r)
{
    struct strand *strand = NULL;

    while ((strand = job_asked(&r->job, strand)))
        strand->step.waits_since_ms = 0;
}

static int32_t first_exit_code(const struct resident *r)
{
    return r->job.child_count ? r->job.children[0].exit_code : EXIT_CODE_NONE;
}

int resident_fact(struct resident *r, struct event *event, struct err *err)
{
    int32_t exit_code = first_exit_code(r);
    uint32_t asking = r->job.strands.asking;
    int rc = resident_take(r, event, err);

    if (rc < 0)
        return rc;
    if ((event->type != EVENT_SETTLED && event->type != EVENT_FIRED) ||
        first_exit_code(r) != exit_code || r->job.strands.asking != asking)
        turn_head(r);
    if (event->type == EVENT_SETTLED)
        arm_retry(r, event->no);
    if (event->type == EVENT_RESUMED)
        wait_anew(r);
    if (r->dead)
        return 0;
    rc = resident_intend(r, err);
    return rc < 0 || r->dead ? rc : end_if_over(r, err);
}

int resident_begin(struct resident *r, struct event *started, const struct texts *texts,
                   struct err *err)
{
    size_t notes_at;
    int rc = fold(r, started, &notes_at, err);

    if (rc == 0)
        rc = resident_script(r, texts, err);
    if (rc == 0)
        rc = resident_index(r, err);
    if (rc < 0)
        return rc;
    r->head_dirty = true;
    rc = run_event(r, notes_at, err);
    if (rc == 0 && !r->dead)
        rc = resident_intend(r, err);
    return rc < 0 || r->dead ? rc : end_if_over(r, err);
}
