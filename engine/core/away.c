// SPDX-License-Identifier: MIT
// How: Disconnected is no fact of a job: its journal says nothing of links. It is put over
// what the store says when a job is shown, by what its attempts and steps in memory wait
// for. A reboot that was asked for is never one.
#include "core/hosts.h"

static bool has_attempt(const struct resident *r, uint64_t child_id)
{
    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->child_id == child_id && attempt->of->away && !attempt->reboots)
            return true;
    }
    return false;
}

// A host that the job has never reached is not yet connected to.
static bool has_waiting(struct resident *r, struct slice name)
{
    const struct job_child *child = job_child_of_host(&r->job, name);
    struct strand *strand = NULL;

    while (child && child->reached && (strand = job_asked(&r->job, strand))) {
        const struct host *host = strand->step.effect.kind == EFFECT_COMMAND &&
                                          slice_equal(strand->step.effect.host, name)
                                      ? hosts_of_step(r, strand) : NULL;
        if (host && host->away)
            return true;
    }
    return false;
}

static bool is_cut_off(enum job_state state)
{
    return state == JOB_DISCONNECTED || state == JOB_SUSPENDING || state == JOB_SUSPENDED;
}

void away_show(const struct engine *engine, struct job_head *head)
{
    struct resident *r = engine->hosts.away ? map_get(&engine->residents, head->id) : NULL;
    size_t away = 0, others = 0;

    if (!r || head->state != JOB_RUNNING)
        return;
    for (size_t i = 0; i < head->child_count; i++) {
        struct child_head *child = &head->children[i];
        if (child->state == JOB_RUNNING &&
            (has_attempt(r, child->id) || has_waiting(r, child->host)))
            child->state = JOB_DISCONNECTED;
        away += child->state == JOB_DISCONNECTED;
        others += !job_state_is_finished(child->state) && !is_cut_off(child->state);
    }
    if (away && !others)
        head->state = JOB_DISCONNECTED;
}
