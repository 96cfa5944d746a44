// SPDX-License-Identifier: MIT
// How: one function per event type in a table. Each checks legality first and
// changes fields after, so that a refused event leaves the job as it was. Only
// what a strand waits for is kept; what settled is in the journal and in the
// script. A strand's step borrows its effect from the script, an outcome borrows
// from its event: both live until the strand is resumed, except while the job is
// suspended, when outcomes are copied.
#include "model/job.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/job_child.h"
#include "model/job_limit.h"
#include "model/job_step.h"
#include "model/signal.h"
#include "model/strand_cancel.h"

void job_init(struct job *job)
{
    *job = (struct job){ 0 };
    buf_init(&job->spec, 0);
    buf_init(&job->name, 0);
    buf_init(&job->reason, 0);
    buf_init(&job->value, 0);
    buf_init(&job->progress_text, 0);
    value_doc_init(&job->spec_doc);
    strands_init(&job->strands);
    list_init(&job->signals);
}

void job_release(struct job *job)
{
    job_children_release(job);
    strands_release(&job->strands);
    signals_release(&job->signals);
    value_doc_release(&job->spec_doc);
    buf_release(&job->spec);
    buf_release(&job->name);
    buf_release(&job->reason);
    buf_release(&job->value);
    buf_release(&job->progress_text);
    job_init(job);
}

static void set_text(struct buf *buf, struct slice text)
{
    buf_clear(buf);
    buf_add_slice(buf, text);
}

// ---- the fold, one function per event type

static int apply_started(struct job *job, const struct event *event, struct err *err)
{
    struct event copy;
    size_t at = 0;
    int rc;

    if (job->last_no != 0)
        return err_set(err, ERR_STATE, "a job starts only once");
    event_encode(event, &job->spec);
    if (buf_failed(&job->spec))
        return err_set(err, -ENOMEM, "no memory for a job");
    rc = event_decode(buf_slice(&job->spec), &at, &job->spec_doc, &copy, err);
    if (rc < 0)
        return rc;
    job->started = copy.started;
    memcpy(job->fingerprint_key.bytes, job->started.uuid.bytes, sizeof(job->fingerprint_key.bytes));
    job->created_unix_ms = event->time_unix_ms;
    job->clock_no = event->no;
    rc = job_children_begin(job, err);
    return rc < 0 ? rc : strands_begin(&job->strands, err);
}

static int apply_child_added(struct job *job, const struct event *event, struct err *err)
{
    const struct event_child_added *c = &event->child_added;
    struct target target = { .name = c->host, .dest = c->host };

    return job_child_add(job, c->child_id, c->uuid, &target, err);
}

static void describe_step(const struct strand *strand, const struct event *event, char *text,
                          size_t room)
{
    const struct effect *e = &strand->step.effect;
    const struct event_intended *i = &event->intended;
    bool same_words = slice_equal(e->label, i->label) && slice_equal(e->name, i->name);

    snprintf(text, room, "%.*s%s%.*s%s (%.*s)%s", SLICE_ARG(e->label), e->name.len ? " \"" : "",
             SLICE_ARG(e->name), e->name.len ? "\"" : "", SLICE_ARG(e->line),
             !same_words                                  ? ""
             : strand->step.fingerprint != i->fingerprint ? " with other arguments"
                                                          : " at another place");
}

static int diverged(const struct job *job, const struct event *event, const struct strand *strand,
                    struct err *err)
{
    const struct event_intended *i = &event->intended;
    char asked[160] = "nothing: that strand is not there";

    if (strand && strand->wait == STRAND_WAITS_STEP)
        describe_step(strand, event, asked, sizeof(asked));
    else if (strand)
        snprintf(asked, sizeof(asked), "nothing at this point");
    return err_set(err, ERR_DIVERGED,
                   "event %llu, strand %.*s step %llu: the journal says %.*s%s%.*s%s (%.*s), "
                   "the script asks for %s",
                   (unsigned long long)job->last_no + 1, SLICE_ARG(i->strand),
                   (unsigned long long)i->ordinal, SLICE_ARG(i->label), i->name.len ? " \"" : "",
                   SLICE_ARG(i->name), i->name.len ? "\"" : "", SLICE_ARG(i->line), asked);
}

static bool intent_matches(const struct strand *strand, const struct event_intended *intent)
{
    const struct step *step;

    if (!strand || strand->wait != STRAND_WAITS_STEP)
        return false;
    step = &strand->step;
    return step->state == STEP_ASKED && step->ordinal == intent->ordinal &&
           step->attempt == intent->attempt && step->effect.kind == intent->kind &&
           step->fingerprint == intent->fingerprint;
}

