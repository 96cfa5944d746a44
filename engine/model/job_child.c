// SPDX-License-Identifier: MIT
// How: children are kept in the order of their ids, which are consecutive for the
// hosts a job was started for. A strand that `each` made for a host knows its name.
#include "model/job_child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/job_limit.h"
#include "model/strand_cancel.h"

enum { CHILD_REASON_MAX = 4096 };

struct job_child *job_child_of_host(const struct job *job, struct slice host)
{
    size_t index = (size_t)(uintptr_t)map_get(&job->child_by_host, name_hash(host));

    if (!index)
        return NULL;
    if (slice_equal(buf_slice(&job->children[index - 1].host), host))
        return &job->children[index - 1];
    for (size_t i = 0; i < job->child_count; i++) // two names of one hash
        if (slice_equal(buf_slice(&job->children[i].host), host))
            return &job->children[i];
    return NULL;
}

// Most jobs have one child, whose room is all they take.
static int reserve(struct job *job, size_t cap)
{
    struct job_child *more = realloc(job->children, (cap ? cap : 1) * sizeof(*more));

    if (!more)
        return -ENOMEM;
    job->children = more;
    job->child_cap = cap ? cap : 1;
    return 0;
}

static struct job_child *child_new(struct job *job)
{
    struct job_child *more;

    if (job->child_count == job->child_cap && reserve(job, 2 * job->child_cap) < 0)
        return NULL;
    more = &job->children[job->child_count++];
    *more = (struct job_child){ .exit_code = EXIT_CODE_NONE };
    buf_init(&more->host, 0);
    buf_init(&more->key, 0);
    buf_init(&more->reason, 0);
    return more;
}

int job_child_add(struct job *job, uint64_t id, struct uuid uuid, const struct target *target,
                  struct err *err)
{
    uint64_t hash = name_hash(target->name);
    struct job_child *child;

    if (job_child_of_host(job, target->name))
        return err_set(err, ERR_STATE, "host %.*s has a child already", SLICE_ARG(target->name));
    child = child_new(job);
    if (!child)
        return err_set(err, -ENOMEM, "no memory for a child");
    child->id = id;
    child->uuid = uuid;
    buf_add_slice(&child->host, target->name);
    target_key(target, &child->key);
    if (buf_failed(&child->host) || buf_failed(&child->key))
        return err_set(err, -ENOMEM, "no memory for a child");
    if (!map_get(&job->child_by_host, hash) &&
        map_put(&job->child_by_host, hash, (void *)(uintptr_t)job->child_count) < 0)
        return err_set(err, -ENOMEM, "no memory for a child");
    return 0;
}

static struct uuid child_uuid(const struct event_started *s, size_t i)
{
    struct uuid uuid = { 0 };

    if (s->child_uuids.len >= 16 * (i + 1))
        memcpy(uuid.bytes, s->child_uuids.ptr + 16 * i, 16);
    return uuid;
}

int job_children_begin(struct job *job, struct err *err)
{
    const struct target localhost = { .name = SLICE("localhost"), .dest = SLICE("localhost") };
    const struct event_started *s = &job->started;
    struct value_doc doc;
    msgpack_object hosts;
    size_t at = 0;
    int rc;

    if (!s->hosts.len)
        return job_child_add(job, s->child_id, child_uuid(s, 0), &localhost, err);
    value_doc_init(&doc);
    rc = value_parse(&doc, s->hosts, &at, &hosts, err);
    if (rc == 0 && value_count(&hosts) == 0)
        rc = err_set(err, ERR_CORRUPT, "the hosts of a job have a wrong form");
    if (rc == 0 && reserve(job, value_count(&hosts)) < 0)
        rc = err_set(err, -ENOMEM, "no memory for children");
    for (size_t i = 0; rc == 0 && i < value_count(&hosts); i++) {
        struct target target = target_of(value_at(&hosts, i));
        rc = job_child_add(job, s->child_id + i, child_uuid(s, i), &target, err);
    }
    value_doc_release(&doc);
    return rc;
}

void job_children_release(struct job *job)
{
    for (size_t i = 0; i < job->child_count; i++) {
        buf_release(&job->children[i].host);
        buf_release(&job->children[i].key);
        buf_release(&job->children[i].reason);
    }
    map_release(&job->child_by_host);
    free(job->children);
}

// ---- their life

struct job_child *job_child_of_id(const struct job *job, uint64_t id)
{
    uint64_t at = job->child_count ? id - job->children[0].id : 0;

    if (at < job->child_count && job->children[at].id == id)
        return &job->children[at];
    for (size_t i = 0; i < job->child_count; i++)
        if (job->children[i].id == id)
            return &job->children[i];
    return NULL;
}

