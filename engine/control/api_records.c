// SPDX-License-Identifier: MIT
// GET /v1/jobs/ID/records, GET /v1/jobs/ID/events: one follower for both. Each
// fill reads the job's head first and its records up to the head's last_seq
// after it, so that "finished, and everything was sent" is one committed truth.
// A row follows the records that were committed with it or before it.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "control/api.h"
#include "control/job_json.h"
#include "control/json.h"
#include "control/lookup.h"
#include "control/query.h"
#include "control/record_json.h"

enum { FOLLOW_FILL = 64 * 1024 };
enum until { UNTIL_SETTLED, UNTIL_FINISHED };

// Child id and host name, kept from one head to the next: children are only added.
struct host_name {
    uint64_t id;
    size_t at, len; // in host_text
};

struct follow {
    const struct port *port;
    struct lookup job;
    bool records, rows, following;
    enum until until;
    uint64_t next_seq;      // the first record not sent
    struct host_name *hosts;
    size_t host_count;
    struct buf host_text;
    struct buf seen;        // the head that the last row showed, encoded
    struct buf head;        // the present one
    struct buf row;         // its line, when it is to be shown
    bool row_sent;          // at least one
    enum job_state state;
    uint64_t last_seq;
    struct buf *out;        // during a fill
    bool failed, removed;
};

static void follow_free(void *state)
{
    struct follow *follow = state;

    free(follow->hosts);
    buf_release(&follow->host_text);
    buf_release(&follow->seen);
    buf_release(&follow->head);
    buf_release(&follow->row);
    free(follow);
}

// ---- the head
static bool hosts_take(struct follow *follow, const struct job_head *head)
{
    struct host_name *hosts;

    if (head->child_count <= follow->host_count)
        return true;
    hosts = realloc(follow->hosts, head->child_count * sizeof(*hosts));
    if (!hosts)
        return false;
    follow->hosts = hosts;
    for (size_t i = follow->host_count; i < head->child_count; i++) {
        const struct child_head *child = &head->children[i];
        hosts[i] = (struct host_name){ child->id, follow->host_text.len, child->host.len };
        buf_add_slice(&follow->host_text, child->host);
    }
    follow->host_count = head->child_count;
    return !buf_failed(&follow->host_text);
}

static struct slice host_of(const struct follow *follow, uint64_t child_id)
{
    for (size_t i = 0; i < follow->host_count; i++)
        if (follow->hosts[i].id == child_id)
            return slice_of(follow->host_text.ptr + follow->hosts[i].at, follow->hosts[i].len);
    return (struct slice){ 0 };
}

// A row is due when the head's bytes, or the notice, differ from those shown last:
// numbers of unread records are not part of a head, so output alone makes no row.
static void row_take(struct follow *follow, const struct job_view *view)
{
    json_t *json;

    buf_clear(&follow->head);
    head_encode(view->head, &follow->head);
    buf_add_slice(&follow->head, view->notice);
    if (slice_equal(buf_slice(&follow->head), buf_slice(&follow->seen)))
        return;
    buf_clear(&follow->seen);
    buf_add_slice(&follow->seen, buf_slice(&follow->head));
    buf_clear(&follow->row);
    json = job_json(view, follow->job.id);
    json_line(json, &follow->row);
    json_decref(json);
}

static int head_take(void *arg, const struct job_view *view)
{
    struct follow *follow = arg;
    const struct job_head *head = view->head;
    const struct child_head *child = job_child(head, follow->job.id);

    follow->removed = head->removing;
    follow->state = child ? child->state : head->state;
    follow->last_seq = view->last_seq;
    follow->failed = !hosts_take(follow, head);
    if (follow->rows)
        row_take(follow, view);
    return 1;
}

// ---- lines
static int record_take(void *arg, const struct record *record, bool gap)
{
    struct follow *follow = arg;
    uint64_t id = record->child_id && !gap ? record->child_id : follow->job.job_id;

    if (record->seq > follow->last_seq)
        return 1; // committed after the head that was read: next time
    follow->next_seq = record->seq + 1;
    if (follow->job.id != follow->job.job_id && follow->job.id != id)
        return 0;
    record_line(record, id, host_of(follow, id), gap, follow->out);
    return follow->out->len >= FOLLOW_FILL;
}