// A cleanup that must end in time has begun its first step.
static void bound_cleanup(struct job *job, struct strand *strand, uint64_t event_no)
{
    struct strand *cleanup = strand_cleanup(strand);

    if (!cleanup || cleanup->scope != SCOPE_UNWIND || cleanup->cleanup_no)
        return;
    cleanup->cleanup_no = event_no;
    job->bounded_no = event_no;
}

// A signal that came before its waiter is taken at once.
static int take_signal(struct job *job, struct strand *strand, struct err *err)
{
    struct signal *signal = signals_take(&job->signals, strand->step.effect.name);
    struct outcome outcome;
    int rc;

    if (!signal)
        return 0;
    outcome = (struct outcome){ .kind = OUTCOME_VALUE, .value = signal->value };
    rc = strand_settle(&job->strands, strand, &outcome, true, true, err);
    free(signal);
    return rc;
}

// Waits for a person: held after a failure, or at suspend().
static bool waits_for_person(const struct strand *strand)
{
    if (strand->wait != STRAND_WAITS_STEP)
        return false;
    return strand->step.state == STEP_HELD || (strand->step.state == STEP_INTENDED &&
                                               strand->step.effect.kind == EFFECT_SUSPEND);
}

// The one with the smallest intent: the map has no order, a replay needs one.
static struct strand *next_for_person(const struct job *job)
{
    struct strand *strand, *first = NULL;
    size_t at = 0;

    while ((strand = map_next(&job->strands.by_path, &at)))
        if (waits_for_person(strand) && (!first || strand->step.intent_no < first->step.intent_no))
            first = strand;
    return first;
}

static void pass_suspend(struct job *job, struct strand *strand)
{
    const struct outcome nothing = { .kind = OUTCOME_VALUE };

    strand_settle(&job->strands, strand, &nothing, true, false, NULL);
}

// No strand waits for a person any more.
static void go_on_without(struct job *job)
{
    struct strand *strand;

    while ((strand = next_for_person(job))) {
        if (strand->step.state == STEP_HELD)
            strand_ask_again(&job->strands, strand);
        else
            pass_suspend(job, strand);
    }
}

uint64_t job_boot_mark(const struct job *job, struct slice boot_id)
{
    return boot_id.len ? fingerprint_of(boot_id, &job->fingerprint_key) : 0;
}

void job_begin(struct job *job, const struct event *intended)
{
    if (!job->began_unix_ms)
        job->began_unix_ms = intended->time_unix_ms;
}

static int apply_intended(struct job *job, const struct event *event, struct err *err)
{
    const struct event_intended *i = &event->intended;
    struct strand *strand = strands_at(&job->strands, i->strand);

    if (!intent_matches(strand, i))
        return diverged(job, event, strand, err);
    if (map_put(&job->strands.by_intent, event->no, strand) < 0)
        return err_set(err, -ENOMEM, "no memory for a step");
    list_remove(&strand->asked);
    strand->step.state = STEP_INTENDED;
    strand->step.intent_no = event->no;
    strand->step.since_unix_ms = event->time_unix_ms;
    strand->step.boot_mark = job_boot_mark(job, i->boot_id);
    job_begin(job, event);
    if (i->child_id)
        job_child_touch(job, event, strand);
    bound_cleanup(job, strand, event->no);
    if (!effect_kind_waits(i->kind))
        job->in_flight++;
    if (i->kind == EFFECT_ASK)
        strand_await_answer(&job->strands, strand);
    if (i->kind == EFFECT_SIGNAL)
        return take_signal(job, strand, err);
    if (i->kind == EFFECT_SUSPEND && job_strand_is_ending(job, strand)) // nobody can resume it
        pass_suspend(job, strand);
    else if (i->kind == EFFECT_SUSPEND)
        job_suspend(job, SUSPEND_SCRIPT, strand->step.effect.message);
    return 0;
}

static void note_end(struct job *job, struct strand *strand, const struct outcome *outcome)
{
    struct job_child *child = NULL;

    if (strand->step.effect.kind == EFFECT_COMMAND)
        child = job_child_of_host(job, strand->step.effect.host);
    if (child)
        job_child_note(child, outcome, strand_cleanup(strand));
}

static int apply_settled(struct job *job, const struct event *event, struct err *err)
{
    const struct event_settled *s = &event->settled;
    struct strand *strand = strands_intent(&job->strands, s->intent_no);
    bool ok;
    int rc;

    if (!strand)
        return err_set(err, ERR_STATE, "event %llu settles a step that is not waiting",
                       (unsigned long long)event->no);
    if (strand_in_flight(strand))
        job->in_flight--;
    note_end(job, strand, &s->outcome);
    if (strand->cancel) {
        strand_wake_cancelled(&job->strands, strand);
        return 0;
    }
    ok = outcome_is_ok(&s->outcome, &strand->step.effect.policy);
    // A signal, or an answer, that did not come within its time is no failure.
    rc = ok || effect_kind_waits(strand->step.effect.kind)
             ? 0
             : job_step_goes_on(job, strand, &s->outcome, err);
    if (rc < 0)
        return rc;
    if (rc && strand->step.state == STEP_BACKOFF)
        return strand_back_off(&job->strands, strand, event->no, err);
    if (rc)
        return 0;
    return strand_settle(&job->strands, strand, &s->outcome, ok, job->suspend_asked, err);
}