// What was said of it is not the whole truth any more.
static void note_use(struct job_child *child)
{
    if (child->used_since)
        return;
    child->used_since = true;
    buf_clear(&child->reason);
    buf_add_str(&child->reason, "stopped; its workflow has used this host since");
}

void job_child_touch(struct job *job, const struct event *intended, struct strand *strand)
{
    struct job_child *child = job_child_of_id(job, intended->intended.child_id);

    if (!child)
        return;
    if (!child->touched)
        child->started_unix_ms = intended->time_unix_ms;
    child->touched = true;
    child->reached |= intended->intended.boot_id.len > 0;
    if (child->stop_asked && child->stopped)
        note_use(child);
    if (child->stop_asked || (child->failed && strand_cleanup(strand)))
        return; // what tidies up after a failure, or a stop, does not undo it
    child->over = child->failed = child->stopped = false; // a later step opens it again
    buf_clear(&child->reason);
}

void job_child_note(struct job_child *child, const struct outcome *outcome, bool cleaning)
{
    if (outcome->kind == OUTCOME_EXIT)
        child->exit_code = outcome->code;
    if (!cleaning) // that would hide why it is being cleaned up
        child->given_up = outcome->kind == OUTCOME_UNREACHABLE;
}

static void be_over(struct job *job, struct job_child *child)
{
    job->child_ends++;
    child->over = true;
    child->ended_unix_ms = job->time_unix_ms;
    child->ended_no = job->last_no;
}

static void be_stopped(struct job *job, struct job_child *child)
{
    if (child->stopped) // before its turn came, say
        return;
    be_over(job, child);
    child->stopped = true;
    child->failed = false;
}

static const struct job_child *child_to_stop(const struct job *job, const struct strand *strand)
{
    const struct job_child *child =
        strand->host.len ? job_child_of_host(job, strand->host) : NULL;

    return child && child->stop_asked ? child : NULL;
}

// What is done for a host that is stopped was cancelled on other hosts, too.
static bool is_stopped_above(const struct job *job, const struct strand *strand)
{
    for (strand = strand->parent; strand; strand = strand->parent)
        if (child_to_stop(job, strand))
            return true;
    return false;
}

void job_child_over(struct job *job, const struct strand *strand, const struct effect *end)
{
    struct job_child *child = strand->host.len ? job_child_of_host(job, strand->host) : NULL;

    if (child && child->stop_asked) {
        if (!strands_are_for(&job->strands, strand->host, strand))
            be_stopped(job, child);
        return;
    }
    if (!child || (!end->failed && (!child->touched || child->over)))
        return; // nothing was done on it, or nothing since it was over
    if (end->failed && job_is_ending(job))
        return; // it shares its job's end
    if (end->failed && strand->told_cancel && is_stopped_above(job, strand)) {
        be_stopped(job, child);
        buf_clear(&child->reason);
        buf_add_str(&child->reason, "cancelled: a host that it was done for was stopped");
        return;
    }
    be_over(job, child);
    child->failed = end->failed;
    buf_clear(&child->reason);
    if (end->failed)
        buf_add_slice(&child->reason, slice_cut(end->message, CHILD_REASON_MAX));
}

bool job_child_stop(struct job *job, struct job_child *child, const struct event *asked)
{
    const struct event_child_stop_asked *stop = &asked->child_stop_asked;
    struct slice host = buf_slice(&child->host);
    bool cleans = false;

    child->stop_asked = true;
    child->dropped |= stop->force;
    child->stop_grace_ms = stop->grace_ms;
    buf_clear(&child->reason);
    buf_add_slice(&child->reason, slice_cut(stop->reason, CHILD_REASON_MAX));
    if (stop->force)
        strands_drop(&job->strands, host);
    else
        cleans = strands_cancel(&job->strands, host, asked->no);
    if (stop->force || !strands_are_for(&job->strands, host, NULL))
        be_stopped(job, child);
    else
        child->over = child->failed = false; // by an `each` before this one
    return cleans;
}

bool job_child_holds(const struct job *job, const struct strand *strand)
{
    const struct job_child *child = child_to_stop(job, strand);

    return child && (child->dropped || !strand_is_cleanup(strand->parent));
}

bool job_strand_is_ending(const struct job *job, const struct strand *strand)
{
    bool ends = job_is_ending(job);

    for (; strand && !ends; strand = strand->parent)
        ends = job_child_holds(job, strand);
    return ends;
}

int64_t job_stop_grace_ms(const struct job *job, const struct strand *strand)
{
    if (job->stop_asked)
        return job->stop_grace_ms;
    for (; strand; strand = strand->parent)
        if (child_to_stop(job, strand))
            return child_to_stop(job, strand)->stop_grace_ms;
    return -1;
}

size_t job_children_failed(const struct job *job)
{
    size_t count = 0;

    for (size_t i = 0; i < job->child_count; i++)
        count += job->children[i].failed;
    return count;
}

