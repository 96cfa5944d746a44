// SPDX-License-Identifier: MIT
// How: an order is a row, put with the event that ends the job before its command
// has ended. Every link that becomes ready carries them all out; the row goes when
// the target says that the key is gone. A job that cannot be replayed has no
// attempts in memory: its journal says which commands it had begun.
#include <errno.h>
#include <signal.h>

#include "core/dispatch_link.h"
#include "core/state.h"

static uint64_t order_id(struct link_key key)
{
    return read_u64be(key.job.bytes) ^ (key.intent_no * UINT64_C(0x9E3779B97F4A7C15));
}

static void order_kill(struct resident *r, uint64_t intent_no)
{
    struct link_key key = { r->job.started.uuid, intent_no };
    struct order order = { .id = order_id(key), .kind = ORDER_KILL, .job = key.job,
                           .intent_no = key.intent_no };

    r->engine->orders_open = true;
    orders_put(turn_batch(r->engine), SLICE("localhost"), &order);
}

// ---- of a wreck

static int note_begun(void *arg, const struct event *event, struct err *err)
{
    struct map *begun = arg;

    if (event->type == EVENT_SETTLED)
        map_take(begun, event->settled.intent_no);
    if (event->type != EVENT_INTENDED || event->intended.kind != EFFECT_COMMAND)
        return 0;
    if (map_put(begun, event->no, (void *)(uintptr_t)event->no) < 0)
        return err_set(err, -ENOMEM, "no memory for the commands of a job");
    return 0;
}

// Behind damage nobody can read what was begun: what stands before it is ordered.
static int order_kills_of_wreck(struct resident *r, struct err *err)
{
    struct map begun;
    void *no;
    size_t at = 0;
    int rc;

    map_init(&begun);
    rc = journal_walk(r->engine, r->id, note_begun, &begun, err);
    if (rc == ERR_CORRUPT)
        rc = 0;
    while (rc == 0 && (no = map_next(&begun, &at)))
        order_kill(r, (uintptr_t)no);
    map_release(&begun);
    return rc;
}

// ---- the job ends now; whoever finds its commands later kills them

int dispatch_order_kills(struct resident *r, struct err *err)
{
    int rc = r->wreck ? order_kills_of_wreck(r, err) : 0;

    if (rc < 0)
        return rc;
    list_each(it, &r->attempts)
        order_kill(r, container_of(it, struct attempt, link)->intent_no);
    return r->engine->orders_open
               ? turn_act(r->engine, &(struct action){ .kind = ACT_ORDERS })
               : 0;
}

// ---- carrying them out

static int carry_out(void *arg, const struct order *order)
{
    struct engine *engine = arg;
    struct link_key key = { order->job, order->intent_no };

    engine->orders_open = true;
    return link_signal(engine->localhost.link, key, SIGKILL, NULL) < 0 ? -ENOTCONN : 0;
}

void dispatch_orders(struct engine *engine)
{
    if (engine->localhost.ready)
        orders_scan(engine->store, SLICE("localhost"), carry_out, engine, NULL);
}

void dispatch_order_done(struct engine *engine, struct link_key key)
{
    if (engine->orders_open)
        orders_del(turn_batch(engine), SLICE("localhost"), order_id(key));
}
