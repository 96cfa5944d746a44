// SPDX-License-Identifier: MIT
// How: an order is a row, put with the event that ends the job before its command
// has ended. Every link that becomes ready carries them all out; the row goes when
// the target says that the key is gone. A job that cannot be replayed has no
// attempts in memory: its journal says which commands it had begun.
#include <errno.h>
#include <signal.h>

#include "core/dispatch_link.h"
#include "core/hosts.h"
#include "model/job_child.h"

static uint64_t order_id(struct link_key key)
{
    return read_u64be(key.job.bytes) ^ (key.intent_no * UINT64_C(0x9E3779B97F4A7C15));
}

static int order_kill(struct resident *r, struct host *host, uint64_t intent_no)
{
    struct link_key key = { r->job.started.uuid, intent_no };
    struct order order = { .id = order_id(key), .kind = ORDER_KILL, .job = key.job,
                           .intent_no = key.intent_no };

    host->has_orders = true;
    orders_put(turn_batch(r->engine), slice_str(host->key), &order);
    if (host->orders_turn == r->engine->turn) // one action carries out all of a turn
        return 0;
    host->orders_turn = r->engine->turn;
    return turn_act(r->engine, &(struct action){ .kind = ACT_ORDERS, .host = host });
}

// ---- of a wreck

struct begun {
    struct resident *r;
    struct map child; // intent number -> id of the child, or HERE
};

#define HERE UINTPTR_MAX // instead of the child's id: this machine does it for the child

static int note_intent(struct begun *begun, const struct event *event, struct err *err)
{
    uintptr_t child = command_is_transfer(event->intended.label) ? HERE
                                                                 : event->intended.child_id;

    if (event->intended.kind != EFFECT_COMMAND || !event->intended.child_id)
        return 0;
    if (map_put(&begun->child, event->no, (void *)child) < 0)
        return err_set(err, -ENOMEM, "no memory for the commands of a job");
    return 0;
}

static int note_begun(void *arg, const struct event *event, struct err *err)
{
    const struct event_child_added *c = &event->child_added;
    const struct target target = { .name = c->host, .dest = c->host };
    struct begun *begun = arg;

    if (event->type == EVENT_SETTLED)
        map_take(&begun->child, event->settled.intent_no);
    if (event->type == EVENT_INTENDED)
        return note_intent(begun, event, err);
    if (event->type == EVENT_CHILD_ADDED && !job_child_of_host(&begun->r->job, c->host))
        return job_child_add(&begun->r->job, c->child_id, c->uuid, &target, err);
    return 0;
}

// A child that was added in an event nobody can read has no host that is known.
static int order_kill_on_child(struct resident *r, uintptr_t child_id, uint64_t intent_no)
{
    struct host *host;

    if (child_id == HERE)
        return order_kill(r, r->engine->localhost, intent_no);
    for (size_t i = 0; i < r->job.child_count; i++) {
        if (r->job.children[i].id != child_id)
            continue;
        host = hosts_get(r->engine, buf_slice(&r->job.children[i].key));
        return host ? order_kill(r, host, intent_no) : -ENOMEM;
    }
    return 0;
}

static int order_begun(const struct begun *begun, struct err *err)
{
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < begun->child.cap; at++) {
        const struct map_slot *slot = &begun->child.slots[at];
        if (slot->value)
            rc = order_kill_on_child(begun->r, (uintptr_t)slot->value, slot->key);
    }
    return rc < 0 ? err_set(err, rc, "no memory for the kill of a job's commands") : 0;
}

// Behind damage nobody can read what was begun: what stands before it is ordered.
static int order_kills_of_wreck(struct resident *r, struct err *err)
{
    struct begun begun = { .r = r };
    int rc;

    map_init(&begun.child);
    rc = journal_walk(r->engine, r->id, note_begun, &begun, err);
    if (rc == ERR_CORRUPT)
        rc = 0;
    if (rc == 0)
        rc = order_begun(&begun, err);
    map_release(&begun.child);
    return rc;
}

// ---- the job ends now; whoever finds its commands later kills them

int dispatch_order_kill(struct resident *r, const struct attempt *attempt)
{
    return order_kill(r, attempt->host, attempt->intent_no);
}

int dispatch_order_kills(struct resident *r, struct err *err)
{
    int rc = r->wreck ? order_kills_of_wreck(r, err) : 0;

    list_each(it, &r->attempts) {
        const struct attempt *attempt = container_of(it, struct attempt, link);
        if (rc == 0)
            rc = dispatch_order_kill(r, attempt);
    }
    return rc;
}

// ---- carrying them out

static int carry_out(void *arg, const struct order *order)
{
    struct host *host = arg;
    struct link_key key = { order->job, order->intent_no };

    host->has_orders = true;
    return link_signal(host->link, key, SIGKILL, NULL) < 0 ? -ENOTCONN : 0;
}

void dispatch_orders(struct host *host)
{
    struct err err;
    int rc;

    if (!host->ready) {
        host->has_orders = true; // they are on disk now, where nobody may have found them before
        hosts_want(host, false);
        return;
    }
    host->has_orders = false;
    rc = orders_scan(host->engine->store, slice_str(host->key), carry_out, host, &err);
    if (rc < 0 && rc != -ENOTCONN)
        engine_log(host->engine, LOG_ERROR, "host=%s: its orders cannot be read: %s", host->dest,
                   err_text(&err));
}

static int note_order(void *arg, const struct order *order)
{
    (void)order;
    *(bool *)arg = true;
    return 1; // one is enough
}

// Their rows go when the target has said so, and nothing else notes that they are gone.
bool dispatch_has_orders(struct host *host)
{
    bool any = false;

    if (host->has_orders &&
        orders_scan(host->engine->store, slice_str(host->key), note_order, &any, NULL) >= 0)
        host->has_orders = any;
    return host->has_orders;
}

void dispatch_order_done(struct host *host, struct link_key key)
{
    if (host->has_orders)
        orders_del(turn_batch(host->engine), slice_str(host->key), order_id(key));
}

static int want_host(void *arg, struct slice name)
{
    struct engine *engine = arg;
    struct host *host = hosts_get(engine, name);

    if (!host)
        return -ENOMEM;
    if (host->has_orders) // another of its orders
        return 0;
    host->has_orders = true;
    return turn_act(engine, &(struct action){ .kind = ACT_OPEN, .host = host });
}

int dispatch_orders_left(struct engine *engine, struct err *err)
{
    return orders_hosts(engine->store, want_host, engine, err);
}
