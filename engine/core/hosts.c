// SPDX-License-Identifier: MIT
// How: a host is known by its destination, from its first use until the engine ends,
// so that pointers to it stay good. Its link is a cache: opened when somebody waits
// for the host, again after doubling, jittered waits when it goes down, closed when
// nothing has been in flight for a while. So many are opened at a time, and so many
// are open; who comes later queues. localhost has a link always.
//
// No link is opened before the raised epoch of this start is on disk: a target that saw
// an epoch which was lost in a crash would take the next engine for a copy.
//
// A link that becomes ready is told about every attempt in flight on its host
// (attach), what waited for it gets its intents, its orders are carried out, and its
// spool is listed: a key that nothing waits for belongs to an attempt that was
// settled and committed, so it is forgotten.
//
// A host that a job has never reached is given up for that job after
// REACH_MS, or at once when it refuses us; one that was reached is waited for.
#include "core/hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "core/dispatch_link.h"

enum {
    RETRY_FIRST_MS = 100,
    RETRY_MAX_MS = 10 * 1000,
    RETRY_DOUBLINGS = 7,
    CONNECTING_MAX = 32,  // links being opened at a time
    OPEN_MAX = 1024,      // links
    REFUSED_MS = 5 * 60 * 1000, // until a host that refused us is asked again
    IDLE_MS = 60 * 1000,  // a link without work is closed then
    REACH_MS = 60 * 1000, // for a host that a job has never reached
};

static void on_link(void *arg, struct link *link, const struct link_event *event);

static bool is_local(const struct host *host) { return strcmp(host->dest, "localhost") == 0; }

// ---- the table

static struct host *host_new(struct engine *engine, struct slice dest)
{
    struct host *host = calloc(1, sizeof(*host) + dest.len + 1);

    if (!host)
        return NULL;
    host->engine = engine;
    memcpy(host->dest, dest.ptr, dest.len);
    buf_init(&host->boot_id, 0);
    buf_init(&host->trouble, ERR_TEXT_MAX);
    list_init(&host->queued);
    return host;
}

static void host_free(struct host *host)
{
    buf_release(&host->boot_id);
    buf_release(&host->trouble);
    free(host);
}

static struct host *add(struct hosts *hosts, struct host *host)
{
    uint64_t hash = name_hash(slice_str(host->dest));
    struct host **items = array_room(hosts->items, hosts->count, &hosts->cap, sizeof(*items));

    if (items)
        hosts->items = items;
    host->same = map_get(&hosts->by_dest, hash);
    if (!items || map_put(&hosts->by_dest, hash, host) < 0) {
        host_free(host);
        return NULL;
    }
    hosts->items[hosts->count++] = host;
    return host;
}

struct host *hosts_get(struct engine *engine, struct slice dest)
{
    struct host *host = map_get(&engine->hosts.by_dest, name_hash(dest));

    while (host && !slice_is(dest, host->dest))
        host = host->same;
    if (host)
        return host;
    host = host_new(engine, dest);
    return host ? add(&engine->hosts, host) : NULL;
}

struct host *hosts_of_step(struct resident *r, const struct strand *strand)
{
    struct slice name = strand->step.effect.host;
    const struct job_child *child = job_child_of_host(&r->job, name);

    return hosts_get(r->engine, child ? buf_slice(&child->dest) : name);
}

int hosts_init(struct engine *engine)
{
    struct hosts *hosts = &engine->hosts;

    *hosts = (struct hosts){ .due_ms = INT64_MAX };
    list_init(&hosts->queue);
    map_init(&hosts->by_dest);
    engine->localhost = hosts_get(engine, SLICE("localhost"));
    return engine->localhost ? 0 : -ENOMEM;
}

void hosts_release(struct engine *engine)
{
    struct hosts *hosts = &engine->hosts;

    for (size_t i = 0; i < hosts->count; i++)
        host_free(hosts->items[i]);
    free(hosts->items);
    map_release(&hosts->by_dest);
}

// ---- opening and closing

static void due_at(struct engine *engine, int64_t due_ms)
{
    if (due_ms >= engine->hosts.due_ms)
        return;
    engine->hosts.due_ms = due_ms;
    alarm_rearm(engine);
}

// Half of the wait is by chance: hosts that went down together come back apart.
static int64_t jittered(struct engine *engine, int64_t wait_ms)
{
    uint16_t random;

    engine->world.ops->random(engine->world.self, &random, sizeof(random));
    return wait_ms / 2 + wait_ms / 2 * random / UINT16_MAX;
}

