// SPDX-License-Identifier: MIT
// How: removing a job commits a tombstone at once (its head, marked as removing,
// so that nobody sees it any more) and then deletes its rows, a slice per turn.
// Cut off, it goes on at the next start.
#include <stdlib.h>

#include "core/state.h"

enum {
    RECLAIM_ROWS = 512, // per turn: a fraction of a batch
    RECLAIM_JOBS = 128,
};

struct reclaim {
    struct list link;
    uint64_t job_id;
    uint64_t turn; // of the tombstone: that turn may still write rows of the job
};

void reclaim_add(struct engine *engine, uint64_t job_id)
{
    struct reclaim *reclaim = calloc(1, sizeof(*reclaim));

    if (!reclaim || map_put(&engine->reclaiming, job_id, reclaim) < 0) {
        free(reclaim);
        return; // the tombstone stays; the next start takes it up
    }
    reclaim->job_id = job_id;
    reclaim->turn = engine->turn;
    list_append(&engine->reclaims, &reclaim->link);
    engine->world.ops->wake(engine->world.self);
}

bool reclaim_has(const struct engine *engine, uint64_t job_id)
{
    return map_get(&engine->reclaiming, job_id) != NULL;
}

static void reclaim_drop(struct engine *engine, struct reclaim *reclaim)
{
    map_take(&engine->reclaiming, reclaim->job_id);
    list_remove(&reclaim->link);
    free(reclaim);
}

void reclaim_drop_all(struct engine *engine)
{
    list_each_safe(it, &engine->reclaims)
        reclaim_drop(engine, container_of(it, struct reclaim, link));
    map_release(&engine->reclaiming);
}

// True when the job is done with, for good or for want of a readable store.
static bool reclaim_job(struct engine *engine, uint64_t job_id, uint32_t *rows)
{
    struct err err;
    bool done = false;

    if (job_rows_del(engine->store, turn_batch(engine), job_id, rows, &done, &err) < 0) {
        engine_log(engine, LOG_ERROR, "job=%llu: removing its rows: %s",
                   (unsigned long long)job_id, err_text(&err));
        return true;
    }
    if (done)
        jobs_del(turn_batch(engine), job_id);
    return done;
}

// One slice per landed commit, of as many jobs as fit: the rows are chosen from committed
// state, so a job is looked at once in each.
void reclaim_slice(struct engine *engine)
{
    uint32_t rows = RECLAIM_ROWS;
    int jobs = 0;

    if (engine->flying || engine->reclaim_turn == engine->turn || engine->stopping)
        return;
    list_each_safe(it, &engine->reclaims) {
        struct reclaim *reclaim = container_of(it, struct reclaim, link);
        if (reclaim->turn >= engine->turn || rows == 0 || jobs++ == RECLAIM_JOBS)
            break;
        engine->reclaim_turn = engine->turn;
        if (reclaim_job(engine, reclaim->job_id, &rows))
            reclaim_drop(engine, reclaim);
    }
}