static int apply_fired(struct job *job, const struct event *event, struct err *err)
{
    struct strand *strand = strands_intent(&job->strands, event->fired.intent_no);

    if (!strand || strand->step.state != STEP_BACKOFF)
        return err_set(err, ERR_STATE, "event %llu fires for a step that is not waiting",
                       (unsigned long long)event->no);
    strand_ask_again(&job->strands, strand);
    return 0;
}

static struct strand *oldest_waiter(const struct job *job, struct slice name)
{
    struct strand *strand, *oldest = NULL;
    size_t at = 0;

    while ((strand = map_next(&job->strands.by_intent, &at)))
        if (strand->step.effect.kind == EFFECT_SIGNAL &&
            slice_equal(strand->step.effect.name, name) &&
            (!oldest || strand->step.intent_no < oldest->step.intent_no))
            oldest = strand;
    return oldest;
}

static int apply_signalled(struct job *job, const struct event *event, struct err *err)
{
    const struct event_signalled *s = &event->signalled;
    struct strand *strand = oldest_waiter(job, s->name);
    struct outcome outcome = { .kind = OUTCOME_VALUE, .value = s->value };

    if (!strand)
        return signals_push(&job->signals, s->name, s->value, err);
    return strand_settle(&job->strands, strand, &outcome, true, job->suspend_asked, err);
}

static int apply_renamed(struct job *job, const struct event *event, struct err *err)
{
    set_text(&job->name, event->renamed.name);
    return buf_failed(&job->name) ? err_set(err, -ENOMEM, "no memory for the name of a job") : 0;
}

static void lift_suspension(struct job *job)
{
    if (job->suspend_asked)
        job->suspended_ms += job->time_unix_ms - job->suspended_unix_ms;
    job->suspend_asked = job->suspend_force = false;
    buf_clear(&job->reason);
}

static int apply_stop_asked(struct job *job, const struct event *event, struct err *err)
{
    bool suspended = job->suspend_asked;

    (void)err;
    job->stop_grace_ms = event->stop_asked.grace_ms;
    if (job->stop_asked)
        return 0;
    job->stop_asked = true;
    lift_suspension(job); // cleanup must be able to run
    if (!job->expired && strands_cancel(&job->strands, (struct slice){ 0 }, event->no))
        job->bounded_no = event->no;
    if (suspended && strands_rebound(&job->strands, event->no)) // as at a resume
        job->bounded_no = event->no;
    if (suspended)
        go_on_without(job);
    return 0;
}

static int apply_child_stop_asked(struct job *job, const struct event *event, struct err *err)
{
    struct job_child *child = job_child_of_id(job, event->child_stop_asked.child_id);

    if (!child)
        return err_set(err, ERR_STATE, "event %llu stops a child that is not there",
                       (unsigned long long)event->no);
    if (job_child_stop(job, child, event))
        job->bounded_no = event->no;
    return 0;
}

static void cut_in_flight(struct job *job)
{
    struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&job->strands.by_intent, &at)))
        if (strand_in_flight(strand) && !strand->step.effect.policy.reboots)
            strand->step.cut = true;
}

static int apply_suspend_asked(struct job *job, const struct event *event, struct err *err)
{
    (void)err;
    if (!job->suspend_asked)
        job_suspend(job, SUSPEND_PERSON, event->suspend_asked.reason);
    job->suspend_force |= event->suspend_asked.force;
    if (event->suspend_asked.force)
        cut_in_flight(job);
    return 0;
}

static int apply_suspended(struct job *job, const struct event *event, struct err *err)
{
    (void)err;
    job_suspend(job, event->suspended.cause, event->suspended.reason);
    return 0;
}

static int apply_resumed(struct job *job, const struct event *event, struct err *err)
{
    if (!job->suspend_asked)
        return err_set(err, ERR_STATE, "a job that is not suspended cannot be resumed");
    lift_suspension(job);
    job->clock_no = event->no;
    if (strands_rebound(&job->strands, event->no)) // suspended time is not cleanup's
        job->bounded_no = event->no;
    go_on_without(job);
    return 0;
}