static void retry_later(struct host *host)
{
    uint32_t doublings = host->failures < RETRY_DOUBLINGS ? host->failures : RETRY_DOUBLINGS;
    int64_t wait_ms = (int64_t)RETRY_FIRST_MS << doublings;

    host->failures++;
    if (wait_ms > RETRY_MAX_MS)
        wait_ms = RETRY_MAX_MS;
    if (host->refused)
        wait_ms = REFUSED_MS;
    if (!is_local(host))
        wait_ms = jittered(host->engine, wait_ms);
    host->retry_at_ms = engine_now_ms(host->engine) + wait_ms;
    due_at(host->engine, host->retry_at_ms);
}

const char *hosts_spool(const struct host *host)
{
    const struct engine_options *options = &host->engine->options;

    return is_local(host) ? options->spool_dir : options->remote_spool_dir;
}

static int open_link(struct host *host)
{
    struct engine *engine = host->engine;
    struct link_options options = {
        .store = engine->meta.store,
        .epoch = engine->meta.epoch,
        .incarnation = engine->meta.incarnation,
        .spool_dir = hosts_spool(host),
        .take_over = host->take_over,
        .event = on_link,
        .arg = host,
    };
    struct err err;
    int rc = engine->world.ops->link(engine->world.self, slice_str(host->dest), &options,
                                     &host->link, &err);

    if (rc == 0) {
        engine->hosts.open++;
        engine->hosts.connecting++;
        hosts_hold(engine);
        return 0;
    }
    host->link = NULL;
    engine_log(engine, LOG_ERROR, "host=%s: %s; trying again", host->dest, err_text(&err));
    notice_host(host, slice_str(err_text(&err)));
    retry_later(host);
    return rc;
}

static bool may_open(const struct host *host)
{
    const struct hosts *hosts = &host->engine->hosts;

    return hosts->begun &&
           (is_local(host) || (hosts->connecting < CONNECTING_MAX && hosts->open < OPEN_MAX));
}

static int open_or_queue(struct host *host)
{
    host->retry_at_ms = 0;
    if (host->link || host->engine->stopping)
        return 0;
    if (may_open(host)) {
        list_remove(&host->queued);
        return open_link(host);
    }
    if (list_is_empty(&host->queued)) // not linked in
        list_append(&host->engine->hosts.queue, &host->queued);
    return 0;
}

static void open_queued(struct engine *engine)
{
    struct list *first;

    while ((first = list_first(&engine->hosts.queue)) &&
           may_open(container_of(first, struct host, queued)))
        open_or_queue(container_of(first, struct host, queued));
}

void hosts_want(struct host *host, bool anew)
{
    if (!host->link && (!host->retry_at_ms || (anew && host->refused)))
        open_or_queue(host);
}

void hosts_begin(struct host *host)
{
    host->engine->hosts.begun = true;
    hosts_want(host, false);
    open_queued(host->engine);
}

static void link_closed(void *arg) { (void)arg; }

static void close_link(struct host *host)
{
    struct hosts *hosts = &host->engine->hosts;

    if (!host->link)
        return;
    link_close(host->link, link_closed, NULL);
    hosts->open--;
    hosts->connecting -= !host->ready;
    host->link = NULL;
    host->ready = host->held = false;
    open_queued(host->engine);
}

void hosts_close(struct engine *engine)
{
    for (size_t i = 0; i < engine->hosts.count; i++) {
        list_remove(&engine->hosts.items[i]->queued);
        close_link(engine->hosts.items[i]);
    }
}

void hosts_hold(struct engine *engine)
{
    struct hosts *hosts = &engine->hosts;
    bool full = turn_is_full(engine);

    if (!full && !hosts->held)
        return;
    hosts->held = full;
    for (size_t i = 0; i < hosts->count; i++) {
        struct host *host = hosts->items[i];
        if (host->link && host->held != full) {
            host->held = full;
            link_hold(host->link, full);
        }
    }
}

// ---- due times: retries, and links without work

void hosts_let_go(struct host *host)
{
    if (--host->attempts > 0 || is_local(host))
        return;
    host->idle_at_ms = engine_now_ms(host->engine) + IDLE_MS;
    due_at(host->engine, host->idle_at_ms);
}

static bool is_idle(const struct host *host, int64_t now)
{
    return host->link && host->ready && !host->attempts && host->idle_at_ms &&
           host->idle_at_ms <= now;
}

static void look_at(struct host *host, int64_t now)
{
    struct hosts *hosts = &host->engine->hosts;

    if (host->retry_at_ms && host->retry_at_ms <= now)
        open_or_queue(host);
    if (is_idle(host, now)) {
        host->idle_at_ms = 0;
        close_link(host);
    }
    if (host->retry_at_ms && host->retry_at_ms < hosts->due_ms)
        hosts->due_ms = host->retry_at_ms;
    if (host->link && !host->attempts && host->idle_at_ms && host->idle_at_ms < hosts->due_ms)
        hosts->due_ms = host->idle_at_ms;
}

