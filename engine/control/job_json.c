// SPDX-License-Identifier: MIT
// Rows are written straight into the answer: ten thousand of them are a list. What few jobs
// have, a map of meta or questions, is left to jansson.
#include "control/job_json.h"

#include <errno.h>
#include <stdlib.h>

#include "base/real.h"
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

// ---- keys

struct field_name {
    const char *text; // ,"id":
    size_t len;
};

static const struct field_name names[] = {
#define X(id, text) [FIELD_##id] = { ",\"" text "\":", sizeof(",\"" text "\":") - 1 },
    JOB_FIELDS(X)
#undef X
};

int job_field_parse(struct slice name, enum job_field *ret)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (slice_equal(name, slice_of(names[i].text + 2, names[i].len - 4))) {
            *ret = (enum job_field)i;
            return 0;
        }
    return -EINVAL;
}

// A row on its way: of a job, or of one of its children.
struct row {
    const struct job_view *view;
    const struct job_head *head;
    const struct child_head *child; // NULL: the job itself
    unsigned fields;
    const struct unread *unread; // of the child; NULL: not known
    size_t begin; // where it begins in the buffer
    struct buf *out;
};

// Is it to be written? Then its key is, and its value follows.
static bool wants(const struct row *row, enum job_field field)
{
    size_t first;

    if (!(row->fields & 1u << field))
        return false;
    first = row->out->len == row->begin; // no comma
    if (first)
        buf_add_byte(row->out, '{');
    buf_add(row->out, names[field].text + first, names[field].len - first);
    return true;
}

static void put_int(const struct row *row, enum job_field field, int64_t n)
{
    if (wants(row, field))
        json_put_int(row->out, n);
}

static void put_text(const struct row *row, enum job_field field, struct slice text)
{
    if (wants(row, field))
        json_put_text(row->out, text);
}

static void put_text_or_null(const struct row *row, enum job_field field, struct slice text)
{
    if (wants(row, field))
        json_put_text_or_null(row->out, text);
}

static void put_time(const struct row *row, enum job_field field, int64_t unix_ms)
{
    if (wants(row, field))
        json_put_time(row->out, unix_ms);
}

static void put_null(const struct row *row, enum job_field field)
{
    if (wants(row, field))
        buf_add_str(row->out, "null");
}

// ---- what takes more than a line

static void put_uuid(const struct row *row)
{
    char text[UUID_TEXT];

    if (wants(row, FIELD_UUID))
        json_put_text(row->out, slice_str(uuid_format(row->child ? row->child->uuid
                                                                 : row->head->uuid, text)));
}

static void put_name(const struct row *row)
{
    if (!wants(row, FIELD_NAME))
        return;
    if (row->child || !row->head->name.len)
        buf_addf(row->out, "\"Job%llu\"",
                 (unsigned long long)(row->child ? row->child->id : row->head->id));
    else
        json_put_text(row->out, row->head->name);
}

// "web01,web02": the hosts of the children, in their order.
static void put_location(const struct row *row)
{
    const struct job_head *head = row->head;
    struct buf text;

    if (!wants(row, FIELD_LOCATION))
        return;
    if (row->child || head->child_count == 1) {
        json_put_text(row->out, row->child ? row->child->host : head->children[0].host);
        return;
    }
    buf_init(&text, 0);
    for (size_t i = 0; i < head->child_count; i++) {
        if (i)
            buf_add_byte(&text, ',');
        buf_add_slice(&text, head->children[i].host);
    }
    json_put_text(row->out, buf_slice(&text));
    if (buf_failed(&text))
        row->out->failed = buf_failed(&text);
    buf_release(&text);
}

static void put_children(const struct row *row)
{
    if (!wants(row, FIELD_CHILDREN))
        return;
    buf_add_byte(row->out, '[');
    for (size_t i = 0; i < row->head->child_count && !row->child; i++) {
        if (i)
            buf_add_byte(row->out, ',');
        json_put_int(row->out, (int64_t)row->head->children[i].id);
    }
    buf_add_byte(row->out, ']');
}

static void put_exit_code(const struct row *row)
{
    int32_t code = row->child ? row->child->exit_code : row->head->exit_code;

    if (code == EXIT_CODE_NONE)
        put_null(row, FIELD_EXIT_CODE);
    else
        put_int(row, FIELD_EXIT_CODE, code);
}

static void put_failed(const struct row *row)
{
    int64_t n = row->child && row->child->state == JOB_FAILED;

    for (size_t i = 0; i < row->head->child_count && !row->child; i++)
        n += row->head->children[i].state == JOB_FAILED;
    put_int(row, FIELD_FAILED, n);
    put_int(row, FIELD_TOTAL, row->child ? 1 : (int64_t)row->head->child_count);
}

static void put_progress(const struct row *row)
{
    const struct job_head *head = row->head;

    if (row->child || (head->progress_total == 0 && head->progress_done == 0 &&
                       head->progress_text.len == 0)) {
        put_null(row, FIELD_PROGRESS);
        return;
    }
    if (!wants(row, FIELD_PROGRESS))
        return;
    buf_add_str(row->out, "{\"done\":");
    json_put_int(row->out, head->progress_done);
    buf_add_str(row->out, ",\"total\":");
    json_put_int(row->out, head->progress_total);
    buf_add_str(row->out, ",\"text\":");
    json_put_text_or_null(row->out, head->progress_text);
    buf_add_byte(row->out, '}');
}

