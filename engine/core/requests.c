// SPDX-License-Identifier: MIT
// How: the answer to a request is kept for whoever was cut off and asks again: for a day, or
// until so many newer ones have come. Those that have their time behind them go with every
// so-manieth commit, those that are too many with each: no timer, no burst, and never fewer
// than come. Kept are counted in memory; the count is that of the open batch.
#include "core/state.h"

enum {
    KEPT_MS = 24 * 60 * 60 * 1000,
    KEPT_MAX = 50 * 1000, // some 9 MB in the store
    DROP_EVERY = 64,      // commits
    DROP_ROWS = 1024,     // at once
};

int requests_load(struct engine *engine, struct err *err)
{
    return requests_count(engine->store, &engine->requests_kept, err);
}

void requests_keep(struct engine *engine, struct uuid request, struct slice answer)
{
    requests_put(turn_batch(engine), request, engine->world.ops->wall_ms(engine->world.self),
                 answer);
    engine->requests_kept++;
}

static int drop(struct engine *engine, int64_t before_wall_ms, size_t limit)
{
    int dropped = requests_expire(engine->store, turn_batch(engine), before_wall_ms,
                                  limit < DROP_ROWS ? limit : DROP_ROWS, NULL);

    if (dropped < 0) {
        engine_log(engine, LOG_WARNING, "old answers to requests could not be removed");
        return 0;
    }
    engine->requests_kept -= (size_t)dropped < engine->requests_kept ? (size_t)dropped
                                                                     : engine->requests_kept;
    engine->requests_turn = engine->turn;
    return dropped;
}

// What is dropped is chosen from committed rows: not twice for one batch.
void requests_drop(struct engine *engine)
{
    int64_t before = engine->world.ops->wall_ms(engine->world.self) - KEPT_MS;

    if (engine->requests_turn == engine->turn)
        return;
    if (engine->requests_kept > KEPT_MAX)
        drop(engine, INT64_MAX, engine->requests_kept - KEPT_MAX);
    else if (engine->commits % DROP_EVERY == 0 || engine->requests_late)
        engine->requests_late = drop(engine, before, DROP_ROWS) == DROP_ROWS;
}
