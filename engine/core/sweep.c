// SPDX-License-Identifier: MIT
// Jobs with --auto-remove of which nothing is left to receive. One that is received
// after its end goes with its last mark (received.c). One that was received before, or
// has written nothing, gets no mark any more, and goes from here, a moment after its
// end, unless somebody still watches it. The list is memory only: the next start
// makes it again from the heads.
#include <stdlib.h>

#include "core/change.h"

enum { SWEEP_MS = 2000 }; // for whoever is about to look at its end

struct sweep {
    struct list link;
    uint64_t job_id;
    int64_t due_ms; // ascending along the list
};

void sweep_add(struct engine *engine, uint64_t job_id)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));

    if (!sweep)
        return; // the next start takes it up
    *sweep = (struct sweep){ .job_id = job_id, .due_ms = engine_now_ms(engine) + SWEEP_MS };
    list_append(&engine->sweeps, &sweep->link);
    alarm_rearm(engine);
}

void sweep_drop_all(struct engine *engine)
{
    list_each_safe(it, &engine->sweeps) {
        list_remove(it);
        free(container_of(it, struct sweep, link));
    }
}

int64_t sweep_due_ms(struct engine *engine)
{
    struct list *first = list_first(&engine->sweeps);

    return first ? container_of(first, struct sweep, link)->due_ms : INT64_MAX;
}

void sweep_due(struct engine *engine)
{
    int64_t now = engine_now_ms(engine);

    list_each_safe(it, &engine->sweeps) {
        struct sweep *sweep = container_of(it, struct sweep, link);
        uint64_t job_id = sweep->job_id;
        if (sweep->due_ms > now || turn_is_full(engine))
            break;
        list_remove(it);
        free(sweep);
        if (watch_is_on(engine, job_id) || watch_is_on(engine, 0) ||
            !received_sweep(engine, job_id))
            sweep_add(engine, job_id);
    }
}