static int apply_ended(struct job *job, const struct event *event, struct err *err)
{
    if (event->ended.state >= JOB_STATE_COUNT ||
        !job_state_is_finished((enum job_state)event->ended.state))
        return err_set(err, ERR_STATE, "a job cannot end in state %u", event->ended.state);
    job->ended = true;
    job->end_state = (enum job_state)event->ended.state;
    job->ended_unix_ms = event->time_unix_ms;
    job->suspend_asked = false;
    if (event->ended.reason.ptr != job->reason.ptr) // job_wants_end borrows it from here
        set_text(&job->reason, event->ended.reason);
    return 0;
}

int job_apply(struct job *job, const struct event *event, struct err *err)
{
    static int (*const apply[EVENT_COUNT])(struct job *, const struct event *, struct err *) = {
        [EVENT_STARTED] = apply_started,
        [EVENT_CHILD_ADDED] = apply_child_added,
        [EVENT_INTENDED] = apply_intended,
        [EVENT_SETTLED] = apply_settled,
        [EVENT_FIRED] = apply_fired,
        [EVENT_SIGNALLED] = apply_signalled,
        [EVENT_STOP_ASKED] = apply_stop_asked,
        [EVENT_SUSPEND_ASKED] = apply_suspend_asked,
        [EVENT_SUSPENDED] = apply_suspended,
        [EVENT_RESUMED] = apply_resumed,
        [EVENT_ENDED] = apply_ended,
        [EVENT_EXPIRED] = job_apply_expired,
        [EVENT_RENAMED] = apply_renamed,
        [EVENT_CHILD_STOP_ASKED] = apply_child_stop_asked,
    };
    int64_t before = job->time_unix_ms;
    int rc;

    if (event->no != job->last_no + 1)
        return err_set(err, ERR_CORRUPT, "event %llu follows event %llu",
                       (unsigned long long)event->no, (unsigned long long)job->last_no);
    if (job->ended || (job->last_no == 0) != (event->type == EVENT_STARTED))
        return err_set(err, ERR_STATE, "%s is not possible now", event_type_name(event->type));
    if (event->time_unix_ms > job->time_unix_ms)
        job->time_unix_ms = event->time_unix_ms;
    buf_clear(&job->strands.ended_waits);
    rc = apply[event->type](job, event, err);
    if (rc < 0) {
        job->time_unix_ms = before;
        return rc;
    }
    job->last_no = event->no;
    return 0;
}

// ---- what the script does

struct strand *job_next(struct job *job)
{
    struct strand *strand;

    if (job->suspend_asked || job->ended)
        return NULL;
    strand = strands_next(&job->strands);
    if (strand && strand->wake == WAKE_START &&
        (strand->dropped || job_child_holds(job, strand)))
        strand->wake = strand->cut ? WAKE_CUT : WAKE_CANCEL;
    if (strand && (strand->wake == WAKE_CANCEL || strand->wake == WAKE_CUT))
        strand->told_cancel = true;
    return strand;
}

static int end_main(struct job *job, struct strand *strand, const struct effect *effect,
                    struct err *err)
{
    job->main_ended = true;
    job->main_failed = job->main_raised = effect->failed || strand->cut;
    set_text(&job->value, effect->value);
    job_end_reason(job, effect);
    job_children_sum_up(job);
    return strand_end(&job->strands, strand, err);
}

static int end_branch(struct job *job, struct strand *strand, const struct effect *effect,
                      struct err *err)
{
    job_child_over(job, strand, effect);
    return strand_end(&job->strands, strand, err);
}

int job_effect(struct job *job, struct strand *strand, const struct effect *effect,
               struct err *err)
{
    if (effect->kind == EFFECT_END && strand->is_probe)
        return job_probe_end(job, strand, effect, err);
    if (effect->kind == EFFECT_END)
        return strand == job->strands.main ? end_main(job, strand, effect, err)
                                           : end_branch(job, strand, effect, err);
    if (effect->kind == EFFECT_FORK)
        return strand_fork(&job->strands, strand, effect, err);
    strand_ask(&job->strands, strand, effect, fingerprint_of(effect->args, &job->fingerprint_key));
    return 0;
}

struct strand *job_asked(struct job *job, struct strand *after)
{
    struct list *head = &job->strands.asked;
    struct list *at = after ? after->asked.next : head->next;

    if (at == head || job->suspend_asked || job->ended)
        return NULL;
    return container_of(at, struct strand, asked);
}

void job_intent_fill(const struct job *job, const struct strand *strand, struct event *ret)
{
    const struct effect *effect = &strand->step.effect;

    *ret = (struct event){
        .type = EVENT_INTENDED,
        .no = job->last_no + 1,
        .time_unix_ms = job->time_unix_ms,
        .intended = {
            .strand = slice_of(strand->path, strand->path_len),
            .ordinal = strand->step.ordinal,
            .kind = effect->kind,
            .attempt = strand->step.attempt,
            .fingerprint = strand->step.fingerprint,
            .label = effect->label,
            .name = effect->name,
            .line = effect->line,
        },
    };
}
