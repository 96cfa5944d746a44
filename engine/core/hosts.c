// SPDX-License-Identifier: MIT
// How: a host is known by its key, its destination with options, from its first use until the engine ends,
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
// One that is missed for a while is away: what waits for it is shown as Disconnected.
//
// What has no link loses who cannot wait for it any more (reach.c).
#include "core/reboot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "core/dispatch_link.h"
#include "model/target.h"

enum {
    RETRY_FIRST_MS = 100,
    RETRY_MAX_MS = 10 * 1000,
    RETRY_DOUBLINGS = 7,
    CONNECTING_MAX = 32,  // links being opened at a time
    REFUSED_MS = 5 * 60 * 1000, // until a host that refused us is asked again
    ASK_AGAIN_MS = 2000,  // the same for somebody new: servers lock out who tries on and on
    REFUSAL_DOUBLINGS = 4, // of that, for somebody with time of his own to be let in
    IDLE_MS = 60 * 1000,  // a link without work is closed then
    AWAY_MS = 10 * 1000,  // missed for so long, it is away
    CROWDED_MS = 1000,    // the same while others wait because links_max are open
};

static void on_link(void *arg, struct link *link, const struct link_event *event);

static bool is_local(const struct host *host) { return host == host->engine->localhost; }

// ---- the table

static struct host *host_new(struct engine *engine, struct slice key)
{
    struct slice dest = target_key_dest(key);
    struct host *host = calloc(1, sizeof(*host) + key.len + 1 + dest.len + 1);

    if (!host)
        return NULL;
    host->engine = engine;
    memcpy(host->key, key.ptr, key.len);
    host->dest = host->key + key.len + 1;
    host->over_at_ms = INT64_MAX;
    memcpy(host->dest, dest.ptr, dest.len);
    buf_init(&host->boot_id, 0);
    buf_init(&host->trouble, ERR_TEXT_MAX);
    list_init(&host->queued);
    list_init(&host->checks);
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
    uint64_t hash = name_hash(slice_str(host->key));
    struct host **items = array_room(hosts->items, hosts->count, &hosts->cap, sizeof(struct host *));

    if (items)
        hosts->items = items;
    host->same = map_get(&hosts->by_key, hash);
    if (!items || map_put(&hosts->by_key, hash, host) < 0) {
        host_free(host);
        return NULL;
    }
    hosts->items[hosts->count++] = host;
    return host;
}

struct host *hosts_get(struct engine *engine, struct slice key)
{
    struct host *host = map_get(&engine->hosts.by_key, name_hash(key));

    while (host && !slice_is(key, host->key))
        host = host->same;
    if (host)
        return host;
    host = host_new(engine, key);
    return host ? add(&engine->hosts, host) : NULL;
}

struct host *hosts_of_step(struct resident *r, const struct strand *strand)
{
    struct slice name = strand->step.effect.host;
    const struct job_child *child = job_child_of_host(&r->job, name);

    return hosts_get(r->engine, child ? buf_slice(&child->key) : name);
}

struct host *hosts_that_runs(struct resident *r, const struct strand *strand)
{
    return command_is_transfer(strand->step.effect.label) ? r->engine->localhost
                                                          : hosts_of_step(r, strand);
}

int hosts_init(struct engine *engine)
{
    struct hosts *hosts = &engine->hosts;

    *hosts = (struct hosts){ .due_ms = INT64_MAX };
    list_init(&hosts->queue);
    map_init(&hosts->by_key);
    engine->localhost = hosts_get(engine, SLICE("localhost"));
    return engine->localhost ? 0 : -ENOMEM;
}

void hosts_release(struct engine *engine)
{
    struct hosts *hosts = &engine->hosts;

    for (size_t i = 0; i < hosts->count; i++)
        host_free(hosts->items[i]);
    free(hosts->items);
    map_release(&hosts->by_key);
}

// ---- opening and closing

static void due_at(struct engine *engine, int64_t due_ms)
{
    if (due_ms >= engine->hosts.due_ms)
        return;
    engine->hosts.due_ms = due_ms;
    alarm_rearm(engine);
}

void hosts_over_at(struct host *host, int64_t due_ms)
{
    if (due_ms < host->over_at_ms)
        host->over_at_ms = due_ms;
    due_at(host->engine, host->over_at_ms);
}

int64_t hosts_now_ms(const struct host *host)
{
    int64_t now = engine_now_ms(host->engine);

    return now > host->down_at_ms ? now : host->down_at_ms + 1;
}

static void miss(struct host *host)
{
    if (host->away_at_ms || is_local(host))
        return;
    host->away_at_ms = engine_now_ms(host->engine) + AWAY_MS;
    due_at(host->engine, host->away_at_ms);
}

