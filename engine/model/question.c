// SPDX-License-Identifier: MIT
// How: a job may ask on each of thousands of hosts, and its head shows all of it whenever
// one is answered: a head looks at the intents once, and sorts what it finds.
#include "model/question.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "model/job_child.h"

enum { ANSWER_SHOWN_MAX = 60 };

static bool is_open(const struct strand *strand)
{
    return strand->step.state == STEP_INTENDED && strand->step.effect.kind == EFFECT_ASK;
}

bool job_asks(const struct job *job) { return job->strands.asking > 0; }

// A branch of a branch is on the host of the nearest that has one.
static struct slice host_of(const struct strand *strand)
{
    while (strand && !strand->host.len)
        strand = strand->parent;
    return strand ? strand->host : (struct slice){ 0 };
}

// ---- in the head

static void question_encode(const struct strand *strand, struct buf *buf)
{
    struct value_doc doc;
    msgpack_object args = { 0 };
    const value *choices;
    size_t at = 0;

    value_doc_init(&doc);
    value_parse(&doc, strand->step.effect.args, &at, &args, NULL);
    choices = value_get(&args, "choices");
    value_put_array(buf, 5);
    value_put_uint(buf, strand->step.intent_no);
    value_put_bytes(buf, host_of(strand));
    value_put_bytes(buf, value_bytes(value_get(&args, "question")));
    value_put_bool(buf, value_bool(value_get(&args, "approve"), false));
    value_put_array(buf, value_count(choices));
    for (size_t i = 0; i < value_count(choices); i++)
        value_put_bytes(buf, value_bytes(value_at(choices, i)));
    value_doc_release(&doc);
}

static int compare_no(const void *a, const void *b)
{
    uint64_t x = (*(const struct strand *const *)a)->step.intent_no;
    uint64_t y = (*(const struct strand *const *)b)->step.intent_no;

    return (x > y) - (x < y);
}

// All that are open, oldest first: the map has no order. To be freed; NULL: no memory.
static const struct strand **collect(const struct job *job)
{
    const struct strand **open = calloc(job->strands.asking, sizeof(struct strand *));
    const struct strand *strand;
    size_t at = 0, count = 0;

    while (open && (strand = map_next(&job->strands.by_intent, &at)))
        if (is_open(strand)) {
            assert(count < job->strands.asking);
            open[count++] = strand;
        }
    if (open)
        qsort(open, count, sizeof(struct strand *), compare_no);
    return open;
}

static void tell_child(const struct job *job, const struct strand *strand,
                       struct child_head *children)
{
    const struct job_child *child = job_child_of_host(job, host_of(strand));

    if (!child)
        return;
    children[child - job->children].asking++;
    children[child - job->children].asked_no = strand->step.intent_no;
}

void questions_fill(const struct job *job, struct child_head *children, struct buf *buf)
{
    const struct strand **open;

    if (!job_asks(job))
        return;
    open = collect(job);
    if (!open) {
        buf->failed = -ENOMEM;
        return;
    }
    value_put_array(buf, job->strands.asking);
    for (size_t i = 0; i < job->strands.asking; i++) {
        question_encode(open[i], buf);
        tell_child(job, open[i], children);
    }
    free(open);
}

size_t questions_decode(struct slice questions, struct value_doc *doc, value *ret)
{
    size_t at = 0;

    if (!questions.len || value_parse(doc, questions, &at, ret, NULL) < 0)
        return 0;
    return value_count(ret);
}

struct question question_of(const value *questions, size_t i)
{
    const value *one = value_at(questions, i);

    return (struct question){
        .no = value_uint(value_at(one, 0), 0),
        .host = value_bytes(value_at(one, 1)),
        .text = value_bytes(value_at(one, 2)),
        .approve = value_bool(value_at(one, 3), false),
        .choices = value_at(one, 4),
    };
}

// ---- answering

