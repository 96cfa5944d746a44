// SPDX-License-Identifier: MIT
// How: what a link tells is of an attempt in flight, of one that another replaced, or
// of nobody's: a key that no job waits for any more, which may go.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/dispatch_link.h"
#include "core/reboot.h"

static struct resident *resident_of_uuid(const struct engine *engine, struct uuid uuid)
{
    struct resident *r = map_get(&engine->by_uuid, read_u64be(uuid.bytes));

    return r && uuid_equal(r->job.started.uuid, uuid) ? r : NULL;
}

// ---- what a link tells about an attempt

// A command that ended by itself before our signal reached it keeps its result.
static bool ended_by_us(const struct attempt *attempt, const struct link_event *event)
{
    return attempt->signalled || event->type != LINK_DONE || event->signal == SIGTERM ||
           event->signal == SIGKILL;
}

static enum outcome_kind ended_kind(const struct resident *r, const struct attempt *attempt,
                                    enum outcome_kind own, const struct link_event *event)
{
    const struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);

    if (!attempt->killing || own == OUTCOME_LOST || !ended_by_us(attempt, event))
        return own;
    if (strand && strand->cancel)
        return OUTCOME_CANCELLED;
    if (attempt->timed_out)
        return OUTCOME_TIMEOUT;
    return strand && strand->step.cut ? OUTCOME_INTERRUPTED : own;
}

static struct slice ended_reason(enum outcome_kind kind)
{
    switch (kind) {
    case OUTCOME_CANCELLED: return SLICE("cancelled; it was killed");
    case OUTCOME_KILLED: return SLICE("it was killed from outside and left no exit code");
    case OUTCOME_INTERRUPTED: return SLICE("cut off by a reboot, or by suspend --force");
    case OUTCOME_NEVER: return SLICE("it was claimed on the host, but never begun");
    case OUTCOME_LOST: return SLICE("its spool directory has disappeared");
    case OUTCOME_EXIT:
    case OUTCOME_VALUE:
    case OUTCOME_ERROR:
    case OUTCOME_SIGNAL:
    case OUTCOME_TIMEOUT: // for whoever tells of it says how long that was
    case OUTCOME_UNREACHABLE:
    case OUTCOME_REFUSED:
    case OUTCOME_COUNT: break;
    }
    return (struct slice){ 0 };
}

static const char *spool_of(const struct host *host)
{
    return hosts_spool(host) ? hosts_spool(host) : "~/.local/state/pawl/spool";
}

// What a command could not write is nowhere: a failure gets this for its reason, a
// success a warning in its job's stream.
static void tell_spool_full(struct resident *r, const struct attempt *attempt,
                            struct outcome *outcome, struct buf *text)
{
    struct record record = {
        .child_id = attempt->child_id,
        .intent_no = attempt->intent_no,
        .time_unix_ms = r->engine->world.ops->wall_ms(r->engine->world.self),
        .stream = STREAM_WARNING,
        .attempt = attempt->number,
        .step = slice_str(attempt->step),
    };

    buf_addf(text, "the disk of the spool %.200s on %s was full when it ended: what it "
             "wrote may be incomplete", spool_of(attempt->host), attempt->host->dest);
    if (outcome->kind != OUTCOME_EXIT || outcome->code != 0) {
        outcome->reason = buf_slice(text);
        return;
    }
    buf_add_byte(text, '\n');
    resident_record(r, &record, buf_slice(text));
}

static void attempt_ended(struct resident *r, struct attempt *attempt, enum outcome_kind kind,
                          const struct link_event *event)
{
    struct outcome outcome = {
        .kind = ended_kind(r, attempt, kind, event),
        .code = event->signal ? event->signal : event->code,
        .unverified = event->unverified,
        .out_bytes = attempt->out_bytes,
        .err_bytes = attempt->err_bytes,
        .started_unix_ms = event->started_unix_ms,
        .ended_unix_ms = event->ended_unix_ms,
    };
    struct buf full;

    if (reach_is_told(attempt, kind)) {
        dispatch_decide(r, attempt, (struct outcome){ .kind = OUTCOME_EXIT });
        return;
    }
    outcome.reason = event->type == LINK_REFUSED ? event->text : ended_reason(outcome.kind);
    if (attempt->sensitive)
        outcome.out_bytes = outcome.err_bytes = 0;
    buf_init(&full, 0);
    if (event->spool_full && !outcome.reason.len)
        tell_spool_full(r, attempt, &outcome, &full);
    dispatch_settle(r, attempt, &outcome);
    buf_release(&full);
}

// The part of the output that the records do not have.
static struct slice fresh_data(const struct attempt *attempt, const struct link_event *event)
{
    uint64_t known = event->stream == LINK_ERR ? attempt->err_known : attempt->out_known;
    uint64_t skip = known > event->offset ? known - event->offset : 0;

