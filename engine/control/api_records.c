// SPDX-License-Identifier: MIT
// GET /v1/jobs/ID/records, GET /v1/jobs/ID/events: one follower for both. It reads
// the job's head, then sends the records up to the head's last_seq, in as many fills
// as that takes, then the rows of what the head has changed; then the head is read
// again; it is waited only on one that was read last. So "finished, and everything was
// sent" is one committed truth, and a row follows the records that were committed with
// it or before it.
//
// Nothing here grows with hosts times records: a head is read once for each backlog,
// a record finds its host by bisection, and a child's row is made when it changes.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "control/api.h"
#include "control/job_json.h"
#include "control/json.h"
#include "control/lookup.h"
#include "control/query.h"
#include "control/reading.h"
#include "control/record_json.h"

enum {
    FOLLOW_FILL = 32 * 1024,
    FOLLOW_SCAN = 1024, // records looked at in one fill: a child's may be rare
};
enum until { UNTIL_SETTLED, UNTIL_FINISHED };

// A child, kept from one head to the next: they are only added, by ascending id.
struct follow_child {
    uint64_t id;
    size_t at, len; // its host, in host_text
    uint64_t shown; // digest of what its last row told; 0: none was sent
};

struct follow {
    const struct port *port;
    struct lookup job;
    bool records, rows, child_rows, following;
    enum until until;
    struct reading reading;
    bool queued;            // it was said that another reader has its turn
    struct follow_child *children;
    size_t child_count;
    struct buf host_text;
    struct buf seen;        // the head that the last row showed, encoded
    struct buf head;        // the present one
    struct buf row;         // its line, when it is to be shown
    bool row_sent;          // at least one
    bool child_due;         // some child's row is to be sent
    enum job_state state;
    uint64_t last_seq;
    struct buf *out;        // during a fill
    size_t scanned;         // records, during a fill
    bool cut;               // the last fill ended before the backlog did
    bool failed, removed;
};

static void follow_free(void *state)
{
    struct follow *follow = state;

    reading_end(&follow->reading);
    free(follow->children);
    buf_release(&follow->host_text);
    buf_release(&follow->seen);
    buf_release(&follow->head);
    buf_release(&follow->row);
    free(follow);
}

// ---- the head
static bool children_take(struct follow *follow, const struct job_head *head)
{
    struct follow_child *children;

    if (head->child_count <= follow->child_count)
        return true;
    children = realloc(follow->children, head->child_count * sizeof(*children));
    if (!children)
        return false;
    follow->children = children;
    for (size_t i = follow->child_count; i < head->child_count; i++) {
        const struct child_head *child = &head->children[i];
        children[i] = (struct follow_child){ child->id, follow->host_text.len, child->host.len,
                                             0 };
        buf_add_slice(&follow->host_text, child->host);
    }
    follow->child_count = head->child_count;
    return !buf_failed(&follow->host_text);
}

static int child_compare(const void *id, const void *child)
{
    uint64_t a = *(const uint64_t *)id, b = ((const struct follow_child *)child)->id;

    return (a > b) - (a < b);
}

static struct slice host_of(const struct follow *follow, uint64_t child_id)
{
    const struct follow_child *child =
        follow->child_count ? bsearch(&child_id, follow->children, follow->child_count,
                                      sizeof(*child), child_compare) : NULL;

    return child ? slice_of(follow->host_text.ptr + child->at, child->len) : (struct slice){ 0 };
}

// The head without what changes with every child: how many there are and, when their
// own rows do not tell it, how many have failed.
static void head_take_down(const struct follow *follow, const struct job_head *head,
                           struct buf *out)
{
    struct job_head alone = *head;
    size_t failed = 0;

    for (size_t i = 0; i < head->child_count && !follow->child_rows; i++)
        failed += head->children[i].state == JOB_FAILED;
    alone.child_count = 0;
    alone.last_seq = alone.output_bytes = alone.journal_bytes = 0;
    head_encode(&alone, out);
    buf_add_u64be(out, head->child_count);
    buf_add_u64be(out, failed);
}

