// SPDX-License-Identifier: MIT
#include "control/job_json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "control/json.h"
#include "model/question.h"
#include "model/value.h"

const struct child_head *job_child(const struct job_head *head, uint64_t id)
{
    for (size_t i = 0; i < head->child_count; i++)
        if (head->children[i].id == id)
            return &head->children[i];
    return NULL;
}

bool job_has_more(const struct job_view *view)
{
    return view->unread > 0 || !job_state_is_finished(view->head->state);
}

static json_t *id_json(uint64_t id) { return json_integer((json_int_t)id); }

static json_t *uuid_json(struct uuid id)
{
    char text[UUID_TEXT];

    return json_string(uuid_format(id, text));
}

static json_t *name_json(struct slice name, uint64_t id)
{
    return name.len ? json_text(name) : json_sprintf("Job%" PRIu64, id);
}

static json_t *exit_json(int32_t code)
{
    return code == EXIT_CODE_NONE ? json_null() : json_integer(code);
}

// "web01,web02": the hosts of the children, in their order.
static json_t *location_json(const struct job_head *head)
{
    struct buf text;
    json_t *json = NULL;

    buf_init(&text, 0);
    for (size_t i = 0; i < head->child_count; i++) {
        if (i)
            buf_add_byte(&text, ',');
        buf_add_slice(&text, head->children[i].host);
    }
    if (!buf_failed(&text))
        json = json_text(buf_slice(&text));
    buf_release(&text);
    return json;
}

