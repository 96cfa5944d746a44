// SPDX-License-Identifier: MIT
#include "model/question.h"

#include <strings.h>

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

// The open question with the smallest number behind `after`: the map has no order.
static struct strand *next_open(const struct job *job, uint64_t after)
{
    struct strand *strand, *next = NULL;
    size_t at = 0;

    while (job_asks(job) && (strand = map_next(&job->strands.by_intent, &at)))
        if (is_open(strand) && strand->step.intent_no > after &&
            (!next || strand->step.intent_no < next->step.intent_no))
            next = strand;
    return next;
}

bool job_asks_on(const struct job *job, struct slice host)
{
    struct strand *strand = NULL;
    uint64_t no = 0;

    while ((strand = next_open(job, no))) {
        if (slice_equal(host_of(strand), host))
            return true;
        no = strand->step.intent_no;
    }
    return false;
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

void questions_encode(const struct job *job, struct buf *buf)
{
    struct strand *strand = NULL;
    uint64_t no = 0;

    if (!job_asks(job))
        return;
    value_put_array(buf, job->strands.asking);
    while ((strand = next_open(job, no))) {
        question_encode(strand, buf);
        no = strand->step.intent_no;
    }
}

bool questions_at(struct slice questions, size_t i, struct value_doc *doc, struct question *ret)
{
    msgpack_object all;
    const value *one;
    size_t at = 0;

    if (!questions.len || value_parse(doc, questions, &at, &all, NULL) < 0 ||
        i >= value_count(&all))
        return false;
    one = value_at(&all, i);
    *ret = (struct question){
        .no = value_uint(value_at(one, 0), 0),
        .host = value_bytes(value_at(one, 1)),
        .text = value_bytes(value_at(one, 2)),
        .approve = value_bool(value_at(one, 3), false),
        .choices = value_at(one, 4),
    };
    return true;
}

// ---- answering

static int find_only(const struct job *job, struct slice host, struct strand **ret,
                     struct err *err)
{
    struct strand *strand = NULL;
    uint64_t no = 0;
    size_t count = 0;

    while ((strand = next_open(job, no))) {
        no = strand->step.intent_no;
        if (host.len && !slice_equal(host_of(strand), host))
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