size_t job_children_stopped(const struct job *job)
{
    size_t count = 0;

    for (size_t i = 0; i < job->child_count; i++)
        count += job->children[i].stopped;
    return count;
}

static const struct job_child *first_failed(const struct job *job)
{
    for (size_t i = 0; i < job->child_count; i++)
        if (job->children[i].failed)
            return &job->children[i];
    return NULL;
}

static bool was_stopped(const struct job *job) { return job->stop_asked && !job->expired; }

// Of a script that is content: some hosts were stopped, and none has failed.
static void tell_stopped(struct job *job)
{
    size_t count = job_children_stopped(job);

    if (!count || job->main_raised)
        return;
    buf_clear(&job->reason);
    buf_addf(&job->reason, "%zu of %zu hosts %s stopped, the first: ", count, job->child_count,
             count == 1 ? "was" : "were");
    for (size_t i = 0; i < job->child_count; i++)
        if (job->children[i].stopped) {
            buf_add_slice(&job->reason, buf_slice(&job->children[i].host));
            return;
        }
}

void job_children_sum_up(struct job *job)
{
    const struct job_child *first = first_failed(job);

    if (!first)
        tell_stopped(job);
    if (!first || (job->main_raised && !was_stopped(job)))
        return;
    job->main_failed = true;
    if (job->main_raised)
        buf_add_str(&job->reason, "; ");
    else
        buf_clear(&job->reason);
    if (job->child_count > 1)
        buf_addf(&job->reason, "%zu of %zu hosts failed, the first: %.*s: ",
                 job_children_failed(job), job->child_count, SLICE_ARG(buf_slice(&first->host)));
    buf_add_slice(&job->reason, buf_slice(&first->reason));
}

// ---- what is shown

// What ends with the job: one that nothing was asked of was never reached.
static enum job_state state_at_end(const struct job *job, const struct job_child *child)
{
    if (job->end_state == JOB_STOPPED && job->main_ended && !job->main_failed)
        return child->touched ? JOB_COMPLETED : JOB_STOPPED; // the script is content
    if (job->child_count == 1 || job->end_state != JOB_FAILED)
        return job->end_state;
    if (child->touched && !job->main_raised)
        return JOB_COMPLETED;
    return child->touched && !was_stopped(job) ? JOB_FAILED : JOB_STOPPED;
}

// A question of the main strand's blocks the job, and none of its children but a lone one.
static enum job_state state_under_way(const struct job *job, const struct job_child *child,
                                      bool asks)
{
    enum job_state state = job_state(job);

    if (state == JOB_BLOCKED && job->child_count > 1) {
        if (asks)
            return JOB_BLOCKED;
        state = JOB_RUNNING;
    }
    return child->touched || state == JOB_BLOCKED ? state : JOB_NOT_STARTED;
}

static enum job_state child_state(const struct job *job, const struct job_child *child, bool asks)
{
    if (child->over)
        return child->stopped ? JOB_STOPPED : child->failed ? JOB_FAILED : JOB_COMPLETED;
    if (job->ended)
        return state_at_end(job, child);
    return child->stop_asked ? JOB_STOPPING : state_under_way(job, child, asks);
}

static struct slice child_reason(const struct job *job, const struct job_child *child,
                                 enum job_state state)
{
    if (child->failed || child->stopped)
        return buf_slice(&child->reason);
    if (job->ended && job->child_count > 1 && !child->touched && state == JOB_STOPPED)
        return SLICE("never reached: the job ended before");
    if (state == JOB_STOPPED && job->end_state == JOB_FAILED)
        return SLICE("stopped"); // the job's reason tells of others that failed
    if (state == JOB_COMPLETED)
        return (struct slice){ 0 };
    return buf_slice(&job->reason);
}

static enum child_failure child_failure(const struct job_child *child, enum job_state state)
{
    if (state == JOB_STOPPED)
        return child->touched || child->stopped ? CHILD_STOPPED : CHILD_UNREACHED;
    if (state == JOB_FAILED)
        return child->given_up ? CHILD_UNREACHABLE : CHILD_FAILED;
    return CHILD_NONE;
}

void job_child_head_fill(const struct job *job, const struct job_child *child,
                         struct child_head *head)
{
    enum job_state state = child_state(job, child, head->asking > 0);

    *head = (struct child_head){
        .id = child->id,
        .uuid = child->uuid,
        .host = buf_slice(&child->host),
        .state = state,
        .reason = child_reason(job, child, state),
        .exit_code = child->exit_code,
        .started_unix_ms = child->started_unix_ms,
        .ended_unix_ms = child->over ? child->ended_unix_ms : job->ended_unix_ms,
        .failure = child_failure(child, state),
        .asking = head->asking,
        .asked_no = head->asked_no,
    };
}
