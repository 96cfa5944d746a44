// SPDX-License-Identifier: MIT
// How: stop is a fact of the job. What it had begun is sent TERM, and KILL when the grace
// is over; what cannot be reached now gets both later. By force nothing is waited for: the
// job, or the part, ends with that fact, and orders on disk see to what it leaves behind.
//
// A part is what the script does for one host by `each`. What it does there in its main
// course cannot be cut out of it.
#include "core/change.h"

#include <errno.h>

#include "base/duration.h"
#include "core/dispatch_link.h"
#include "model/job_child.h"
#include "model/job_limit.h"
#include "model/strand_cancel.h"

enum { AWAY_NAMED = 3 }; // hosts, in a reason

// Its script cannot go on, not even to clean up.
static bool is_broken(const struct resident *r)
{
    return r->wreck || (r->job.suspend_asked && r->job.suspend_cause >= SUSPEND_DIVERGED);
}

static int64_t grace_of(const struct change *change)
{
    return change->grace_ms < 0 ? GRACE_MS : change->grace_ms;
}

// ---- of a whole job

static int end_now(struct resident *r, struct slice reason, struct err *err)
{
    struct event event = { .type = EVENT_ENDED };
    int rc;

    event.ended.state = JOB_STOPPED;
    event.ended.reason = reason;
    rc = dispatch_order_kills(r, err);
    if (rc == 0 && r->wreck && r->job.suspend_cause == SUSPEND_DAMAGED)
        return resident_end_unwritten(r, &event, err);
    return rc < 0 ? rc : resident_fact(r, &event, err);
}

static bool is_for(const struct resident *r, const struct attempt *attempt, struct slice host)
{
    const struct strand *strand = strands_intent(&r->job.strands, attempt->intent_no);

    return !host.len || (strand && strand_is_for(strand, host));
}

// What can be said of the hosts of running commands that have no link now, host by host:
// of all, or of those that are run for one host.
static void away_add(const struct resident *r, struct slice only, struct buf *text)
{
    size_t away = 0;

    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->host->ready || attempt->host == r->engine->localhost ||
            !is_for(r, attempt, only))
            continue;
        if (away++ < AWAY_NAMED)
            buf_addf(text, "%s%.80s", away == 1 ? "; away: " : ", ", attempt->host->dest);
    }
    if (away > AWAY_NAMED)
        buf_addf(text, " and %zu more", away - AWAY_NAMED);
    if (away)
        buf_add_str(text, ": what runs there is killed as soon as the host can be reached");
}

static int end_by_force(struct resident *r, bool broken, struct err *err)
{
    struct buf reason;
    int rc;

    buf_init(&reason, 0);
    buf_add_str(&reason, broken ? "stopped; its script could not be run, so that no cleanup has run"
                                : "stopped by force; no cleanup has run");
    away_add(r, (struct slice){ 0 }, &reason);
    rc = end_now(r, buf_slice(&reason), err);
    buf_release(&reason);
    return rc;
}

static int stop_whole(struct resident *r, const struct change *change, struct err *err)
{
    struct event event = { .type = EVENT_STOP_ASKED };
    bool broken = is_broken(r), suspended;
    int rc;

    event.stop_asked.grace_ms = grace_of(change);
    if (change->force || broken)
        return end_by_force(r, broken, err);
    if (r->job.stop_asked)
        return 0; // asked already: the first grace stands
    suspended = r->job.suspend_asked;
    rc = resident_fact(r, &event, err);
    if (rc == 0)
        dispatch_kill_cancelled(r, event.stop_asked.grace_ms);
    if (rc == 0 && suspended) // its cleanup goes on
        alarm_resume(r);
    return rc;
}

// ---- of its part on one host

static struct attempt *next_for(const struct resident *r, struct slice host)
{
    list_each(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        if (is_for(r, attempt, host))
            return attempt;
    }
    return NULL;
}

// Before the fact, whatever the script does with it.
static int order_kills(struct resident *r, struct slice host, struct err *err)
{
    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (is_for(r, attempt, host) && dispatch_order_kill(r, attempt) < 0)
            return err_set(err, -ENOMEM, "no memory for the kill of a command");
    }
    return 0;
}