    if (skip >= event->data.len)
        return (struct slice){ 0 };
    return slice_of(event->data.ptr + skip, event->data.len - (size_t)skip);
}

static void attempt_output(struct resident *r, struct attempt *attempt,
                           const struct link_event *event)
{
    bool is_err = event->stream == LINK_ERR;
    struct slice fresh = fresh_data(attempt, event);
    uint64_t *have = is_err ? &attempt->err_bytes : &attempt->out_bytes;
    struct action credit = { .kind = ACT_CREDIT, .job_id = r->id,
                             .intent_no = attempt->intent_no, .bytes = event->data.len };
    struct record record = {
        .child_id = attempt->child_id,
        .intent_no = attempt->intent_no,
        .time_unix_ms = r->engine->world.ops->wall_ms(r->engine->world.self),
        .stream = is_err ? STREAM_ERROR : STREAM_OUTPUT,
        .attempt = attempt->number,
        .step = slice_str(attempt->step),
    };

    if (event->offset != *have) {
        engine_log(r->engine, LOG_ERROR, "job=%llu step=%s: output at %llu, expected %llu",
                   (unsigned long long)r->id, attempt->step, (unsigned long long)event->offset,
                   (unsigned long long)*have);
        return;
    }
    engine_point(r->engine, "output.before");
    *have += event->data.len;
    turn_touch(r);
    if (!attempt->sensitive)
        dispatch_keep(is_err ? &attempt->err : &attempt->out, event->data);
    if (!attempt->sensitive && !(is_err ? attempt->quiet_err : attempt->quiet_out) && fresh.len) {
        if (!attempt->first_seq)
            attempt->first_seq = r->seq + 1;
        resident_record(r, &record, fresh);
    }
    turn_act(r->engine, &credit);
}

// Its spool has no such key. Begun, it may have run to its end, also when it was to be
// killed: that is lost. Under the boot it was intended in it was never sent,
// or not received: it is sent (again). Under another it may have run.
static void attempt_absent(struct resident *r, struct attempt *attempt,
                           const struct link_event *event)
{
    struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);
    uint64_t mark = job_boot_mark(&r->job, buf_slice(&attempt->host->boot_id));

    if (attempt->started)
        attempt_ended(r, attempt, OUTCOME_LOST, event);
    else if (attempt->killing)
        attempt_ended(r, attempt, OUTCOME_CANCELLED, event);
    else if (strand && strand->step.boot_mark != mark)
        attempt_ended(r, attempt, OUTCOME_INTERRUPTED, event);
    else
        dispatch_start(r, attempt);
}

static void attempt_event(struct resident *r, struct attempt *attempt,
                          const struct link_event *event)
{
    if (!attempt->armed) // it was not asked about: its intent is not on disk yet
        return;
    if (reboot_goes_on(attempt, event))
        return;
    switch (event->type) {
    case LINK_STARTED: attempt->started = true; break;
    case LINK_OUTPUT: attempt_output(r, attempt, event); break;
    case LINK_ABSENT: attempt_absent(r, attempt, event); break;
    case LINK_REFUSED: attempt_ended(r, attempt, OUTCOME_REFUSED, event); break;
    case LINK_DONE:
        attempt_ended(r, attempt, event->signal ? OUTCOME_SIGNAL : OUTCOME_EXIT, event);
        break;
    case LINK_KILLED: attempt_ended(r, attempt, OUTCOME_KILLED, event); break;
    case LINK_INTERRUPTED: attempt_ended(r, attempt, OUTCOME_INTERRUPTED, event); break;
    case LINK_NEVER: attempt_ended(r, attempt, OUTCOME_NEVER, event); break;
    case LINK_SIGNALLED:
        attempt->signalled |= event->code == 0;
        // Nobody was left to signal: ask what became of it.
        if (event->code != 0)
            dispatch_attach(r, attempt);
        break;
    case LINK_READY:
    case LINK_DOWN:
    case LINK_FORGOTTEN:
    case LINK_LISTED:
    case LINK_LINGERS:
    case LINK_STATUS:
    case LINK_EVENT_COUNT: break;
    }
}

// ---- an attempt that was replaced, and has a result all the same: that stands

static struct attempt *heir_of(struct resident *r, uint64_t intent_no)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        const struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);
        if (strand && strand->step.superseded_no == intent_no)
            return attempt;
    }
    return NULL;
}

// Its result was told without output: all of it is fetched, in the heir's place.
static void let_stand(struct resident *r, struct attempt *heir, uint64_t intent_no)
{
    const struct step *step = &strands_intent(&r->job.strands, heir->intent_no)->step;

    heir->standing_no = intent_no;
    heir->out_known = step->superseded_out;
    heir->err_known = step->superseded_err;
    heir->out_bytes = heir->err_bytes = 0;
    buf_clear(&heir->out);
    buf_clear(&heir->err);
    dispatch_attach(r, heir);
}