static void put_meta(const struct row *row)
{
    struct slice meta = row->head->meta;
    json_t *json;

    if (!wants(row, FIELD_META))
        return;
    json = meta.len > 1 ? value_slice_to_json(meta) : NULL; // one byte: the empty map
    if (json)
        json_compact(json, row->out);
    else
        buf_add_str(row->out, "{}");
    json_decref(json);
}

static void put_failure(const struct row *row)
{
    const char *failure = row->child ? child_failure_name(row->child->failure) : NULL;

    put_text_or_null(row, FIELD_FAILURE, slice_str(failure));
}

// ---- questions

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

// Some of the child are open. Older rows do not count them: the state tells.
static bool is_asking(const struct row *row)
{
    if (row->child)
        return row->child->asking || row->child->state == JOB_BLOCKED;
    return row->head->questions.len > 0;
}

// All that are open, or those on one host.
static json_t *questions_json(const struct row *row)
{
    json_t *list = json_array();
    struct value_doc doc;
    msgpack_object all;
    size_t count;

    value_doc_init(&doc);
    count = questions_decode(row->head->questions, &doc, &all);
    for (size_t i = 0; i < count; i++) {
        struct question q = question_of(&all, i);
        if (!row->child || slice_equal(q.host, row->child->host))
            json_array_append_new(list, question_json(&q));
    }
    value_doc_release(&doc);
    return list;
}

// The text of the first.
static void put_question(const struct row *row, const json_t *questions)
{
    const json_t *text = json_object_get(json_array_get(questions, 0), "text");

    if (!text)
        put_null(row, FIELD_QUESTION);
    else if (wants(row, FIELD_QUESTION))
        json_compact(text, row->out);
}

static void put_questions(const struct row *row, const json_t *questions)
{
    if (!wants(row, FIELD_QUESTIONS))
        return;
    if (questions)
        json_compact(questions, row->out);
    else
        buf_add_str(row->out, "[]");
}

// ---- rows

static void put_ends(const struct row *row)
{
    const struct child_head *child = row->child;
    const struct job_head *head = row->head;

    put_time(row, FIELD_CREATED, head->created_unix_ms);
    put_time(row, FIELD_STARTED, child ? child->started_unix_ms : head->started_unix_ms);
    put_time(row, FIELD_ENDED, child ? child->ended_unix_ms : head->ended_unix_ms);
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

// Of a child it may not be known: then it has more while its job has.
static void put_counts(const struct row *row, enum job_state state)
{
    const struct job_view *view = row->view;
    const struct unread whole = { view->unread, view->bytes };
    const struct unread *unread = row->child ? row->unread : &whole;

    if (wants(row, FIELD_HAS_MORE))
        json_put_bool(row->out, (unread ? unread->records : view->unread) > 0 ||
                                    !job_state_is_finished(state));
    if (unread) {
        put_int(row, FIELD_UNREAD, (int64_t)unread->records);
        put_int(row, FIELD_BYTES, (int64_t)unread->bytes);
    } else {
        put_null(row, FIELD_UNREAD);
        put_null(row, FIELD_BYTES);
    }
}

static void row_put(const struct row *row)
{
    const struct child_head *child = row->child;
    const struct job_head *head = row->head;
    enum job_state state = child ? child->state : head->state;
    json_t *questions = is_asking(row) ? questions_json(row) : NULL;

    put_int(row, FIELD_ID, (int64_t)(child ? child->id : head->id));
    put_uuid(row);
    put_name(row);
    put_text(row, FIELD_TYPE, slice_str(job_type_name(head->type)));
    put_text(row, FIELD_STATE, slice_str(job_state_name(state)));
    put_text_or_null(row, FIELD_REASON, child ? child->reason : head->reason);
    if (child)
        put_text(row, FIELD_HOST, child->host);
    else
        put_null(row, FIELD_HOST);
    put_location(row);
    put_text(row, FIELD_COMMAND, head->command);
    put_counts(row, state);
    put_ends(row);
    if (child)
        put_int(row, FIELD_PARENT, (int64_t)head->id);
    else
        put_null(row, FIELD_PARENT);
    put_children(row);
    put_exit_code(row);
    put_failed(row);
    put_progress(row);
    put_question(row, questions);
    put_meta(row);
    put_text_or_null(row, FIELD_NOTICE, child ? child->notice : row->view->notice);
    put_failure(row);
    put_questions(row, questions);
    put_text_or_null(row, FIELD_SCHEDULE, head->schedule);
    put_time(row, FIELD_NOMINAL, head->nominal_unix_ms);
    buf_add_byte(row->out, '}');
    json_decref(questions);
}

void child_put(const struct job_view *view, const struct child_head *child, unsigned fields,
               const struct unread *unread, struct buf *out)
{
    row_put(&(struct row){ view, view->head, child, fields, unread, out->len, out });
}

void job_put(const struct job_view *view, uint64_t id, unsigned fields,
             const struct unread *unread, struct buf *out)
{
    const struct child_head *child = id == view->head->id ? NULL : job_child(view->head, id);

    child_put(view, child, fields,
              child && unread ? unread + (child - view->head->children) : NULL, out);
}