static void set_away(struct host *host, bool away)
{
    if (host->away == away)
        return;
    host->away = away;
    host->engine->hosts.away += away ? 1 : (size_t)-1;
    notice_wake(host->engine);
}

static void miss_no_more(struct host *host)
{
    host->away_at_ms = 0;
    set_away(host, false);
}

// Half of the wait is by chance: hosts that went down together come back apart.
static int64_t jittered(struct engine *engine, int64_t wait_ms)
{
    uint16_t random;

    engine->world.ops->random(engine->world.self, &random, sizeof(random));
    return wait_ms / 2 + wait_ms / 2 * random / UINT16_MAX;
}

// A host that refused us is left alone, unless somebody is to get in all the same.
static int64_t refused_wait_ms(const struct host *host)
{
    uint32_t before = host->refusals - 1;

    if (!reach_is_insisted(host))
        return REFUSED_MS;
    return (int64_t)ASK_AGAIN_MS << (before < REFUSAL_DOUBLINGS ? before : REFUSAL_DOUBLINGS);
}

static void retry_later(struct host *host)
{
    uint32_t doublings = host->failures < RETRY_DOUBLINGS ? host->failures : RETRY_DOUBLINGS;
    int64_t wait_ms = (int64_t)RETRY_FIRST_MS << doublings;

    host->failures++;
    if (wait_ms > RETRY_MAX_MS)
        wait_ms = RETRY_MAX_MS;
    // A machine that shuts down or starts turns people away for a moment.
    if (host->refused && !reboot_is_under_way(host))
        wait_ms = refused_wait_ms(host);
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
        .past = engine->meta.past,
        .past_count = engine->meta.past_count,
        .spool_dir = hosts_spool(host),
        .take_over = host->take_over,
        .event = on_link,
        .arg = host,
    };
    struct err err;
    int rc = engine->world.ops->link(engine->world.self, slice_str(host->key), &options,
                                     &host->link, &err);

    if (rc == 0) {
        engine->hosts.open++;
        engine->hosts.connecting++;
        host->opened_ms = engine_now_ms(engine);
        due_at(engine, check_due_ms(host));
        hosts_hold(engine);
        return 0;
    }
    host->link = NULL;
    engine_log(engine, LOG_ERROR, "host=%s: %s; trying again", host->dest, err_text(&err));
    notice_host(host, slice_str(err_text(&err)));
    retry_later(host);
    return rc;
}

static bool all_open(const struct engine *engine)
{
    return engine->hosts.open >= engine->options.links_max;
}

static bool may_open(const struct host *host)
{
    const struct hosts *hosts = &host->engine->hosts;

    return hosts->begun &&
           (is_local(host) || (hosts->connecting < CONNECTING_MAX && !all_open(host->engine)));
}

// Somebody waits because so many are open: those without work are looked at soon.
static bool is_crowded(const struct engine *engine)
{
    return all_open(engine) && !list_is_empty(&engine->hosts.queue);
}

static void queue(struct host *host)
{
    struct engine *engine = host->engine;

    if (list_is_empty(&host->queued)) // not linked in
        list_append(&engine->hosts.queue, &host->queued);
    if (is_crowded(engine))
        due_at(engine, engine_now_ms(engine) + CROWDED_MS);
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
    queue(host);
    return 0;
}

static void open_queued(struct engine *engine)
{
    struct list *first;

    while (!engine->stopping && (first = list_first(&engine->hosts.queue)) &&
           may_open(container_of(first, struct host, queued)))
        open_or_queue(container_of(first, struct host, queued));
}

void hosts_want(struct host *host, bool anew)
{
    int64_t ask_at_ms = host->down_at_ms + ASK_AGAIN_MS;
    int64_t at_ms = host->retry_at_ms;

    if (!host->ready)
        miss(host);
    if (host->link)
        return;
    if (host->refused && (!at_ms || (anew && ask_at_ms < at_ms)))
        at_ms = ask_at_ms;
    if (at_ms <= engine_now_ms(host->engine)) {
        open_or_queue(host);
    } else if (at_ms != host->retry_at_ms) {
        host->retry_at_ms = at_ms;
        due_at(host->engine, at_ms);
    }
}

void hosts_ask(struct host *host)
{
    if (host->ready) {
        check_ready(host);
    } else if (!host->link && list_is_empty(&host->queued)) {
        host->retry_at_ms = hosts_now_ms(host);
        due_at(host->engine, host->retry_at_ms);
    }
    due_at(host->engine, check_due_ms(host));
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
    host->idle_since_ms = 0;
    open_queued(host->engine);
}

