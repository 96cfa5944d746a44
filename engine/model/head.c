// SPDX-License-Identifier: MIT
// A head's bytes: MessagePack
//   head    array [ id, uuid, type, state, name, command, reason, meta, script_name,
//                   script_hash, created, started, ended, exit_code, auto_remove, removing,
//                   progress_done, progress_total, progress_text, children, questions,
//                   schedule, schedule_uuid, nominal,
//                   last_seq, output_bytes, journal_bytes, texts ]
//   child   array [ id, uuid, host, state, reason, exit_code, started, ended, failure,
//                   asking, asked_no ]
#include "model/head.h"

#include <assert.h>
#include <errno.h>
#include <strings.h>

static const char *const state_names[] = {
#define X(id, text) [JOB_##id] = text,
    JOB_STATES(X)
#undef X
};

const char *job_state_name(enum job_state state)
{
    assert((unsigned)state < JOB_STATE_COUNT);
    return state_names[state];
}

int job_state_parse(struct slice name, enum job_state *ret)
{
    for (int i = 0; i < JOB_STATE_COUNT; i++) {
        if (name.len == strlen(state_names[i]) &&
            strncasecmp((const char *)name.ptr, state_names[i], name.len) == 0) {
            *ret = (enum job_state)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool job_state_is_finished(enum job_state state)
{
    return state == JOB_COMPLETED || state == JOB_FAILED || state == JOB_STOPPED;
}

bool job_state_is_settled(enum job_state state)
{
    return job_state_is_finished(state) || state == JOB_SUSPENDED;
}

const char *child_failure_name(enum child_failure failure)
{
    static const char *const names[] = {
#define X(id, text) [CHILD_##id] = text,
        CHILD_FAILURES(X)
#undef X
    };

    assert((unsigned)failure < CHILD_FAILURE_COUNT);
    return names[failure];
}

int child_failure_parse(struct slice name, enum child_failure *ret)
{
    for (int i = CHILD_NONE + 1; i < CHILD_FAILURE_COUNT; i++) {
        if (slice_is(name, child_failure_name((enum child_failure)i))) {
            *ret = (enum child_failure)i;
            return 0;
        }
    }
    return -EINVAL;
}

// Fields are added at the end; rows without the last of them are read, too.
enum { HEAD_COUNTS = 4 /* the last of them */, HEAD_FIELDS = 28, HEAD_FIELDS_MIN = 20, CHILD_FIELDS = 11 };

static void child_encode(const struct child_head *child, struct buf *buf)
{
    value_put_array(buf, CHILD_FIELDS);
    value_put_uint(buf, child->id);
    value_put_uuid(buf, child->uuid);
    value_put_bytes(buf, child->host);
    value_put_uint(buf, child->state);
    value_put_bytes(buf, child->reason);
    value_put_int(buf, child->exit_code);
    value_put_int(buf, child->started_unix_ms);
    value_put_int(buf, child->ended_unix_ms);
    value_put_uint(buf, child->failure);
    value_put_uint(buf, child->asking);
    value_put_uint(buf, child->asked_no);
}

void head_encode(const struct job_head *head, struct buf *buf)
{
    value_put_array(buf, head->counted ? HEAD_FIELDS : HEAD_FIELDS - HEAD_COUNTS);
    value_put_uint(buf, head->id);
    value_put_uuid(buf, head->uuid);
    value_put_uint(buf, head->type);
    value_put_uint(buf, head->state);
    value_put_bytes(buf, head->name);
    value_put_bytes(buf, head->command);
    value_put_bytes(buf, head->reason);
    value_put_bytes(buf, head->meta);
    value_put_bytes(buf, head->script_name);
    value_put_bytes(buf, head->script_hash);
    value_put_int(buf, head->created_unix_ms);
    value_put_int(buf, head->started_unix_ms);
    value_put_int(buf, head->ended_unix_ms);
    value_put_int(buf, head->exit_code);
    value_put_bool(buf, head->auto_remove);
    value_put_bool(buf, head->removing);
    value_put_int(buf, head->progress_done);
    value_put_int(buf, head->progress_total);
    value_put_bytes(buf, head->progress_text);
    value_put_array(buf, head->child_count);
    for (size_t i = 0; i < head->child_count; i++)
        child_encode(&head->children[i], buf);
    value_put_bytes(buf, head->questions);
    value_put_bytes(buf, head->schedule);
    if (head->schedule.len)
        value_put_uuid(buf, head->schedule_uuid);
    else
        value_put_nil(buf); // most jobs have none
    value_put_int(buf, head->nominal_unix_ms);
    if (!head->counted) // what is not known stays so, also when it is written again
        return;
    value_put_uint(buf, head->last_seq);
    value_put_uint(buf, head->output_bytes);
    value_put_uint(buf, head->journal_bytes);
    value_put_bytes(buf, head->texts);
}

// An older row does not tell: its state does, as far as it can.
static enum child_failure failure_of_state(enum job_state state)
{
    return state == JOB_FAILED ? CHILD_FAILED : state == JOB_STOPPED ? CHILD_STOPPED : CHILD_NONE;
}

static void child_read(const value *v, struct child_head *ret)
{
    *ret = (struct child_head){
        .id = value_uint(value_at(v, 0), 0),
        .uuid = value_uuid(value_at(v, 1)),
        .host = value_bytes(value_at(v, 2)),
        .state = (enum job_state)value_uint(value_at(v, 3), 0),
        .reason = value_bytes(value_at(v, 4)),
        .exit_code = (int32_t)value_int(value_at(v, 5), EXIT_CODE_NONE),
        .started_unix_ms = value_int(value_at(v, 6), 0),
        .ended_unix_ms = value_int(value_at(v, 7), 0),
        .asking = (uint32_t)value_uint(value_at(v, 9), 0),
        .asked_no = value_uint(value_at(v, 10), 0),
    };
    ret->failure = (enum child_failure)value_uint(value_at(v, 8), failure_of_state(ret->state));
}

static void head_read(const value *v, struct job_head *ret)
{
    *ret = (struct job_head){
        .id = value_uint(value_at(v, 0), 0),
        .uuid = value_uuid(value_at(v, 1)),
        .type = (enum job_type)value_uint(value_at(v, 2), 0),
        .state = (enum job_state)value_uint(value_at(v, 3), 0),
        .name = value_bytes(value_at(v, 4)),
        .command = value_bytes(value_at(v, 5)),
        .reason = value_bytes(value_at(v, 6)),
        .meta = value_bytes(value_at(v, 7)),
        .script_name = value_bytes(value_at(v, 8)),
        .script_hash = value_bytes(value_at(v, 9)),
        .created_unix_ms = value_int(value_at(v, 10), 0),
        .started_unix_ms = value_int(value_at(v, 11), 0),
        .ended_unix_ms = value_int(value_at(v, 12), 0),
        .exit_code = (int32_t)value_int(value_at(v, 13), EXIT_CODE_NONE),
        .auto_remove = value_bool(value_at(v, 14), false),
        .removing = value_bool(value_at(v, 15), false),
        .progress_done = value_int(value_at(v, 16), 0),
        .progress_total = value_int(value_at(v, 17), 0),
        .progress_text = value_bytes(value_at(v, 18)),
        .child_count = value_count(value_at(v, 19)),
        .questions = value_bytes(value_at(v, 20)),
        .schedule = value_bytes(value_at(v, 21)),
        .schedule_uuid = value_uuid(value_at(v, 22)),
        .nominal_unix_ms = value_int(value_at(v, 23), 0),
        .counted = value_count(v) >= HEAD_FIELDS,
        .last_seq = value_uint(value_at(v, 24), 0),
        .output_bytes = value_uint(value_at(v, 25), 0),
        .journal_bytes = value_uint(value_at(v, 26), 0),
        .texts = value_bytes(value_at(v, 27)),
    };
}

// Key, checksum and the fields of a record; head, index and the like of a job.
enum { RECORD_COST = 64, JOB_COST = 1024 };

uint64_t job_head_held_bytes(const struct job_head *head)
{
    return head->output_bytes + head->journal_bytes + head->last_seq * RECORD_COST + JOB_COST;
}

static bool head_is_sound(const struct job_head *head, size_t fields)
{
    return fields >= HEAD_FIELDS_MIN && head->type < JOB_TYPE_COUNT && head->state < JOB_STATE_COUNT;
}

int head_decode(struct slice bytes, struct value_doc *doc, struct job_head *ret,
                struct child_head *children, size_t max, struct err *err)
{
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(doc, bytes, &at, &v, err);

    if (rc < 0)
        return rc;
    head_read(&v, ret);
    if (!head_is_sound(ret, value_count(&v)))
        return err_set(err, ERR_CORRUPT, "a job's head has a wrong form");
    ret->children = children;
    if (ret->child_count > max)
        return err_set(err, -ENOSPC, "a job has %zu children", ret->child_count);
    for (size_t i = 0; i < ret->child_count; i++) {
        child_read(value_at(value_at(&v, 19), i), &children[i]);
        if (children[i].state >= JOB_STATE_COUNT || children[i].failure >= CHILD_FAILURE_COUNT)
            return err_set(err, ERR_CORRUPT, "a child's head has a wrong form");
    }
    return 0;
}