// What it had begun is over for the job, and what that wrote is of no use any more.
static void abandon(struct resident *r, struct slice host)
{
    struct attempt *attempt;

    while (!r->dead && (attempt = next_for(r, host))) {
        buf_release(&attempt->out);
        buf_release(&attempt->err);
        dispatch_decide(r, attempt, (struct outcome){ .kind = OUTCOME_CANCELLED });
    }
}

static int refuse(const struct resident *r, const struct job_child *child, const char *why,
                  struct err *err)
{
    return err_set(err, ERR_STATE, "%llu:%.*s cannot be stopped alone: %s: pawl stop %llu",
                   (unsigned long long)r->id, SLICE_ARG(buf_slice(&child->host)), why,
                   (unsigned long long)r->id);
}

static int check_part(const struct resident *r, const struct job_child *child, bool force,
                      struct err *err)
{
    struct slice host = buf_slice(&child->host);
    bool goes_on = !child->dropped && (force || !child->stopped) &&
                   (strands_are_for(&r->job.strands, host, NULL) ||
                    strands_await(&r->job.strands, host));

    if (child->over && !goes_on)
        return err_set(err, ERR_STATE, "%llu:%.*s is finished: there is nothing to stop on it now",
                       (unsigned long long)r->id, SLICE_ARG(host));
    if (force && job_is_ending(&r->job))
        return refuse(r, child, "its job is being stopped, which --force ends at once", err);
    if (!goes_on && (child->touched || strands_use(&r->job.strands, host)))
        return refuse(r, child, "what its workflow does on this host is not done by each() or "
                      "rolling() for it", err);
    return 0;
}

static void part_reason(const struct resident *r, const struct job_child *child, bool force,
                        struct buf *text)
{
    buf_add_str(text, force ? "stopped by force" : "stopped");
    if (!child->touched)
        buf_add_str(text, " before anything was begun on it");
    else if (force)
        buf_add_str(text, "; no cleanup has run");
    if (force)
        away_add(r, buf_slice(&child->host), text);
}

static int stop_part(struct resident *r, struct job_child *child, const struct change *change,
                     struct err *err)
{
    struct event event = { .type = EVENT_CHILD_STOP_ASKED };
    struct slice host = buf_slice(&child->host);
    struct buf reason;
    int rc = check_part(r, child, change->force, err);

    if (rc < 0)
        return rc;
    if (!change->force && (child->stop_asked || job_is_ending(&r->job)))
        return 0; // asked already: the first grace stands
    if (change->force && order_kills(r, host, err) < 0)
        return err->code;
    buf_init(&reason, 0);
    part_reason(r, child, change->force, &reason);
    event.child_stop_asked = (struct event_child_stop_asked){
        .child_id = child->id,
        .grace_ms = grace_of(change),
        .force = change->force,
        .reason = buf_slice(&reason),
    };
    rc = resident_fact(r, &event, err);
    buf_release(&reason);
    if (rc < 0 || r->dead)
        return rc;
    if (change->force)
        abandon(r, host);
    else
        dispatch_kill_cancelled(r, event.child_stop_asked.grace_ms);
    return 0;
}

int change_stop(struct engine *engine, const struct change *change, uint64_t *id, struct err *err)
{
    struct job_child *child;
    struct resident *r;
    bool is_part;
    int rc;

    if (change->grace_ms > DURATION_MS_MAX)
        return err_set(err, ERR_USAGE, "a grace of %lld ms is longer than a hundred years "
                       "(%lld ms): set a shorter one", (long long)change->grace_ms,
                       (long long)DURATION_MS_MAX);
    rc = change_unfinished(engine, change->job_id, "stopped", &r, err);
    if (rc < 0)
        return rc;
    rc = change_is_part(engine, change->job_id, &is_part, err);
    if (rc < 0)
        return rc;
    *id = is_part ? change->job_id : r->id;
    if (!is_part)
        return stop_whole(r, change, err);
    child = job_child_of_id(&r->job, change->job_id);
    if (!child || is_broken(r))
        return err_set(err, ERR_STATE, "%llu is a part of job %llu, whose script cannot be run: it "
                       "cannot be stopped alone: pawl stop %llu",
                       (unsigned long long)change->job_id, (unsigned long long)r->id,
                       (unsigned long long)r->id);
    return stop_part(r, child, change, err);
}