void hosts_close(struct engine *engine)
{
    struct list *first;

    // Nobody takes the place of one that is closed.
    while ((first = list_first(&engine->hosts.queue)))
        list_remove(first);
    for (size_t i = 0; i < engine->hosts.count; i++) {
        check_end(engine->hosts.items[i]);
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

static bool is_idle(const struct host *host)
{
    return host->ready && !host->attempts && list_is_empty(&host->checks) && !is_local(host);
}

static int64_t idle_due_ms(const struct host *host)
{
    return host->idle_since_ms + (is_crowded(host->engine) ? CROWDED_MS : IDLE_MS);
}

void hosts_rest(struct host *host)
{
    if (!is_idle(host))
        return;
    host->idle_since_ms = engine_now_ms(host->engine);
    due_at(host->engine, idle_due_ms(host));
}

void hosts_let_go(struct host *host)
{
    host->attempts--;
    hosts_rest(host);
}

// A kill that was ordered and not done yet is asked for once more.
static void look_at_idle(struct host *host)
{
    if (!dispatch_has_orders(host)) {
        close_link(host);
        return;
    }
    hosts_rest(host);
    dispatch_orders(host);
}

// It has no link: some give up, and when nobody is left, it is not tried again.
static void look_who_waits(struct host *host)
{
    reach_give_up(host);
    if (reach_is_wanted(host))
        return;
    host->retry_at_ms = 0;
    host->failures = 0;
    miss_no_more(host);
}

static void look_who_misses(struct host *host, int64_t now)
{
    struct hosts *hosts = &host->engine->hosts;

    if (!host->away_at_ms || host->away)
        return;
    if (host->away_at_ms <= now)
        set_away(host, true);
    else if (host->away_at_ms < hosts->due_ms)
        hosts->due_ms = host->away_at_ms;
}

static void look_who_is_over(struct host *host)
{
    host->over_at_ms = INT64_MAX;
    if (!host->ready)
        look_who_waits(host);
}

static void look_at(struct host *host, int64_t now)
{
    struct hosts *hosts = &host->engine->hosts;

    if (host->retry_at_ms && host->retry_at_ms <= now && open_or_queue(host) < 0) {
        check_down(host, LINK_END_UNREACHED, reach_why(host));
        look_who_waits(host);
    }
    check_look(host, now);
    if (is_idle(host) && idle_due_ms(host) <= now)
        look_at_idle(host);
    if (host->over_at_ms <= now)
        look_who_is_over(host);
    if (host->over_at_ms < hosts->due_ms)
        hosts->due_ms = host->over_at_ms;
    look_who_misses(host, now);
    if (host->retry_at_ms && host->retry_at_ms < hosts->due_ms)
        hosts->due_ms = host->retry_at_ms;
    if (is_idle(host) && idle_due_ms(host) < hosts->due_ms)
        hosts->due_ms = idle_due_ms(host);
    if (check_due_ms(host) < hosts->due_ms)
        hosts->due_ms = check_due_ms(host);
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
    host->refusals = 0;
    host->ready_at_ms = engine_now_ms(engine);
    hosts_rest(host);
    miss_no_more(host);
    engine->hosts.connecting--;
    notice_host(host, (struct slice){ 0 });
    buf_clear(&host->boot_id);
    buf_add_slice(&host->boot_id, event->boot_id);
    list_each_safe(it, &engine->lru)
        take_up_attempts(container_of(it, struct resident, lru), host);
    dispatch_intend_all(engine);
    dispatch_orders(host);
    link_list(host->link, NULL);
    check_ready(host);
    open_queued(engine);
}

static void link_down(struct host *host, const struct link_event *event)
{
    struct engine *engine = host->engine;
    bool held_on = host->ready && engine_now_ms(engine) - host->ready_at_ms >= RETRY_MAX_MS;

    // One that is up for a moment each time is tried ever more seldom, too.
    if (held_on || (host->ready && is_local(host)))
        host->failures = 0;
    host->down_at_ms = hosts_now_ms(host);
    close_link(host);
    if (engine->stopping)
        return;
    host->refused = !is_local(host) && (event->end == LINK_END_DENIED ||
                                        event->end == LINK_END_NO_SHELL ||
                                        event->end == LINK_END_REFUSED);
    host->refusals = host->refused ? host->refusals + 1 : 0;
    engine_log(engine, LOG_WARNING, "host=%s: the link is down: %.*s", host->dest,
               SLICE_ARG(event->text));
    notice_host(host, event->text);
    check_down(host, event->end, event->text);
    retry_later(host);
    miss(host);
    look_who_waits(host);
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
    else if (event->type == LINK_STATUS)
        check_status(host, event);
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
        if (host->ready || (!host->link && !reach_is_wanted(host)))
            continue;
        close_link(host);
        host->take_over = true;
        if (open_or_queue(host) < 0)
            rc = err_set(err, -EIO, "%s", buf_cstr(&host->trouble));
    }
    return rc;
}
