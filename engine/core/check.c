// SPDX-License-Identifier: MIT
// How: a check waits at its hosts, as steps do, and keeps their links open. A link that
// is ready is asked how it looks there: the answer proves that the runner is there at
// this moment, which a link that was up yesterday does not. One that goes down before
// is the answer, in ssh's words, unless it had been up: then it is opened once more.
// No host waits for another, only for its turn to be connected.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "core/hosts.h"
#include "model/target.h"

struct check_entry {
    struct list in_host; // in host.checks until it is answered
    struct host *host;
    struct check *check;
    size_t index;
    int64_t since_ms;    // timeline
    bool lost;           // a link that was up has gone down
};

struct check {
    struct engine *engine;
    check_fn fn;
    void *arg;
    int64_t timeout_ms, retry_ms;
    size_t count;
    struct check_entry entries[];
};

// ---- answers

// It waits no longer: its link has nothing to do, perhaps.
static void leave(struct check_entry *entry)
{
    if (list_is_empty(&entry->in_host)) // it has left
        return;
    list_remove(&entry->in_host);
    hosts_rest(entry->host);
}

static void answer(struct check_entry *entry, struct host_check *seen)
{
    leave(entry);
    seen->index = entry->index;
    entry->check->fn(entry->check->arg, seen);
}

static void answer_why(struct check_entry *entry, struct slice why)
{
    struct host_check seen = { .reason = why };

    answer(entry, &seen);
}

static int count_order(void *arg, const struct order *order)
{
    (void)order;
    ++*(uint64_t *)arg;
    return 0;
}

static struct slice part(struct slice *rest)
{
    const uint8_t *colon = rest->len ? memchr(rest->ptr, ':', rest->len) : NULL;
    size_t len = colon ? (size_t)(colon - rest->ptr) : rest->len;
    struct slice ret = slice_of(rest->ptr, len);
    size_t used = colon ? len + 1 : len;

    *rest = slice_of(rest->ptr + used, rest->len - used);
    return ret;
}

void check_status(struct host *host, const struct link_event *event)
{
    struct slice rest = event->text;
    struct host_check seen = {
        .reached = true,
        .boot_id = buf_slice(&host->boot_id),
        .user = part(&rest),
        .uid = part(&rest),
        .shell = part(&rest),
        .kernel = part(&rest),
        .spool = rest,
        .free_bytes = event->free_bytes,
        .attempts = event->keys,
        .running = event->running,
    };

    if (list_is_empty(&host->checks))
        return;
    orders_scan(host->engine->store, slice_str(host->key), count_order, &seen.orders, NULL);
    list_each_safe(it, &host->checks)
        answer(container_of(it, struct check_entry, in_host), &seen);
}

// ---- what becomes of the link

void check_ready(struct host *host)
{
    if (!list_is_empty(&host->checks))
        link_status(host->link, NULL); // without memory for it, its time runs out
}

static bool goes_on(struct check_entry *entry, enum link_end end, int64_t now)
{
    const struct check *check = entry->check;

    if (end == LINK_END_LOST && !entry->lost) {
        entry->lost = true;
        return true;
    }
    return end == LINK_END_UNREACHED &&
           (check->retry_ms < 0 || now - entry->since_ms < check->retry_ms);
}

void check_down(struct host *host, enum link_end end, struct slice why)
{
    int64_t now = engine_now_ms(host->engine);

    list_each_safe(it, &host->checks) {
        struct check_entry *entry = container_of(it, struct check_entry, in_host);
        if (!goes_on(entry, end, now))
            answer_why(entry, why);
    }
}

// ---- time

// While it waits for its turn to be connected, its time does not run.
static int64_t due_ms(const struct host *host, const struct check_entry *entry)
{
    int64_t from = entry->since_ms > host->opened_ms ? entry->since_ms : host->opened_ms;

    return host->link ? from + entry->check->timeout_ms : INT64_MAX;
}

