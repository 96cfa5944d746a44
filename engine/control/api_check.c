// SPDX-License-Identifier: MIT
// POST /v1/hosts/check: a line for each host, as they answer. The port tells them one by
// one; they wait here, as text, until the client takes them.
#include <stdlib.h>

#include "control/api.h"
#include "control/body.h"
#include "control/json.h"
#include "control/query.h"
#include "model/value.h"

enum { TIMEOUT_MS = 60 * 1000 };

struct checking {
    struct exchange *x;
    const struct port *port;
    struct check *check;
    const json_t *hosts; // of the body
    struct buf lines;    // not taken yet
    size_t left;         // hosts that have not answered
};

static void checking_free(void *state)
{
    struct checking *checking = state;

    checking->port->ops->uncheck(checking->port->core, checking->check);
    buf_release(&checking->lines);
    free(checking);
}

// ---- a line

static json_t *number_json(uint64_t n) { return json_integer((json_int_t)n); }
static json_t *known_json(bool known, uint64_t n) { return known ? number_json(n) : json_null(); }

static json_t *uid_json(struct slice text)
{
    int64_t uid;

    return number_parse(text, &uid) < 0 ? json_null() : json_integer(uid);
}

static json_t *row_json(const json_t *host, const struct host_check *seen)
{
    const char *name = json_string_value(json_object_get(host, "name"));
    const char *dest = json_string_value(json_object_get(host, "dest"));

    return json_pack(
        "{s:s,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "host", name, "dest",
        dest ? dest : name, "reached", (int)seen->reached, "reason",
        json_text_or_null(seen->reason), "boot_id", json_text_or_null(seen->boot_id), "user",
        json_text_or_null(seen->user), "uid", uid_json(seen->uid), "kernel",
        json_text_or_null(seen->kernel), "shell", json_text_or_null(seen->shell), "spool",
        json_text_or_null(seen->spool), "free_bytes", known_json(seen->free_bytes, seen->free_bytes),
        "attempts", known_json(seen->reached, seen->attempts), "running",
        known_json(seen->reached, seen->running), "orders",
        known_json(seen->reached, seen->orders));
}

static void take(void *arg, const struct host_check *seen)
{
    struct checking *checking = arg;
    json_t *json = row_json(json_array_get(checking->hosts, seen->index), seen);

    json_line(json, &checking->lines);
    json_decref(json);
    checking->left--;
    exchange_wake(checking->x);
}

static enum fill fill(struct exchange *x, void *state, struct buf *out)
{
    struct checking *checking = state;

    (void)x;
    buf_add_slice(out, buf_slice(&checking->lines));
    if (buf_failed(&checking->lines))
        out->failed = buf_failed(&checking->lines);
    buf_clear(&checking->lines);
    return checking->left ? FILL_WAIT : FILL_END;
}

// ---- the request

static int ask(struct exchange *x, struct checking *checking, struct buf *hosts, struct err *err)
{
    struct check_request request = { .timeout_ms = TIMEOUT_MS };
    json_t *body;

    if (exchange_body(x, &body, err) < 0 ||
        body_number(body, "timeout_ms", 0, &request.timeout_ms, err) < 0 ||
        body_number(body, "connect_retry_ms", -1, &request.retry_ms, err) < 0)
        return err->code;
    checking->hosts = json_object_get(body, "hosts");
    checking->left = json_array_size(checking->hosts);
    if (checking->left == 0)
        return err_set(err, ERR_USAGE, "\"hosts\" is not an array of at least one {\"name\", "
                       "\"dest\"}");
    if (value_from_json(checking->hosts, hosts, err) < 0)
        return err_wrap(err, "\"hosts\"");
    request.hosts = buf_slice(hosts);
    return checking->port->ops->check(checking->port->core, &request, take, checking,
                                      &checking->check, err);
}

void api_hosts_check(struct exchange *x)
{
    struct checking *checking = exchange_keep_new(x, sizeof(*checking), checking_free);
    struct err err = { 0 };
    struct buf hosts;

    if (!checking)
        return;
    checking->x = x;
    checking->port = exchange_port(x);
    buf_init(&checking->lines, 0);
    buf_init(&hosts, 0);
    if (ask(x, checking, &hosts, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, fill);
    buf_release(&hosts);
}
