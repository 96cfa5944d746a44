// SPDX-License-Identifier: MIT
// How: a finished job's STARTED event says everything it was made of, and its head how
// each of its hosts fared. The new job is the same event with fewer hosts, the pinned
// texts and the parameters as they were checked then; nothing is read anew.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/change.h"
#include "model/value.h"

// What a job was made of, and the hosts of it that are asked for.
struct retry {
    unsigned failures;     // a bit for each enum child_failure
    uint64_t id;           // of the old job
    enum job_state state;
    bool damaged;
    bool has_event;
    struct buf name;       // as it is called now
    struct buf bytes;      // the STARTED event's; event points into it
    struct value_doc doc, hosts_doc;
    struct event event;
    struct buf hosts;      // encoded, those of them that are taken
    size_t taken, others;  // others: named by the script, not at the start
};

static void retry_init(struct retry *retry, unsigned failures)
{
    *retry = (struct retry){ .failures = failures };
    buf_init(&retry->name, 0);
    buf_init(&retry->bytes, 0);
    buf_init(&retry->hosts, 0);
    value_doc_init(&retry->doc);
    value_doc_init(&retry->hosts_doc);
}

static void retry_release(struct retry *retry)
{
    buf_release(&retry->name);
    buf_release(&retry->bytes);
    buf_release(&retry->hosts);
    value_doc_release(&retry->doc);
    value_doc_release(&retry->hosts_doc);
}

// ---- what it was made of

static int keep_started(void *arg, const struct event *event, struct err *err)
{
    struct retry *retry = arg;
    size_t at = 0;

    event_encode(event, &retry->bytes);
    if (buf_failed(&retry->bytes))
        return err_set(err, -ENOMEM, "no memory for a job");
    if (event_decode(buf_slice(&retry->bytes), &at, &retry->doc, &retry->event, err) < 0)
        return err->code;
    retry->has_event = true;
    return 1; // the others say what became of it
}

// Damage behind the first event is of no interest here.
static int read_started(struct engine *engine, struct retry *retry, struct err *err)
{
    int rc = journal_walk(engine, retry->id, keep_started, retry, err);

    if (retry->has_event && retry->event.type == EVENT_STARTED)
        return 0;
    return rc < 0 ? rc : err_set(err, ERR_CORRUPT, "job %" PRIu64 ": its journal does not say what "
                                 "it was made of", retry->id);
}

// ---- which hosts

static bool is_wanted(const struct retry *retry, const struct child_head *child)
{
    return child->failure != CHILD_NONE && (retry->failures >> child->failure & 1);
}

// The children of the start have its ids, in its order.
static const value *host_of(const struct retry *retry, const value *hosts,
                            const struct child_head *child)
{
    return value_at(hosts, (size_t)(child->id - retry->event.started.child_id));
}

static void take_hosts(struct retry *retry, const value *hosts, const struct job_head *head)
{
    for (size_t i = 0; i < head->child_count; i++)
        if (is_wanted(retry, &head->children[i])) {
            if (host_of(retry, hosts, &head->children[i]))
                retry->taken++;
            else
                retry->others++;
        }
    value_put_array(&retry->hosts, retry->taken);
    for (size_t i = 0; i < head->child_count; i++)
        if (is_wanted(retry, &head->children[i]) && host_of(retry, hosts, &head->children[i]))
            value_put(&retry->hosts, host_of(retry, hosts, &head->children[i]));
}

// A job without hosts of its own is retried whole.
static void take_whole(struct retry *retry, const struct job_head *head)
{
    for (size_t i = 0; i < head->child_count; i++)
        retry->taken += is_wanted(retry, &head->children[i]);
}

static int choose(void *arg, const struct job_view *view)
{
    struct retry *retry = arg;
    struct slice encoded = retry->event.started.hosts;
    msgpack_object hosts;
    size_t at = 0;

    if (encoded.len == 0)
        take_whole(retry, view->head);
    else if (value_parse(&retry->hosts_doc, encoded, &at, &hosts, NULL) == 0)
        take_hosts(retry, &hosts, view->head);
    return 1;
}

static int note_state(void *arg, const struct job_view *view)
{
    struct retry *retry = arg;

    retry->id = view->head->id;
    retry->state = view->head->state;
    buf_clear(&retry->name);
    buf_add_slice(&retry->name, view->head->name);
    retry->damaged = view->damaged;
    return 1;
}

// ---- refusals

static int refuse_early(const struct retry *retry, uint64_t asked_id, struct err *err)
{
    if (asked_id != retry->id)
        return err_set(err, ERR_STATE, "%" PRIu64 " is a child of job %" PRIu64 ": retry that job",
                       asked_id, retry->id);
    if (retry->damaged)
        return err_set(err, ERR_STATE, "job %" PRIu64 " is damaged on disk: it cannot be retried",
                       retry->id);
    if (!job_state_is_finished(retry->state))
        return err_set(err, ERR_STATE, "job %" PRIu64 " is %s: only a finished job can be retried; "
                       "wait for it, or stop it", retry->id, job_state_name(retry->state));
    return 0;
}

static void failures_text(unsigned failures, char *text, size_t room)
{
    size_t n = 0;

    text[0] = 0;
    for (int i = CHILD_NONE + 1; i < CHILD_FAILURE_COUNT && n < room; i++)
        if (failures >> i & 1)
            n += (size_t)snprintf(text + n, room - n, "%s%s", n ? ", " : "",
                                  child_failure_name((enum child_failure)i));
}

static int refuse_nobody(const struct retry *retry, struct err *err)
{
    char text[80];

    failures_text(retry->failures, text, sizeof(text));
    if (retry->others)
        return err_set(err, ERR_STATE, "job %" PRIu64 ": the hosts in question (%zu) were named by "
                       "its script, not at its start: run the workflow again", retry->id,
                       retry->others);
    return err_set(err, ERR_STATE, "job %" PRIu64 " is %s: there is nothing to retry, no host of "
                   "it is %s", retry->id, job_state_name(retry->state), text);
}

// ---- the change

static int again(struct engine *engine, const struct change *change, struct retry *retry,
                 uint64_t *id, struct err *err)
{
    char default_name[32];
    const struct event_started *old = &retry->event.started;
    struct slice name = change->name;

    snprintf(default_name, sizeof(default_name), "Job%" PRIu64, retry->id);
    if (name.len == 0 && !slice_is(buf_slice(&retry->name), default_name))
        name = buf_slice(&retry->name);
    if (buf_failed(&retry->hosts) || buf_failed(&retry->name))
        return err_set(err, -ENOMEM, "no memory for the hosts of a job");
    return start_again(engine, old, name,
                       old->hosts.len ? buf_slice(&retry->hosts) : (struct slice){ 0 }, id, err);
}

static int retry_it(struct engine *engine, const struct change *change, struct retry *retry,
                    uint64_t *id, struct err *err)
{
    int rc = view_job(engine, change->job_id, note_state, retry, err);

    if (rc == 0)
        rc = refuse_early(retry, change->job_id, err);
    if (rc == 0)
        rc = read_started(engine, retry, err);
    if (rc == 0)
        rc = view_job(engine, retry->id, choose, retry, err);
    if (rc == 0 && retry->taken == 0)
        rc = refuse_nobody(retry, err);
    return rc < 0 ? rc : again(engine, change, retry, id, err);
}

int change_retry(struct engine *engine, const struct change *change, uint64_t *id,
                 struct err *err)
{
    struct retry retry;
    int rc;

    retry_init(&retry, change->failures);
    rc = retry_it(engine, change, &retry, id, err);
    retry_release(&retry);
    return rc;
}
