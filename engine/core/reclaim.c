// SPDX-License-Identifier: MIT
// How: removing a job commits a tombstone at once (its head, marked as removing,
// so that nobody sees it any more) and then deletes its rows a slice per turn.
// Cut off, it goes on at the next start.
#include <stdlib.h>

#include "core/state.h"

enum { RECLAIM_ROWS = 512 }; // rows per turn: a fraction of a batch

struct reclaim {
    struct list link;
    uint64_t job_id;
    uint64_t turn; // of the tombstone: that turn may still write rows of the job
};

void reclaim_add(struct engine *engine, uint64_t job_id)
{
    struct reclaim *reclaim = calloc(1, sizeof(*reclaim));

    if (!reclaim)
        return; // the tombstone stays; the next start takes it up
    reclaim->job_id = job_id;
    reclaim->turn = engine->turn;
    list_append(&engine->reclaims, &reclaim->link);
    engine->world.ops->wake(engine->world.self);
}

void reclaim_drop(struct list *reclaim)
{
    list_remove(reclaim);
    free(container_of(reclaim, struct reclaim, link));
}

// One slice per landed commit: the rows are chosen from committed state.
void reclaim_slice(struct engine *engine)
{
    struct list *first = list_first(&engine->reclaims);
    struct reclaim *reclaim;
    struct err err;
    bool done = false;

    if (!first || engine->flying || engine->reclaim_turn == engine->turn || engine->stopping)
        return;
    reclaim = container_of(first, struct reclaim, link);
    if (reclaim->turn >= engine->turn)
        return;
    engine->reclaim_turn = engine->turn;
    if (job_rows_del(engine->store, turn_batch(engine), reclaim->job_id, RECLAIM_ROWS, &done,
                     &err) < 0) {
        engine_log(engine, LOG_ERROR, "job=%llu: removing its rows: %s",
                   (unsigned long long)reclaim->job_id, err_text(&err));
        done = true;
    } else if (done) {
        jobs_del(turn_batch(engine), reclaim->job_id);
    }
    if (done)
        reclaim_drop(first);
}
