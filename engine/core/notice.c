// SPDX-License-Identifier: MIT
// What people should know at once though it is a fact of no job: the disk is full, a
// host cannot be used, the home is not what it was. Kept in memory only and made
// anew from what happens; whoever watches is told when it changes.
#include <stdio.h>
#include <string.h>

#include "core/state.h"

void notice_wake(struct engine *engine)
{
    list_each_safe(it, &engine->watches) {
        struct watch *watch = container_of(it, struct watch, link);
        watch->fn(watch->arg);
    }
}

void notice_host(struct engine *engine, struct slice why)
{
    struct host *host = &engine->localhost;
    char text[ERR_TEXT_MAX] = "";

    if (why.len)
        snprintf(text, sizeof(text), "localhost cannot be used: %.*s", SLICE_ARG(why));
    if (strcmp(text, host->trouble) == 0)
        return;
    memcpy(host->trouble, text, sizeof(text));
    notice_wake(engine);
}

static bool waits_for_host(struct resident *r)
{
    struct strand *strand = NULL;

    if (!list_is_empty(&r->attempts))
        return true;
    while ((strand = job_asked(&r->job, strand)))
        if (strand->step.effect.kind == EFFECT_COMMAND)
            return true;
    return false;
}

struct slice notice_of_job(const struct engine *engine, const struct job_head *head)
{
    struct resident *r = map_get(&engine->residents, head->id);

    if (!r || job_state_is_settled(head->state))
        return (struct slice){ 0 };
    if (engine->disk_full)
        return slice_str(engine->full_text);
    return waits_for_host(r) ? slice_str(engine->localhost.trouble) : (struct slice){ 0 };
}

size_t notices(const struct engine *engine, struct slice ret[ENGINE_NOTICES])
{
    const char *const all[ENGINE_NOTICES] = { engine->localhost.trouble,
                                              engine->options.notice };
    size_t count = 0;

    for (size_t i = 0; i < ENGINE_NOTICES; i++)
        if (all[i] && *all[i])
            ret[count++] = slice_str(all[i]);
    return count;
}
