// SPDX-License-Identifier: MIT
// How: the bounds are a row of the store, the finished jobs are in the order of their ends
// (ended.c), and what is over a bound is a run of the oldest: to know that nothing is to be done takes a
// look at the first. It is looked at when a job has ended, and when the first reaches
// its age. What is removed goes by the same tombstone as if somebody had asked for it, a
// part of a batch at a time, and not before those removed earlier are nearly gone.
#include "base/duration.h"
#include "core/change.h"

enum {
    AT_ONCE_MAX = 64,       // jobs of one batch
    LOOKS_MAX = 256,        // in one go, with those that stay
    RECLAIMS_MAX = 1024,    // removed jobs whose rows are still there
    END_SEEN_MS = 2000,     // for whoever is about to look at its end
    AGAIN_MS = 1000,        // when all that should go are followed
};

static int64_t wall_ms(const struct engine *engine)
{
    return engine->world.ops->wall_ms(engine->world.self);
}

// ---- what is over the bounds

// What is left while the oldest are taken away, one after another.
struct rest {
    size_t at, jobs;
    uint64_t bytes;
};

static struct rest rest_of_all(const struct engine *engine)
{
    return (struct rest){ .jobs = engine->ended.live, .bytes = engine->ended.bytes };
}

static bool is_over(const struct retention *bounds, const struct ended_job *job,
                    const struct rest *rest, int64_t now_unix_ms)
{
    return (bounds->age_ms >= 0 && job->ended_unix_ms + bounds->age_ms <= now_unix_ms) ||
           (bounds->count >= 0 && rest->jobs > (uint64_t)bounds->count) ||
           (bounds->bytes >= 0 && rest->bytes > (uint64_t)bounds->bytes);
}

// The next that is over them, taken away from the rest; NULL: no other is.
static const struct ended_job *next_over(const struct engine *engine,
                                         const struct retention *bounds, struct rest *rest,
                                         int64_t now_unix_ms)
{
    const struct ended_job *job = ended_next(engine, &rest->at);

    if (!job || !is_over(bounds, job, rest, now_unix_ms))
        return NULL;
    rest->jobs--;
    rest->bytes -= job->bytes;
    return job;
}

// How long it stays all the same. By a clock that was set back it ends in the future.
static int64_t grace_left_ms(const struct ended_job *job, int64_t now_unix_ms)
{
    int64_t left = job->ended_unix_ms + END_SEEN_MS - now_unix_ms;

    return left > 0 && left <= END_SEEN_MS ? left : 0;
}

int view_retention(void *core, const struct retention *bounds, struct retention_view *ret,
                   struct err *err)
{
    struct engine *engine = core;
    struct rest rest = rest_of_all(engine);
    int64_t now = wall_ms(engine);
    int rc = retention_get(engine->store, &ret->bounds, err);

    if (rc < 0)
        return rc;
    ret->finished = rest.jobs;
    ret->finished_bytes = rest.bytes;
    while (next_over(engine, bounds ? bounds : &ret->bounds, &rest, now))
        ;
    ret->due = ret->finished - rest.jobs;
    ret->due_bytes = ret->finished_bytes - rest.bytes;
    return 0;
}

// ---- removing it

void retention_rearm(struct engine *engine)
{
    struct rest rest = rest_of_all(engine);
    int64_t now = wall_ms(engine), in_ms = INT64_MAX;
    const struct ended_job *first = ended_next(engine, &rest.at);

    if (first && is_over(&engine->retention, first, &rest, now))
        in_ms = grace_left_ms(first, now);
    else if (first && engine->retention.age_ms >= 0)
        in_ms = first->ended_unix_ms + engine->retention.age_ms - now;
    engine->retention_at_ms = in_ms == INT64_MAX ? INT64_MAX : engine_now_ms(engine) + in_ms;
}

void retention_ended(const struct resident *r)
{
    const struct job_head head = {
        .id = r->id, .ended_unix_ms = r->job.ended_unix_ms, .last_seq = r->seq,
        .output_bytes = r->bytes, .journal_bytes = r->journal_bytes,
    };

    if (ended_add(r->engine, &head) < 0) // the next start counts it
        engine_log(r->engine, LOG_WARNING, "job=%llu: no memory to keep its end in mind",
                   (unsigned long long)r->id);
    retention_rearm(r->engine);
}

int64_t retention_due_ms(const struct engine *engine)
{
    if (engine->retention_turn == engine->turn || engine->reclaiming.count >= RECLAIMS_MAX)
        return INT64_MAX; // the next landing looks again
    return engine->retention_at_ms;
}

struct choice {
    struct ended_job jobs[AT_ONCE_MAX];
    size_t count;
    int64_t wait_ms; // until there may be another
};

static void choose(struct engine *engine, struct choice *ret)
{
    struct rest rest = rest_of_all(engine);
    int64_t now = wall_ms(engine), grace_ms;
    const struct ended_job *job;

    ret->count = 0;
    ret->wait_ms = AGAIN_MS;
    for (int looks = 0; looks < LOOKS_MAX && ret->count < AT_ONCE_MAX; looks++) {
        job = next_over(engine, &engine->retention, &rest, now);
        if (!job)
            return;
        grace_ms = grace_left_ms(job, now);
        if (grace_ms && grace_ms < ret->wait_ms)
            ret->wait_ms = grace_ms;
        if (!grace_ms && !watch_is_on(engine, job->id))
            ret->jobs[ret->count++] = *job;
    }
}

void retention_due(struct engine *engine)
{
    struct choice choice = { .wait_ms = AGAIN_MS };

    if (retention_due_ms(engine) > engine_now_ms(engine))
        return;
    if (!engine->stuck && !turn_is_full(engine))
        choose(engine, &choice);
    for (size_t i = 0; i < choice.count; i++)
        change_expire(engine, &choice.jobs[i]);
    retention_rearm(engine);
    if (choice.count)
        engine->retention_turn = engine->turn;
    else if (engine->retention_at_ms <= engine_now_ms(engine))
        engine->retention_at_ms = engine_now_ms(engine) + choice.wait_ms;
}

// ---- the bounds

int retention_load(struct engine *engine, struct err *err)
{
    int rc = retention_get(engine->store, &engine->retention, err);

    if (rc == ERR_CORRUPT) { // nothing is removed on the word of a damaged row
        engine_log(engine, LOG_ERROR, "%s: no finished job is removed until it is set again",
                   err_text(err));
        rc = 0;
    }
    retention_rearm(engine);
    return rc;
}

int change_retention(struct engine *engine, const struct change *change, uint64_t *id,
                     struct err *err)
{
    const struct retention *bounds = &change->retention;

    (void)id;
    if (bounds->age_ms > DURATION_MS_MAX)
        return err_set(err, ERR_USAGE, "an age of %lld ms is longer than a hundred years "
                       "(%lld ms): set a shorter one, or none", (long long)bounds->age_ms,
                       (long long)DURATION_MS_MAX);
    engine->retention = *bounds; // whatever it removes is in this batch, or behind it
    retention_put(turn_batch(engine), bounds);
    retention_rearm(engine);
    return 0;
}