static int find_only(const struct job *job, struct slice host, struct strand **ret,
                     struct err *err)
{
    struct strand *strand;
    size_t at = 0, count = 0;

    while (job_asks(job) && (strand = map_next(&job->strands.by_intent, &at))) {
        if (!is_open(strand) || (host.len && !slice_equal(host_of(strand), host)))
            continue;
        *ret = strand;
        count++;
    }
    if (count == 1)
        return 0;
    if (count)
        return err_set(err, ERR_STATE, "job %llu asks %zu questions; say which one: pawl answer "
                       "%llu lists them, --question N names one",
                       (unsigned long long)job->started.job_id, count,
                       (unsigned long long)job->started.job_id);
    return err_set(err, ERR_STATE, "job %llu asks nothing%s%.*s",
                   (unsigned long long)job->started.job_id, host.len ? " on " : "",
                   SLICE_ARG(host));
}

int question_find(const struct job *job, uint64_t no, struct slice host, struct strand **ret,
                  struct err *err)
{
    if (!no)
        return find_only(job, host, ret, err);
    *ret = strands_intent(&job->strands, no);
    if (*ret && is_open(*ret))
        return 0;
    return err_set(err, ERR_STATE, "job %llu has no open question %llu: it was answered, or its "
                   "time is over; pawl answer %llu lists what is open",
                   (unsigned long long)job->started.job_id, (unsigned long long)no,
                   (unsigned long long)job->started.job_id);
}

static bool is_word(struct slice answer, const char *const words[])
{
    for (; *words; words++)
        if (answer.len == strlen(*words) &&
            strncasecmp((const char *)answer.ptr, *words, answer.len) == 0)
            return true;
    return false;
}

static int shown(struct slice answer)
{
    return answer.len < ANSWER_SHOWN_MAX ? (int)answer.len : ANSWER_SHOWN_MAX;
}

static int put_approval(struct slice answer, struct buf *ret, struct err *err)
{
    static const char *const yes[] = { "yes", "y", "true", NULL };
    static const char *const no[] = { "no", "n", "false", NULL };

    if (!is_word(answer, yes) && !is_word(answer, no))
        return err_set(err, ERR_USAGE, "the answer must be yes or no, not '%.*s'", shown(answer),
                       (const char *)answer.ptr);
    value_put_bool(ret, is_word(answer, yes));
    return 0;
}

static int refuse_choice(const value *choices, struct slice answer, struct err *err)
{
    struct buf list;
    int rc;

    buf_init(&list, ERR_TEXT_MAX / 2);
    for (size_t i = 0; i < value_count(choices); i++)
        buf_addf(&list, "%s%.*s", i ? ", " : "", SLICE_ARG(value_bytes(value_at(choices, i))));
    rc = err_set(err, ERR_USAGE, "the answer must be one of: %.*s; not '%.*s'",
                 SLICE_ARG(buf_slice(&list)), shown(answer), (const char *)answer.ptr);
    buf_release(&list);
    return rc;
}

static int put_choice(const value *choices, struct slice answer, struct buf *ret,
                      struct err *err)
{
    bool found = value_count(choices) == 0;

    for (size_t i = 0; i < value_count(choices); i++)
        found |= slice_equal(value_bytes(value_at(choices, i)), answer);
    if (!found)
        return refuse_choice(choices, answer, err);
    value_put_bytes(ret, answer);
    return 0;
}

int question_answer(const struct strand *strand, struct slice answer, struct buf *ret,
                    struct err *err)
{
    struct value_doc doc;
    msgpack_object args = { 0 };
    size_t at = 0;
    int rc;

    value_doc_init(&doc);
    rc = value_parse(&doc, strand->step.effect.args, &at, &args, err);
    if (rc == 0 && value_bool(value_get(&args, "approve"), false))
        rc = put_approval(answer, ret, err);
    else if (rc == 0)
        rc = put_choice(value_get(&args, "choices"), answer, ret, err);
    value_doc_release(&doc);
    return rc;
}