static void row_send(struct follow *follow)
{
    if (buf_failed(&follow->row))
        follow->failed = true;
    follow->row_sent = follow->row_sent || follow->row.len > 0;
    buf_add_slice(follow->out, buf_slice(&follow->row));
    buf_clear(&follow->row);
}

static bool follow_is_over(const struct follow *follow)
{
    if (!follow->following)
        return true;
    return follow->until == UNTIL_FINISHED ? job_state_is_finished(follow->state)
                                           : job_state_is_settled(follow->state);
}

static enum fill follow_end(struct follow *follow, const struct err *err)
{
    exchange_error_line(follow->out, err);
    return FILL_END;
}

static enum fill follow_fill(struct exchange *x, void *state, struct buf *out)
{
    struct follow *follow = state;
    const struct port *port = follow->port;
    struct err err = { 0 };

    (void)x;
    follow->out = out;
    if (port->ops->job(port->core, follow->job.job_id, head_take, follow, &err) < 0)
        return follow_end(follow, &err);
    if (follow->removed) {
        err_set(&err, -ENOENT, "job %" PRIu64 " was removed", follow->job.job_id);
        return follow_end(follow, &err);
    }
    if (!follow->row_sent)
        row_send(follow);
    if (follow->records && follow->next_seq <= follow->last_seq &&
        port->ops->records(port->core, follow->job.job_id, follow->next_seq, record_take,
                           follow, &err) < 0)
        return follow_end(follow, &err);
    if (follow->records && out->len >= FOLLOW_FILL)
        return FILL_MORE;
    row_send(follow);
    if (follow->failed)
        out->failed = -ENOMEM;
    return follow_is_over(follow) ? FILL_END : FILL_WAIT;
}

// ---- the request
static int since_read(struct exchange *x, struct follow *follow, struct err *err)
{
    const char *text = query_text(x, "since");
    int64_t since = 0;
    uint64_t mark;
    int rc;

    if (text && strcmp(text, "mark") == 0) {
        rc = follow->port->ops->mark(follow->port->core, follow->job.job_id, &mark, err);
        follow->next_seq = mark + 1;
        return rc;
    }
    rc = query_number(x, "since", 0, &since, err);
    follow->next_seq = (uint64_t)since + 1;
    return rc;
}

static int until_read(struct exchange *x, struct follow *follow, struct err *err)
{
    const char *text = query_text(x, "until");

    follow->following = query_flag(x, "follow");
    if (!text || strcmp(text, "settled") == 0)
        follow->until = UNTIL_SETTLED;
    else if (strcmp(text, "finished") == 0)
        follow->until = UNTIL_FINISHED;
    else
        return err_set(err, ERR_USAGE, "until=%.40s: settled or finished is expected", text);
    return 0;
}

static struct follow *follow_new(struct exchange *x)
{
    struct follow *follow = exchange_keep_new(x, sizeof(*follow), follow_free);

    if (!follow)
        return NULL;
    follow->port = exchange_port(x);
    buf_init(&follow->host_text, 0);
    buf_init(&follow->seen, 0);
    buf_init(&follow->head, 0);
    buf_init(&follow->row, 0);
    return follow;
}

static void follow_start(struct exchange *x, bool records)
{
    struct follow *follow = follow_new(x);
    struct err err = { 0 };
    int rc;

    if (!follow)
        return;
    follow->records = records;
    follow->rows = !records || query_flag(x, "rows");
    rc = lookup_job(follow->port, exchange_selector(x), &follow->job, &err);
    if (rc >= 0)
        rc = since_read(x, follow, &err);
    if (rc >= 0)
        rc = until_read(x, follow, &err);
    if (rc >= 0 && follow->following)
        rc = exchange_watch(x, follow->job.job_id, &err);
    if (rc < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, follow_fill);
}

void api_records(struct exchange *x) { follow_start(x, true); }
void api_events(struct exchange *x) { follow_start(x, false); }