void hosts_due(struct engine *engine)
{
    int64_t now = engine_now_ms(engine);

    if (engine->hosts.due_ms > now)
        return;
    engine->hosts.due_ms = INT64_MAX;
    for (size_t i = 0; i < engine->hosts.count; i++)
        look_at(engine->hosts.items[i], now);
}

// ---- giving up

static bool waits_for(struct resident *r, const struct strand *strand, const struct host *host)
{
    return strand->step.effect.kind == EFFECT_COMMAND && hosts_of_step(r, strand) == host;
}

// Was it never reached by this job, for long enough?
static bool is_over(const struct host *host, const struct resident *r, const struct strand *strand)
{
    const struct job_child *child = job_child_of_host(&r->job, strand->step.effect.host);
    int64_t since_ms = strand->step.waits_since_ms;

    if (is_local(host) || (child && child->reached))
        return false;
    return host->refused || (since_ms && engine_now_ms(host->engine) - since_ms >= REACH_MS);
}

// The reason without the words that notice_host puts in front.
static struct slice why_of(const struct host *host)
{
    struct slice text = buf_slice(&host->trouble);

    return slice_of(text.ptr + host->why_at, text.len - host->why_at);
}

static void give_up_in(struct resident *r, struct host *host)
{
    struct strand *strand = NULL;

    while (!r->dead && !r->wreck && (strand = job_asked(&r->job, strand))) {
        if (!waits_for(r, strand, host) || !is_over(host, r, strand))
            continue;
        resident_unreachable(r, strand, why_of(host));
        strand = NULL; // the list has changed: look again from its start
    }
}

static void give_up(struct host *host)
{
    list_each_safe(it, &host->engine->lru)
        give_up_in(container_of(it, struct resident, lru), host);
}

// Does anything want the host's link back?
static bool is_wanted(struct host *host)
{
    if (is_local(host) || host->attempts || host->has_orders)
        return true;
    list_each(it, &host->engine->lru) {
        struct resident *r = container_of(it, struct resident, lru);
        struct strand *strand = NULL;
        while ((strand = job_asked(&r->job, strand)))
            if (waits_for(r, strand, host))
                return true;
    }
    return false;
}

// ---- up and down

static void take_up_attempts(struct resident *r, const struct host *host)
{
    list_each_safe(it, &r->attempts) {
        struct attempt *attempt = container_of(it, struct attempt, link);
        if (attempt->host == host)
            dispatch_take_up(r, attempt);
    }
}

static void link_ready(struct host *host, const struct link_event *event)
{
    struct engine *engine = host->engine;

    host->ready = true;
    host->take_over = host->refused = false;
    host->failures = 0;
    if (!is_local(host) && !host->attempts) {
        host->idle_at_ms = engine_now_ms(engine) + IDLE_MS;
        due_at(engine, host->idle_at_ms);
    }
    engine->hosts.connecting--;
    notice_host(host, (struct slice){ 0 });
    buf_clear(&host->boot_id);
    buf_add_slice(&host->boot_id, event->boot_id);
    list_each_safe(it, &engine->lru)
        take_up_attempts(container_of(it, struct resident, lru), host);
    dispatch_intend_all(engine);
    dispatch_orders(host);
    link_list(host->link, NULL);
    open_queued(engine);
}

static void link_down(struct host *host, const struct link_event *event)
{
    struct engine *engine = host->engine;

    close_link(host);
    if (engine->stopping)
        return;
    host->refused = !is_local(host) && (event->end == LINK_END_DENIED ||
                                        event->end == LINK_END_NO_SHELL ||
                                        event->end == LINK_END_REFUSED);
    engine_log(engine, LOG_WARNING, "host=%s: the link is down: %.*s", host->dest,
               SLICE_ARG(event->text));
    notice_host(host, event->text);
    give_up(host);
    if (is_wanted(host))
        retry_later(host);
    else
        host->failures = 0;
}

// A full batch takes nothing more than the event that filled it.
static void on_link(void *arg, struct link *link, const struct link_event *event)
{
    struct host *host = arg;

    (void)link;
    if (host->engine->stopped)
        return;
    if (event->type == LINK_READY)
        link_ready(host, event);
    else if (event->type == LINK_DOWN)
        link_down(host, event);
    else
        dispatch_event(host, event);
    hosts_hold(host->engine);
}

int hosts_take_over(void *core, struct err *err)
{
    struct engine *engine = core;
    int rc = 0;

    if (engine->stopping)
        return err_set(err, -ESHUTDOWN, "the engine is stopping; ask again");
    for (size_t i = 0; i < engine->hosts.count; i++) {
        struct host *host = engine->hosts.items[i];
        if (host->ready)
            continue;
        close_link(host);
        host->take_over = true;
        if (open_or_queue(host) < 0)
            rc = err_set(err, -EIO, "%s", buf_cstr(&host->trouble));
    }
    return rc;
}