// A child that is read by itself is all that its row shows.
static void child_take_down(const struct job_head *head, const struct child_head *child,
                            struct buf *out)
{
    struct job_head one = *head;

    one.child_count = 1;
    one.last_seq = one.output_bytes = one.journal_bytes = 0;
    one.children = (struct child_head *)(uintptr_t)child;
    head_encode(&one, out);
}

// A row is due when what it shows, or the notice, differs from what was shown last:
// numbers of unread records are not part of a head, so output alone makes no row.
static void row_take(struct follow *follow, const struct job_view *view,
                     const struct child_head *child)
{

    buf_clear(&follow->head);
    if (child)
        child_take_down(view->head, child, &follow->head);
    else
        head_take_down(follow, view->head, &follow->head);
    buf_add_slice(&follow->head, child ? child->notice : view->notice);
    if (slice_equal(buf_slice(&follow->head), buf_slice(&follow->seen)))
        return;
    buf_clear(&follow->seen);
    buf_add_slice(&follow->seen, buf_slice(&follow->head));
    buf_clear(&follow->row);
    job_put(view, follow->job.id, FIELDS_ALL, NULL, &follow->row);
    buf_add_byte(&follow->row, '\n');
}

// Never 0. What is asked is known by its count and its newest number: numbers only grow, so
// that a question more makes another newest one, and one less alone another count.
static uint64_t child_digest(const struct child_head *child)
{
    uint64_t facts[] = { child->state, (uint64_t)child->exit_code,
                         (uint64_t)child->started_unix_ms, (uint64_t)child->ended_unix_ms,
                         child->failure, child->asking, child->asked_no,
                         name_hash(child->reason), name_hash(child->notice) };

    return name_hash(slice_of(facts, sizeof(facts))) | 1;
}

static bool child_is_due(const struct follow *follow, const struct job_head *head)
{
    for (size_t i = 0; i < follow->child_count && i < head->child_count; i++)
        if (follow->children[i].shown != child_digest(&head->children[i]))
            return true;
    return false;
}

static int head_take(void *arg, const struct job_view *view)
{
    struct follow *follow = arg;
    const struct job_head *head = view->head;
    const struct child_head *child = job_child(head, follow->job.id);

    follow->removed = head->removing;
    follow->state = child ? child->state : head->state;
    follow->last_seq = view->last_seq;
    follow->failed = !children_take(follow, head);
    if (follow->rows)
        row_take(follow, view, child);
    if (follow->child_rows && !child)
        follow->child_due = child_is_due(follow, head);
    return 1;
}

// ---- lines
static int record_take(void *arg, const struct record *record, bool gap)
{
    struct follow *follow = arg;
    uint64_t id = mark_source(follow->job.job_id, gap ? 0 : record->child_id);

    if (record->seq > follow->last_seq)
        return 1; // committed after the head that was read: next time
    if (reading_takes(&follow->reading, record, gap))
        record_line(record, id, host_of(follow, id), gap, follow->out);
    follow->cut = follow->out->len >= FOLLOW_FILL || ++follow->scanned >= FOLLOW_SCAN;
    return follow->cut;
}

static void row_send(struct follow *follow)
{
    if (buf_failed(&follow->row))
        follow->failed = true;
    follow->row_sent = follow->row_sent || follow->row.len > 0;
    buf_add_slice(follow->out, buf_slice(&follow->row));
    buf_clear(&follow->row);
}

static void child_send(struct follow *follow, const struct job_view *view, size_t i)
{
    uint64_t digest = child_digest(&view->head->children[i]);

    if (follow->children[i].shown == digest)
        return;
    child_put(view, &view->head->children[i], FIELDS_ALL, NULL, follow->out);
    buf_add_byte(follow->out, '\n');
    follow->children[i].shown = digest;
}

static int children_send(void *arg, const struct job_view *view)
{
    struct follow *follow = arg;
    size_t i = 0;

    for (; i < follow->child_count && i < view->head->child_count; i++) {
        if (follow->out->len >= FOLLOW_FILL)
            return 1; // the rest is still due
        child_send(follow, view, i);
    }
    follow->child_due = false;
    return 1;
}

