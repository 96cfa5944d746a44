// SPDX-License-Identifier: MIT
// How: what the strands of a job have asked for becomes INTENDED events, in the order
// in which it was asked, as far as the disk, the open batch and the hosts allow now;
// what must wait is looked at again when that changes.
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/hosts.h"
#include "model/job_limit.h"
#include "model/strand_cancel.h"

static void begin_wait(struct resident *r, const struct strand *strand)
{
    const struct effect *effect = &strand->step.effect;
    bool may_end = effect->kind == EFFECT_SIGNAL || effect->kind == EFFECT_ASK;

    if (effect->kind == EFFECT_ASK) // another question, maybe, of a Blocked job
        turn_head(r);
    if (effect->kind == EFFECT_SLEEP || (may_end && effect->duration_ms >= 0))
        alarm_set(r, engine_now_ms(r->engine) + effect->duration_ms, strand->step.intent_no, true);
}

static int perform_intent(struct resident *r, struct strand *strand)
{
    struct action once = { .kind = ACT_ONCE, .job_id = r->id, .intent_no = strand->step.intent_no };

    if (strand->step.effect.kind == EFFECT_COMMAND)
        return attempt_begin(r, strand, ACT_START);
    if (strand->step.effect.kind == EFFECT_ONCE)
        return turn_act(r->engine, &once);
    begin_wait(r, strand);
    return 0;
}

static bool host_is_ready(struct resident *r, struct strand *strand)
{
    struct host *host = hosts_of_step(r, strand), *runs = hosts_that_runs(r, strand);
    bool anew;

    if (!host || !runs)
        return false;
    if (host->ready) // and localhost's link always comes back
        return runs->ready;
    anew = !strand->step.waits_since_ms;
    if (anew)
        reach_begin(host, strand);
    hosts_want(host, anew);
    return false;
}

// An intent for a host is committed only while its link is ready: it carries that
// boot's id, and until then the step was certainly not sent. One of a transfer carries
// the id of this machine, where it runs, and waits for both. On a full disk nothing
// new begins but what a job that is ending has to do: its cleanup may use the floor.
// In a full batch nothing does: a step's name may be of any size, and thousands may
// have waited for the same link.
static bool may_intend(struct resident *r, struct strand *strand)
{
    struct engine *engine = r->engine;
    const struct strand *cleanup = strand_cleanup(strand);
    bool ends = job_is_ending(&r->job) || (cleanup && cleanup->scope == SCOPE_UNWIND);

    if (engine->stopping || (engine->disk_full && !ends))
        return false;
    if (turn_is_full(engine)) {
        engine->intents_wait = true;
        return false;
    }
    return strand->step.effect.kind != EFFECT_COMMAND || host_is_ready(r, strand);
}

// The job touches another host.
static int add_child(struct resident *r, struct slice host, struct err *err)
{
    struct event event = {
        .type = EVENT_CHILD_ADDED,
        .child_added = { engine_take_id(r->engine), engine_new_uuid(r->engine), host },
    };
    uint64_t id = event.child_added.child_id;
    struct uuid uuid = event.child_added.uuid;
    int rc = resident_take(r, &event, err);

    if (rc == 0)
        jobs_index_put(turn_batch(r->engine), id, uuid, r->id);
    return rc;
}

// What an intent of a command says of its host. `bound`: its link is ready.
static int intend_on_host(struct resident *r, struct strand *strand, bool bound,
                          struct event *event, struct err *err)
{
    struct slice name = strand->step.effect.host;
    struct host *host = hosts_that_runs(r, strand);
    const struct job_child *child;
    int rc = 0;

    if (!host)
        return err_set(err, -ENOMEM, "no memory for a host");
    if (!job_child_of_host(&r->job, name))
        rc = add_child(r, name, err);
    if (rc < 0)
        return rc;
    child = job_child_of_host(&r->job, name);
    job_intent_fill(&r->job, strand, event);
    event->intended.child_id = child->id;
    if (bound)
        event->intended.boot_id = buf_slice(&host->boot_id);
    r->head_dirty |= !child->touched || child->over;
    return 0;
}

static int intend(struct resident *r, struct strand *strand, struct err *err)
{
    struct event event;
    uint64_t no;
    int rc;

    job_intent_fill(&r->job, strand, &event);
    rc = strand->step.effect.kind == EFFECT_COMMAND
             ? intend_on_host(r, strand, true, &event, err) : 0;
    if (rc == 0)
        rc = resident_take(r, &event, err);
    no = event.no;
    if (rc < 0)
        return rc;
    strand = strands_intent(&r->job.strands, no);
    return strand && !r->dead ? perform_intent(r, strand) : 0;
}

void resident_unreachable(struct resident *r, struct strand *strand, struct slice why)
{
    struct event intended, settled = { .type = EVENT_SETTLED };
    struct err err;
    int rc = intend_on_host(r, strand, false, &intended, &err);

    if (rc == 0)
        rc = resident_take(r, &intended, &err);
    if (rc == 0) {
        settled.settled.intent_no = intended.no;
        settled.settled.outcome = (struct outcome){ .kind = OUTCOME_UNREACHABLE, .reason = why };
        rc = resident_fact(r, &settled, &err);
    }
    if (rc < 0)
        engine_log(r->engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)r->id, err_text(&err));
}

int resident_intend(struct resident *r, struct err *err)
{
    struct strand *strand = NULL;
    int rc = 0;

    while (rc == 0 && !r->dead && (strand = job_asked(&r->job, strand))) {
        if (!may_intend(r, strand))
            continue;
        rc = intend(r, strand, err);
        strand = NULL; // the list has changed: look again from its start
    }
    return rc;
}