int64_t check_due_ms(const struct host *host)
{
    int64_t due = INT64_MAX;

    list_each(it, &host->checks) {
        int64_t one = due_ms(host, container_of(it, struct check_entry, in_host));
        due = one < due ? one : due;
    }
    return due;
}

static void time_out(const struct host *host, struct check_entry *entry)
{
    char text[128], time[DURATION_TEXT];

    duration_format(entry->check->timeout_ms, time);
    snprintf(text, sizeof(text), host->ready ? "connected, but it did not answer within %s"
                                             : "the login did not end within %s", time);
    answer_why(entry, slice_str(text));
}

void check_look(struct host *host, int64_t now)
{
    list_each_safe(it, &host->checks) {
        struct check_entry *entry = container_of(it, struct check_entry, in_host);
        if (due_ms(host, entry) <= now)
            time_out(host, entry);
    }
}

void check_end(struct host *host)
{
    list_each_safe(it, &host->checks)
        answer_why(container_of(it, struct check_entry, in_host), SLICE("the engine is ending"));
}

// ---- asking

static int enter(struct check *check, size_t i, const value *v, struct err *err)
{
    struct target target = target_of(v);
    struct check_entry *entry = &check->entries[i];
    struct buf key;
    struct host *host;

    buf_init(&key, 0);
    target_key(&target, &key);
    host = buf_failed(&key) ? NULL : hosts_get(check->engine, buf_slice(&key));
    buf_release(&key);
    if (!host)
        return err_set(err, -ENOMEM, "no memory for a host");
    entry->host = host;
    entry->since_ms = engine_now_ms(check->engine);
    list_append(&host->checks, &entry->in_host);
    hosts_ask(host); // answers come later, never from inside this
    return 0;
}

static struct check *check_new(struct engine *engine, const struct check_request *request,
                               size_t count)
{
    struct check *check = calloc(1, sizeof(*check) + count * sizeof(check->entries[0]));

    if (!check)
        return NULL;
    check->engine = engine;
    check->timeout_ms = request->timeout_ms;
    check->retry_ms = request->retry_ms;
    check->count = count;
    for (size_t i = 0; i < count; i++) {
        check->entries[i] = (struct check_entry){ .check = check, .index = i };
        list_init(&check->entries[i].in_host);
    }
    return check;
}

void check_drop(void *core, struct check *check)
{
    (void)core;
    if (!check)
        return;
    for (size_t i = 0; i < check->count; i++)
        leave(&check->entries[i]);
    free(check);
}

static int start(struct engine *engine, const struct check_request *request, check_fn fn,
                 void *arg, struct check **ret, struct err *err)
{
    struct check *check;
    msgpack_object hosts;
    size_t at = 0;
    int rc = targets_check(request->hosts, &engine->doc, err);

    if (rc == 0)
        rc = value_parse(&engine->doc, request->hosts, &at, &hosts, err);
    if (rc < 0)
        return rc;
    check = check_new(engine, request, value_count(&hosts));
    if (!check)
        return err_set(err, -ENOMEM, "no memory for a check of hosts");
    check->fn = fn;
    check->arg = arg;
    for (size_t i = 0; rc == 0 && i < check->count; i++)
        rc = enter(check, i, value_at(&hosts, i), err);
    if (rc == 0)
        *ret = check;
    else
        check_drop(engine, check);
    return rc;
}

int check_hosts(void *core, const struct check_request *request, check_fn fn, void *arg,
                struct check **ret, struct err *err)
{
    struct engine *engine = core;

    *ret = NULL;
    if (engine->stopping)
        return err_set(err, -ECANCELED, "the engine is stopping; ask again");
    if (request->timeout_ms > DURATION_MS_MAX || request->retry_ms > DURATION_MS_MAX)
        return err_set(err, ERR_USAGE, "a time of more than a hundred years (%lld ms): set a "
                       "shorter one", (long long)DURATION_MS_MAX);
    return start(engine, request, fn, arg, ret, err);
}
