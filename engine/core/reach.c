// SPDX-License-Identifier: MIT
// How: a host that a job has never reached is given up for that job after REACH_MS, or
// as long as the job was told to wait, or at once when it refuses us; one that was reached
// is waited for. A step's own bound (`reach`) stands in for all of that, and is looked at
// on its own time, whatever the link is about just then. What a script asks
// when it is told so has begun to wait later than the link ended, and waits for the
// next link: a script that asks on and on keeps nobody busy but itself.
//
// A step that does nothing but reach its host (`reaches`) is not over when it is intended:
// a link may look ready for half a minute after its host has gone. Its bound is its
// attempt's as well, a timer row from the intent on, and ends it whoever answers then;
// nothing is left to be killed, and its key is forgotten when the host is listed again.
#include "core/dispatch_link.h"
#include "core/hosts.h"

enum { REACH_MS = 60 * 1000 }; // for a host that a job has never reached

static bool is_too_long(const struct resident *r, int64_t waited_ms)
{
    int64_t reach_ms = r->job.started.reach_ms;

    return reach_ms >= 0 && waited_ms >= (reach_ms ? reach_ms : REACH_MS);
}

static bool waits_for(struct resident *r, const struct strand *strand, const struct host *host)
{
    return strand->step.effect.kind == EFFECT_COMMAND && hosts_of_step(r, strand) == host;
}

// When its own bound is over; INT64_MAX: it has none, or waits for ever.
static int64_t bound_ms(const struct strand *strand)
{
    int64_t reach_ms = strand->step.effect.policy.reach_ms;

    return reach_ms > 0 ? strand->step.waits_since_ms + reach_ms : INT64_MAX;
}

// Has it waited for long enough?
static bool is_over(const struct host *host, const struct resident *r, const struct strand *strand)
{
    const struct job_child *child = job_child_of_host(&r->job, strand->step.effect.host);
    int64_t since_ms = strand->step.waits_since_ms;

    if (host == host->engine->localhost || !since_ms)
        return false;
    if (strand->step.effect.policy.reach_ms)
        return engine_now_ms(host->engine) >= bound_ms(strand);
    if (child && child->reached)
        return false;
    return host->refused ? since_ms <= host->down_at_ms
                         : is_too_long(r, engine_now_ms(host->engine) - since_ms);
}

struct slice reach_why(const struct host *host)
{
    struct slice text = buf_slice(&host->trouble);

    return slice_of(text.ptr + host->why_at, text.len - host->why_at);
}

// Why it is given up: within its own bound its host may not even have been tried.
static void put_why(const struct host *host, const struct strand *strand, struct buf *why)
{
    int64_t reach_ms = strand->step.effect.policy.reach_ms;

    if (reach_ms > 0)
        buf_addf(why, "not reached within %.10g s%s", (double)reach_ms / 1000,
                 host->trouble.len ? ": " : "");
    buf_add_slice(why, reach_why(host));
}

static void give_up(struct host *host, struct resident *r, struct strand *strand)
{
    struct buf why;

    buf_init(&why, 0);
    put_why(host, strand, &why);
    resident_unreachable(r, strand, buf_slice(&why));
    buf_release(&why);
}

bool reach_is_told(const struct attempt *attempt, enum outcome_kind kind)
{
    return attempt->reaches && !attempt->killing &&
           (kind == OUTCOME_INTERRUPTED || kind == OUTCOME_NEVER || kind == OUTCOME_LOST ||
            kind == OUTCOME_KILLED);
}

void reach_expire(struct resident *r, struct attempt *attempt)
{
    struct buf why;

    buf_init(&why, 0);
    put_why(attempt->host, strands_intent(&r->job.strands, attempt->intent_no), &why);
    dispatch_decide(r, attempt, (struct outcome){ .kind = OUTCOME_UNREACHABLE,
                                                  .reason = buf_slice(&why) });
    buf_release(&why);
}

static bool has_room(const struct engine *engine)
{
    return !engine->disk_full && !turn_is_full(engine);
}

static void give_up_in(struct resident *r, struct host *host)
{
    struct strand *strand = NULL;

    while (!r->dead && !r->wreck && (strand = job_asked(&r->job, strand))) {
        if (!waits_for(r, strand, host))
            continue;
        if (!is_over(host, r, strand)) {
            hosts_over_at(host, bound_ms(strand));
            continue;
        }
        if (!has_room(r->engine)) {
            host->gives_up = r->engine->hosts.gives_up = true;
            return;
        }
        give_up(host, r, strand);
        strand = NULL; // the list has changed: look again from its start
    }
}

void reach_begin(struct host *host, struct strand *strand)
{
    strand->step.waits_since_ms = hosts_now_ms(host);
    hosts_over_at(host, bound_ms(strand));
}

void reach_give_up(struct host *host)
{
    host->over_at_ms = INT64_MAX;
    list_each_safe(it, &host->engine->lru)
        give_up_in(container_of(it, struct resident, lru), host);
}

void reach_go_on(struct engine *engine)
{
    if (!engine->hosts.gives_up || !has_room(engine) || engine->stopping)
        return;
    engine->hosts.gives_up = false;
    for (size_t i = 0; i < engine->hosts.count; i++) {
        struct host *host = engine->hosts.items[i];
        bool gives_up = host->gives_up;
        host->gives_up = false;
        if (gives_up && !host->ready)
            reach_give_up(host);
    }
}

// own: with a bound of its own.
static bool waits_in(struct resident *r, const struct host *host, bool own)
{
    struct strand *strand = NULL;

    while ((strand = job_asked(&r->job, strand)))
        if (waits_for(r, strand, host) && (!own || strand->step.effect.policy.reach_ms))
            return true;
    return false;
}

static bool somebody_waits(const struct host *host, bool own)
{
    list_each(it, &host->engine->lru)
        if (waits_in(container_of(it, struct resident, lru), host, own))
            return true;
    return false;
}

static bool is_reached_for(const struct host *host)
{
    list_each(it, &host->engine->lru)
        list_each(at, &container_of(it, struct resident, lru)->attempts) {
            const struct attempt *attempt = container_of(at, struct attempt, link);
            if (attempt->host == host && attempt->reaches)
                return true;
        }
    return false;
}

bool reach_is_insisted(const struct host *host)
{
    return somebody_waits(host, true) || (host->attempts && is_reached_for(host));
}

bool reach_is_wanted(struct host *host)
{
    if (host == host->engine->localhost || host->attempts || !list_is_empty(&host->checks) ||
        dispatch_has_orders(host))
        return true;
    return somebody_waits(host, false);
}
