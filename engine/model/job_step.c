// SPDX-License-Identifier: MIT
// How: an attempt that was cut off is first of all the author's to judge, by
// on_interrupt; a function there runs as a strand below the one that waits, with
// steps of its own, and the step stands still until it has ended. A probe that
// cannot find out leaves the question to a person. A job that is ending waits for
// nobody: what its cleanup cannot do fails.
#include "model/job_step.h"

#include "model/job_child.h"
#include "model/job_limit.h"

void job_set_reason(struct job *job, struct slice reason)
{
    struct slice kept = slice_cut(reason, JOB_REASON_MAX);

    buf_clear(&job->reason);
    buf_add_slice(&job->reason, kept);
    if (kept.len < reason.len)
        buf_addf(&job->reason, "... (and %zu bytes more)", reason.len - kept.len);
}

void job_suspend(struct job *job, enum suspend_cause cause, struct slice reason)
{
    if (!job->suspend_asked)
        job->suspended_unix_ms = job->time_unix_ms;
    job->suspend_asked = true;
    job->suspend_cause = cause;
    job_set_reason(job, reason);
}

// The step waits for a person. why: more than the outcome says, or empty.
static void hold(struct job *job, struct strand *strand, const struct outcome *outcome,
                 struct slice why)
{
    const struct effect *e = &strand->step.effect;
    struct buf reason;

    strand->step.state = STEP_HELD;
    map_take(&job->strands.by_intent, strand->step.intent_no);
    buf_init(&reason, ERR_TEXT_MAX);
    buf_addf(&reason, "step %.*s (%.*s) ended with %s",
             SLICE_ARG(e->name.len ? e->name : e->label), SLICE_ARG(e->line),
             outcome_name(outcome->kind));
    if (outcome->kind == OUTCOME_EXIT || outcome->kind == OUTCOME_SIGNAL)
        buf_addf(&reason, " %d", outcome->code);
    if (outcome->reason.len)
        buf_addf(&reason, ": %.*s", SLICE_ARG(outcome->reason));
    if (why.len)
        buf_addf(&reason, "; %.*s", SLICE_ARG(why));
    buf_add_str(&reason, "; mend the cause, then: resume");
    job_suspend(job, SUSPEND_STEP, buf_slice(&reason));
    buf_release(&reason);
}

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

// The next attempt takes the place of one that was cut off. One that never ran leaves
// its predecessor's place to the next.
static void ask_after_cut(struct job *job, struct strand *strand, const struct outcome *outcome)
{
    struct step *step = &strand->step;
    uint64_t no = step->intent_no, out = outcome->out_bytes, err = outcome->err_bytes;

    if (outcome->kind == OUTCOME_NEVER && step->superseded_no) {
        no = step->superseded_no;
        out = larger(out, step->superseded_out);
        err = larger(err, step->superseded_err);
    }
    strand_ask_again(&job->strands, strand);
    step->superseded_no = no;
    step->superseded_out = out;
    step->superseded_err = err;
}

// Another attempt after one that was cut off, unless there were too many.
static bool rerun(struct job *job, struct strand *strand, const struct outcome *outcome)
{
    if (strand->step.interrupts >= STEP_INTERRUPTS_MAX)
        return false;
    strand->step.interrupts++;
    ask_after_cut(job, strand, outcome);
    return true;
}

// An attempt was cut off. Forced by a suspend it runs again on resume and costs
// nothing, and its end, which our signal caused, is no result that could stand;
// otherwise, or when its spool is lost, the author's on_interrupt decides.
static int interrupted(struct job *job, struct strand *strand, const struct outcome *outcome,
                       struct err *err)
{
    enum on_interrupt policy = strand->step.effect.policy.on_interrupt;