static bool follow_is_over(const struct follow *follow)
{
    if (!follow->following)
        return true;
    return follow->until == UNTIL_FINISHED ? job_state_is_finished(follow->state)
                                           : job_state_is_settled(follow->state);
}

// ---- a fill
static int head_read(struct follow *follow, struct err *err)
{
    const struct port *port = follow->port;
    int rc = port->ops->job(port->core, follow->job.job_id, head_take, follow, err);

    if (rc >= 0 && follow->removed)
        rc = err_set(err, -ENOENT, "job %" PRIu64 " was removed", follow->job.job_id);
    return rc;
}

// The head counts more records than there are: a damaged page has dropped the last.
static void tell_lost(struct follow *follow)
{
    const struct record lost = { .seq = follow->last_seq };

    if (reading_takes(&follow->reading, &lost, true))
        record_line(&lost, follow->job.job_id, (struct slice){ 0 }, true, follow->out);
}

static int records_send(struct follow *follow, struct err *err)
{
    const struct port *port = follow->port;
    int rc;

    follow->cut = false;
    follow->scanned = 0;
    if (!follow->records || follow->reading.next_seq > follow->last_seq)
        return 0;
    rc = port->ops->records(port->core, follow->job.job_id, follow->reading.next_seq,
                            record_take, follow, err);
    if (rc >= 0 && !follow->cut && follow->reading.next_seq <= follow->last_seq)
        tell_lost(follow);
    return rc;
}

static int rows_send(struct follow *follow, struct err *err)
{
    const struct port *port = follow->port;

    row_send(follow);
    if (!follow->child_due)
        return 0;
    return port->ops->job(port->core, follow->job.job_id, children_send, follow, err);
}

static enum fill follow_end(struct follow *follow, const struct err *err)
{
    exchange_error_line(follow->out, err);
    return FILL_END;
}

// Another reader of the job has its turn. That is said once: it may last.
static enum fill follow_queue(struct follow *follow)
{
    if (!follow->queued)
        buf_add_str(follow->out, "{\"waiting\":true}\n");
    follow->queued = true;
    return FILL_WAIT;
}

static enum fill follow_fill(struct exchange *x, void *state, struct buf *out)
{
    struct follow *follow = state;
    struct err err = { 0 };
    enum reading_turn turn;
    bool goes_on = follow->cut; // with the head of a fill before this one

    follow->out = out;
    if (reading_turn(&follow->reading, x, &turn, &err) < 0)
        return follow_end(follow, &err);
    if (turn == TURN_OTHERS)
        return follow_queue(follow);
    if (!goes_on && head_read(follow, &err) < 0)
        return follow_end(follow, &err);
    if (!follow->row_sent)
        row_send(follow);
    if (turn == TURN_PAUSED && follow->reading.next_seq <= follow->last_seq)
        return FILL_WAIT;
    if (records_send(follow, &err) < 0)
        return follow_end(follow, &err);
    if (follow->cut)
        return FILL_MORE;
    if (rows_send(follow, &err) < 0)
        return follow_end(follow, &err);
    if (follow->failed)
        out->failed = -ENOMEM;
    if (follow_is_over(follow) && !follow->child_due)
        return FILL_END;
    // A head read long ago is nothing to wait on: what was committed since then woke nobody.
    return follow->child_due || goes_on ? FILL_MORE : FILL_WAIT;
}

// ---- the request
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
    follow->child_rows = query_flag(x, "children");
    follow->rows = !records || follow->child_rows || query_flag(x, "rows");
    rc = lookup_job(follow->port, exchange_selector(x), &follow->job, &err);
    if (rc >= 0)
        rc = reading_begin(&follow->reading, x, &follow->job, &err);
    if (rc >= 0)
        rc = until_read(x, follow, &err);
    if (rc >= 0 && (follow->following || follow->reading.lease))
        rc = exchange_watch(x, follow->job.job_id, &err);
    if (rc < 0)
        exchange_fail(x, &err);
    else
        exchange_stream(x, follow_fill);
}

void api_records(struct exchange *x) { follow_start(x, true); }
void api_events(struct exchange *x) { follow_start(x, false); }
