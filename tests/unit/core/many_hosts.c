// SPDX-License-Identifier: MIT
#include "unit/core/many_hosts.h"

#include "model/value.h"

struct buf hosts_of(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    struct buf buf;

    assert_non_null(json);
    buf_init(&buf, 0);
    assert_int_equal(value_from_json(json, &buf, NULL), 0);
    json_decref(json);
    return buf;
}

uint64_t start_on_hosts(struct fake_world *w, const char *script, const char *hosts)
{
    struct buf encoded = hosts_of(hosts);
    struct change change = start_of(script);
    uint64_t job;

    change.name = SLICE("patch");
    change.command = SLICE("patch.lua x=1");
    change.meta = SLICE("\x81\xa1k\xa1v");
    change.params = SLICE("\x81\xa1x\xa5given");
    change.hosts = buf_slice(&encoded);
    job = job_start_change(w, &change);
    buf_release(&encoded);
    return job;
}

static int describe(void *arg, const struct job_view *view)
{
    const struct job_head *head = view->head;
    struct buf *buf = arg;

    buf_addf(buf, "%s", job_state_name(head->state));
    for (size_t i = 0; i < head->child_count; i++) {
        const struct child_head *child = &head->children[i];
        buf_addf(buf, " | %s%s%.*s", job_state_name(child->state), child->reason.len ? ": " : "",
                 SLICE_ARG(child->reason));
    }
    return 0;
}

void shows(struct fake_world *w, uint64_t job, const char *text)
{
    view_is(w, job, describe, text);
}

void host_up(struct fake_world *w, const char *host)
{
    w->at = host;
    link_up_again(w, "boot-w");
}

void host_refuses(struct fake_world *w, const char *host)
{
    w->at = host;
    link_ends(w, LINK_END_DENIED);
    world_settle(w);
}

uint64_t started_on_host(struct fake_world *w, const char *host)
{
    w->at = host;
    for (size_t i = 0; i < w->call_count; i++)
        if (w->calls[i].kind == CALL_START && strcmp(w->calls[i].host, host) == 0)
            return w->calls[i].key.intent_no;
    fail_msg("nothing was started on %s", host);
    return 0;
}

void host_ends(struct fake_world *w, const char *host, int code)
{
    command_ends(w, started_on_host(w, host), code);
}