    if (strand->step.cut && outcome->kind != OUTCOME_LOST) {
        strand_ask_again(&job->strands, strand);
        return 1;
    }
    if (policy == ON_INTERRUPT_ASK) {
        int rc = strand_probe(&job->strands, strand, outcome, err);
        return rc < 0 ? rc : 1;
    }
    if (policy == ON_INTERRUPT_RERUN && rerun(job, strand, outcome))
        return 1;
    if (policy == ON_INTERRUPT_FAIL || job_strand_is_ending(job, strand))
        return 0;
    hold(job, strand, outcome, (struct slice){ 0 });
    return 1;
}

// Is nothing known of what the attempt did? A lost spool is for a probe alone: the
// attempt may have run to its end, so that nothing else may repeat it.
static bool is_unknown(const struct strand *strand, enum outcome_kind kind)
{
    return kind == OUTCOME_INTERRUPTED ||
           (kind == OUTCOME_LOST && strand->step.effect.policy.on_interrupt == ON_INTERRUPT_ASK);
}

static bool fails_for_good(struct job *job, struct strand *strand, const struct outcome *outcome)
{
    struct step *step = &strand->step;

    step->failures++;
    if (step_policy_retries(&step->effect.policy, outcome->kind, step->failures)) {
        step->state = STEP_BACKOFF;
        return false;
    }
    if (step->effect.policy.on_error == ON_ERROR_SUSPEND && !job_strand_is_ending(job, strand)) {
        hold(job, strand, outcome, (struct slice){ 0 });
        return false;
    }
    return true;
}

int job_step_goes_on(struct job *job, struct strand *strand, const struct outcome *outcome,
                     struct err *err)
{
    int rc = 0;

    if (outcome->kind == OUTCOME_NEVER) { // nothing happened: the next attempt is no repetition
        ask_after_cut(job, strand, outcome);
        return 1;
    }
    if (is_unknown(strand, outcome->kind))
        rc = interrupted(job, strand, outcome, err);
    return rc ? rc : !fails_for_good(job, strand, outcome);
}

// ---- what a probe found out

// The step has happened after all. A value that is text is a command's output too.
static int settle_done(struct job *job, struct strand *strand, struct slice given,
                       struct err *err)
{
    struct outcome outcome = { .kind = OUTCOME_VALUE, .value = given };
    struct value_doc doc;
    msgpack_object v;
    size_t at = 0;

    value_doc_init(&doc);
    if (given.len && value_parse(&doc, given, &at, &v, NULL) == 0)
        outcome.out = value_bytes(&v);
    value_doc_release(&doc);
    outcome.out_bytes = outcome.out.len;
    return strand_settle(&job->strands, strand, &outcome, true, true, err);
}

static int take_verdict(struct job *job, struct strand *strand, enum verdict verdict,
                        struct slice given, struct slice why, struct err *err)
{
    struct outcome *outcome = &strand->outcome;

    if (verdict == VERDICT_DONE)
        return settle_done(job, strand, given, err);
    if (verdict == VERDICT_RERUN && rerun(job, strand, outcome))
        return 0;
    if (verdict == VERDICT_FAIL || job_strand_is_ending(job, strand)) {
        if (fails_for_good(job, strand, outcome))
            strand_probed(&job->strands, strand);
        return 0;
    }
    hold(job, strand, outcome, why);
    return 0;
}

int job_probe_end(struct job *job, struct strand *probe, const struct effect *effect,
                  struct err *err)
{
    struct strand *strand = probe->parent;
    enum verdict verdict = VERDICT_SUSPEND;
    struct value_doc doc;
    msgpack_object found = { 0 };
    size_t at = 0;
    int rc = strand_end(&job->strands, probe, err);

    if (rc < 0)
        return rc;
    if (strand->cancel) {
        strand_wake_cancelled(&job->strands, strand);
        return 0;
    }
    value_doc_init(&doc);
    if (!effect->failed && value_parse(&doc, effect->value, &at, &found, NULL) == 0)
        verdict = verdict_parse(value_bytes(value_at(&found, 0)));
    rc = take_verdict(job, strand, verdict, value_bytes(value_at(&found, 1)),
                      effect->failed ? effect->message : (struct slice){ 0 }, err);
    value_doc_release(&doc);
    return rc;
}