static void heir_event(struct resident *r, struct attempt *heir, const struct link_event *event)
{
    if (!heir->standing_no) {
        if (event->type == LINK_DONE && heir->armed)
            let_stand(r, heir, event->key.intent_no);
        return;
    }
    switch (event->type) {
    case LINK_OUTPUT: attempt_output(r, heir, event); break;
    case LINK_DONE:
        attempt_ended(r, heir, event->signal ? OUTCOME_SIGNAL : OUTCOME_EXIT, event);
        break;
    case LINK_ABSENT: // gone meanwhile, and the heir was never begun
    case LINK_REFUSED:
    case LINK_KILLED:
    case LINK_INTERRUPTED:
    case LINK_NEVER: attempt_ended(r, heir, OUTCOME_NEVER, event); break;
    case LINK_READY:
    case LINK_DOWN:
    case LINK_STARTED:
    case LINK_SIGNALLED:
    case LINK_FORGOTTEN:
    case LINK_LISTED:
    case LINK_LINGERS:
    case LINK_STATUS:
    case LINK_EVENT_COUNT: break;
    }
}

// ---- keys that no attempt here waits for

static int note_state(void *arg, const struct job_view *view)
{
    *(bool *)arg = !job_state_is_finished(view->head->state);
    return 0;
}

// Is the job unfinished by what is committed? A job that cannot be read may be.
static bool is_unfinished(struct engine *engine, struct uuid uuid)
{
    uint64_t id;
    bool unfinished = true;
    int rc = jobs_by_uuid(engine->store, uuid, &id, NULL);

    if (rc == 0)
        rc = view_job(engine, id, note_state, &unfinished, NULL);
    return rc == -ENOENT ? false : unfinished;
}

// A key is nobody's when its job is gone or over, or is in memory, has all its
// changes on disk, and does not wait for it. A job that is parked or cannot be
// replayed keeps its keys: nobody knows yet what it waits for.
static bool is_nobodys(struct engine *engine, struct link_key key)
{
    struct resident *r = resident_of_uuid(engine, key.job);

    if (!r)
        return !is_unfinished(engine, key.job);
    return !r->wreck && !r->dead && !r->in_open && !r->in_flying &&
           !strands_intent(&r->job.strands, key.intent_no) &&
           !strands_supersede(&r->job.strands, key.intent_no);
}

static void forget_stray(struct host *host, const struct link_event *event)
{
    if (!uuid_is_nil(event->key.job) && is_nobodys(host->engine, event->key))
        link_forget(host->link, event->key, NULL);
}

static void stray_event(struct host *host, const struct link_event *event)
{
    switch (event->type) {
    case LINK_LISTED:
    case LINK_DONE:
    case LINK_KILLED:
    case LINK_INTERRUPTED:
    case LINK_NEVER:
    case LINK_SIGNALLED: forget_stray(host, event); break;
    case LINK_FORGOTTEN: dispatch_order_done(host, event->key); break;
    case LINK_STARTED:
    case LINK_OUTPUT:
    case LINK_ABSENT:
    case LINK_REFUSED:
    case LINK_READY:
    case LINK_DOWN:
    case LINK_LINGERS:
    case LINK_STATUS:
    case LINK_EVENT_COUNT: break;
    }
}

// ---- whose it is

static void intend_waiting(struct resident *r)
{
    struct err err;

    if (!r->dead && !r->wreck && resident_intend(r, &err) < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
}

void dispatch_intend_all(struct engine *engine)
{
    list_each_safe(it, &engine->lru)
        intend_waiting(container_of(it, struct resident, lru));
}

void dispatch_take_up(struct resident *r, struct attempt *attempt)
{
    const struct action attach = { .kind = ACT_ATTACH, .job_id = r->id,
                                   .intent_no = attempt->intent_no };

    attempt->credit_held = 0; // a new link gives all of its credit again
    // Its end runs the script, which whoever goes through all attempts cannot have.
    if (attempt->armed && reboot_is_over(r, attempt)) {
        turn_act(r->engine, &attach);
        return;
    }
    // What is not committed yet is told by its own action.
    if (attempt->armed)
        dispatch_attach(r, attempt);
    if (attempt->armed && attempt->kill_armed)
        dispatch_signal(r, attempt);
}

void dispatch_event(struct host *host, const struct link_event *event)
{
    struct resident *r = resident_of_uuid(host->engine, event->key.job);
    struct attempt *attempt = r ? attempt_find(r, event->key.intent_no) : NULL;
    struct attempt *heir = r && !attempt ? heir_of(r, event->key.intent_no) : NULL;

    if ((attempt && attempt->host != host) || (heir && heir->host != host))
        return; // a copied spool: this host was never asked
    if (attempt && attempt->standing_no)
        return; // it was never begun: an older result is fetched in its place
    if (attempt)
        attempt_event(r, attempt, event);
    else if (heir)
        heir_event(r, heir, event);
    else
        stray_event(host, event);
}
