// SPDX-License-Identifier: MIT
// How: a job leaves memory when a turn of its has landed, nothing of it is in flight,
// and its next due time is far enough to be worth a replay; or, least recently used
// first, when scripts take more than their bound. What the log has of it is in its
// journal by then, on disk: that is all it will wake from.
#include "core/state.h"

enum { BOUND_LOOKS_MAX = 64 }; // jobs looked at per landing

// Waking costs about a microsecond or two per event: a job with a long journal
// stays through waits that a short one would be parked for.
static bool is_worth_parking(struct resident *r)
{
    int64_t now = engine_now_ms(r->engine);
    int64_t wait_ms;

    if (r->next_due_ms <= now) // it has fired, or is about to
        r->next_due_ms = INT64_MAX;
    wait_ms = r->next_due_ms - now;
    return wait_ms > r->engine->options.park_ms + (int64_t)(r->job.last_no / 10);
}

static void park(struct resident *r)
{
    if (r->active_row)
        active_del(turn_batch(r->engine), r->id);
    r->engine->parked++;
    resident_free(r);
}

static void count_bytes(struct resident *r)
{
    size_t bytes = (r->script ? script_bytes(r->script) : 0) + r->events.cap + r->unfiled.cap;

    r->engine->resident_bytes += bytes - r->bytes_counted;
    r->bytes_counted = bytes;
}

static bool is_idle(const struct resident *r)
{
    return !r->dead && !r->engine->stopping && list_is_empty(&r->attempts) &&
           job_is_idle(&r->job);
}

bool resident_is_asleep(struct resident *r) { return is_idle(r) && is_worth_parking(r); }

static bool may_park(const struct resident *r)
{
    return !r->in_open && !r->in_flying && r->unfiled.len == 0 && is_idle(r);
}

// Its script broke, but other strands' commands go on: they need somebody to settle
// with. What is known of them is carried over.
static void rebuild(struct resident *r)
{
    struct engine *engine = r->engine;
    uint64_t id = r->id;
    struct list carried;
    struct err err;

    list_init(&carried);
    list_each_safe(it, &r->attempts) {
        list_remove(it);
        list_append(&carried, it);
    }
    resident_free(r);
    engine->carried = &carried;
    engine->parked++;
    if (resident_get(engine, id, &r, &err) < 0)
        engine_log(engine, LOG_ERROR, "job=%llu: %s", (unsigned long long)id, err_text(&err));
    engine->carried = NULL;
    list_each_safe(at, &carried)
        attempt_free(container_of(at, struct attempt, link));
}

static bool over_bound(const struct engine *engine)
{
    return engine->resident_bytes > engine->options.resident_bytes_max;
}

// It may be parked once what the log has of it is in its journal.
static void file_sleeper(struct resident *r)
{
    if (!is_idle(r) || r->unfiled.len == 0)
        return;
    turn_touch(r);
    filing_file(r);
}

void resident_park_if_idle(struct resident *r)
{
    struct engine *engine = r->engine;
    bool rewake = r->dead && r->job.in_flight > 0;

    if (r->in_open || r->in_flying)
        return;
    if (rewake) {
        rebuild(r);
        return;
    }
    if (r->job.ended || r->dead) {
        engine->parked += r->dead && !r->job.ended;
        if (r->job.ended && !r->removed)
            retention_ended(r);
        resident_free(r);
        return;
    }
    if (may_park(r) && (is_worth_parking(r) || over_bound(engine))) {
        park(r);
        return;
    }
    count_bytes(r);
    if (resident_is_asleep(r)) // it was not when its turn was closed
        file_sleeper(r);
}

// What may not be parked is in use: it goes to the end, so that the next landing looks
// at others, and none looks at them all.
void resident_keep_bound(struct engine *engine)
{
    size_t looks = engine->residents.count;

    if (looks > BOUND_LOOKS_MAX)
        looks = BOUND_LOOKS_MAX;
    while (looks-- && over_bound(engine)) {
        struct resident *r = container_of(list_first(&engine->lru), struct resident, lru);
        list_remove(&r->lru);
        if (may_park(r)) {
            park(r);
        } else {
            list_append(&engine->lru, &r->lru);
            file_sleeper(r);
        }
    }
}