static json_t *children_json(const struct job_head *head)
{
    json_t *list = json_array();

    for (size_t i = 0; i < head->child_count; i++)
        if (json_array_append_new(list, id_json(head->children[i].id)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *progress_json(const struct job_head *head)
{
    if (head->progress_total == 0 && head->progress_done == 0 && head->progress_text.len == 0)
        return json_null();
    return json_pack("{s:I,s:I,s:o}", "done", (json_int_t)head->progress_done, "total",
                     (json_int_t)head->progress_total, "text",
                     json_text_or_null(head->progress_text));
}

static json_t *meta_json(struct slice meta)
{
    json_t *json = meta.len ? value_slice_to_json(meta) : NULL;

    return json ? json : json_object();
}

static json_t *question_json(const struct question *q)
{
    json_t *choices = json_array();

    for (size_t i = 0; i < value_count(q->choices); i++)
        json_array_append_new(choices, json_text(value_bytes(value_at(q->choices, i))));
    if (q->approve) {
        json_array_append_new(choices, json_string("yes"));
        json_array_append_new(choices, json_string("no"));
    }
    return json_pack("{s:I,s:o,s:o,s:o}", "id", (json_int_t)q->no, "host",
                     json_text_or_null(q->host), "text", json_text(q->text), "choices", choices);
}

// All that are open, or those on one host.
static json_t *questions_json(const struct job_head *head, const struct child_head *child)
{
    json_t *list = json_array();
    struct value_doc doc;
    msgpack_object all;
    size_t count;

    if (child && !child->asking && child->state != JOB_BLOCKED) // the second for older rows
        return list;
    value_doc_init(&doc);
    count = questions_decode(head->questions, &doc, &all);
    for (size_t i = 0; i < count; i++) {
        struct question q = question_of(&all, i);
        if (!child || slice_equal(q.host, child->host))
            json_array_append_new(list, question_json(&q));
    }
    value_doc_release(&doc);
    return list;
}

static size_t failed_count(const struct job_head *head)
{
    size_t n = 0;

    for (size_t i = 0; i < head->child_count; i++)
        n += head->children[i].state == JOB_FAILED;
    return n;
}

// What a job and its child have in common, and what differs, in the order of the
// documentation. Arguments marked "o" are new references, taken in any case.
struct row {
    json_t *host, *location, *unread, *bytes, *parent, *children, *failed, *total, *progress,
        *questions;
    uint64_t id;
    struct uuid uuid;
    struct slice name, reason, notice;
    const char *failure; // NULL: none, or a job's
    enum job_state state;
    bool has_more;
    int64_t created, started, ended;
    int32_t exit_code;
};

static json_t *row_json(const struct job_head *head, const struct row *row)
{
    return json_pack(
        "{s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,"
        "s:O?,s:o,s:o,s:s?,s:o}",
        "id", id_json(row->id), "uuid", uuid_json(row->uuid), "name",
        name_json(row->name, row->id), "type", job_type_name(head->type), "state",
        job_state_name(row->state), "reason", json_text_or_null(row->reason), "host", row->host,
        "location", row->location, "command", json_text(head->command), "has_more",
        (int)row->has_more, "unread", row->unread, "bytes", row->bytes, "created",
        json_time(row->created), "started", json_time(row->started), "ended",
        json_time(row->ended), "parent", row->parent, "children", row->children, "exit_code",
        exit_json(row->exit_code), "failed", row->failed, "total", row->total, "progress",
        row->progress, "question",
        json_object_get(json_array_get(row->questions, 0), "text"), "meta", meta_json(head->meta), "notice",
        json_text_or_null(row->notice), "failure", row->failure, "questions", row->questions);
}

static json_t *parent_row(const struct job_view *view)
{
    const struct job_head *head = view->head;
    struct row row = {
        .host = json_null(),
        .location = location_json(head),
        .unread = json_integer((json_int_t)view->unread),
        .bytes = json_integer((json_int_t)view->bytes),
        .parent = json_null(),
        .children = children_json(head),
        .failed = json_integer((json_int_t)failed_count(head)),
        .total = json_integer((json_int_t)head->child_count),
        .progress = progress_json(head),
        .questions = questions_json(head, NULL),
        .id = head->id, .uuid = head->uuid, .name = head->name, .reason = head->reason,
        .notice = view->notice,
        .state = head->state, .has_more = job_has_more(view),
        .created = head->created_unix_ms, .started = head->started_unix_ms,
        .ended = head->ended_unix_ms, .exit_code = head->exit_code,
    };

    return row_json(head, &row);
}

struct unread *children_unread(const struct port *port, const struct job_view *view)
{
    const struct job_head *head = view->head;
    struct unread *unread = calloc(head->child_count + 1, sizeof(*unread));

    if (unread && view->unread && port->ops->unread(port->core, head, unread, NULL) < 0) {
        free(unread);
        unread = NULL;
    }
    return unread;
}

static json_t *count_json(const struct unread *unread, uint64_t count)
{
    return unread ? json_integer((json_int_t)count) : json_null();
}

json_t *child_json(const struct job_view *view, const struct child_head *child,
                   const struct unread *unread)
{
    const struct job_head *head = view->head;
    struct row row = {
        .host = json_text(child->host),
        .location = json_text(child->host),
        .unread = count_json(unread, unread ? unread->records : 0),
        .bytes = count_json(unread, unread ? unread->bytes : 0),
        .parent = id_json(head->id),
        .children = json_array(),
        .failed = json_integer(child->state == JOB_FAILED),
        .total = json_integer(1),
        .progress = json_null(),
        .questions = questions_json(head, child),
        .id = child->id, .uuid = child->uuid, .reason = child->reason,
        .failure = child_failure_name(child->failure),
        .state = child->state,
        .has_more = (unread ? unread->records : view->unread) > 0 ||
                    !job_state_is_finished(child->state),
        .created = head->created_unix_ms, .started = child->started_unix_ms,
        .ended = child->ended_unix_ms, .exit_code = child->exit_code,
    };

    return row_json(head, &row);
}

json_t *job_json(const struct job_view *view, uint64_t id, const struct unread *unread)
{
    const struct child_head *child = id == view->head->id ? NULL : job_child(view->head, id);

    if (!child)
        return parent_row(view);
    return child_json(view, child, unread ? unread + (child - view->head->children) : NULL);
}
