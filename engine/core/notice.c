// SPDX-License-Identifier: MIT
// What people should know at once though it is a fact of no job: the disk is full, a
// host cannot be used, the home is not what it was. Kept in memory only and made
// anew from what happens; whoever watches is told when it changes.
#include <stdio.h>
#include <string.h>

#include "core/hosts.h"

void notice_wake(struct engine *engine)
{
    list_each_safe(it, &engine->watches) {
        struct watch *watch = container_of(it, struct watch, link);
        watch->fn(watch->arg);
    }
}

void notice_job(struct engine *engine, uint64_t job_id)
{
    list_each_safe(it, &engine->watches) {
        struct watch *watch = container_of(it, struct watch, link);
        if (watch->job_id == job_id)
            watch->fn(watch->arg);
    }
}

bool watch_is_on(const struct engine *engine, uint64_t job_id)
{
    list_each(it, &engine->watches)
        if (container_of(it, const struct watch, link)->job_id == job_id)
            return true;
    return false;
}

void notice_host(struct host *host, struct slice why)
{
    char text[ERR_TEXT_MAX] = "";

    host->why_at = 0;
    if (why.len) {
        snprintf(text, sizeof(text), "%.200s cannot be used: %.*s", host->dest, SLICE_ARG(why));
        host->why_at = (size_t)(strstr(text, " cannot be used: ") - text) + strlen(" cannot be used: ");
    }
    if (slice_is(buf_slice(&host->trouble), text))
        return;
    buf_clear(&host->trouble);
    buf_add_str(&host->trouble, text);
    notice_wake(host->engine);
}

// Of the hosts that something of the job waits for, the first in trouble.
static struct slice trouble_of(struct resident *r)
{
    struct strand *strand = NULL;

    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        const struct host *host = attempt->of->trouble.len ? attempt->of : attempt->host;
        if (host->trouble.len && !attempt->reboots)
            return buf_slice(&host->trouble);
    }
    while ((strand = job_asked(&r->job, strand))) {
        const struct host *host = strand->step.effect.kind == EFFECT_COMMAND
                                      ? hosts_of_step(r, strand) : NULL;
        if (host && host->trouble.len)
            return buf_slice(&host->trouble);
    }
    return (struct slice){ 0 };
}

// The head knows the children that are on disk, in the same order.
static void notice_child(const struct resident *r, struct job_head *head,
                         const struct job_child *child, const struct host *host)
{
    size_t i = child ? (size_t)(child - r->job.children) : head->child_count;

    if (i < head->child_count && !job_state_is_settled(head->children[i].state))
        head->children[i].notice = buf_slice(&host->trouble);
}

void notice_children(const struct engine *engine, struct job_head *head)
{
    struct resident *r = map_get(&engine->residents, head->id);
    struct strand *strand = NULL;

    if (!r || job_state_is_settled(head->state))
        return;
    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->of->trouble.len && !attempt->reboots)
            notice_child(r, head, job_child_of_id(&r->job, attempt->child_id), attempt->of);
    }
    while ((strand = job_asked(&r->job, strand))) {
        const struct host *host = strand->step.effect.kind == EFFECT_COMMAND
                                      ? hosts_of_step(r, strand) : NULL;
        if (host && host->trouble.len)
            notice_child(r, head, job_child_of_host(&r->job, strand->step.effect.host), host);
    }
}

struct slice notice_of_job(const struct engine *engine, const struct job_head *head)
{
    struct resident *r = map_get(&engine->residents, head->id);

    if (!r || job_state_is_settled(head->state))
        return (struct slice){ 0 };
    if (engine->disk_full)
        return slice_str(engine->full_text);
    return trouble_of(r);
}

size_t notices(const struct engine *engine, struct slice ret[ENGINE_NOTICES])
{
    const char *const all[ENGINE_NOTICES] = { buf_cstr(&engine->localhost->trouble),
                                              engine->options.notice };
    size_t count = 0;

    for (size_t i = 0; i < ENGINE_NOTICES; i++)
        if (all[i] && *all[i])
            ret[count++] = slice_str(all[i]);
    return count;
}
