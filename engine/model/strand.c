// SPDX-License-Identifier: MIT
// How: strands are single allocations with their path behind them; the step a
// strand waits for lives inside it, so that a step costs no allocation. Paths are
// found by a 64-bit hash; two live paths with one hash are refused at the fork
// (a chance of about one in 2^40 for ten thousand strands).
#include "model/strand.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "model/value.h"

enum { QUESTION_ROOM = 64 };

const char *step_state_name(enum step_state state)
{
    static const char *const names[] = {
#define X(id, text) [STEP_##id] = text,
        STEP_STATES(X)
#undef X
    };

    assert((unsigned)state < STEP_STATE_COUNT);
    return names[state];
}

static struct slice strand_path(const struct strand *strand)
{
    return slice_of(strand->path, strand->path_len);
}

void strands_init(struct strands *strands)
{
    *strands = (struct strands){ 0 };
    map_init(&strands->by_path);
    map_init(&strands->by_intent);
    list_init(&strands->ready);
    list_init(&strands->asked);
    buf_init(&strands->ended_waits, 0);
}

static void strand_free(struct strand *strand)
{
    list_remove(&strand->ready);
    list_remove(&strand->asked);
    buf_release(&strand->kept);
    free(strand);
}

void strands_release(struct strands *strands)
{
    struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        strand_free(strand);
    map_release(&strands->by_path);
    map_release(&strands->by_intent);
    buf_release(&strands->ended_waits);
    strands_init(strands);
}

static void make_ready(struct strands *strands, struct strand *strand, enum wake_kind wake)
{
    strand->wait = STRAND_READY;
    strand->wake = wake;
    list_append(&strands->ready, &strand->ready);
}

static struct strand *strand_new(struct strands *strands, struct strand *parent, uint32_t number)
{
    char tail[16];
    size_t front = parent ? parent->path_len : 0;
    int n = snprintf(tail, sizeof(tail), parent ? ".%u" : "%u", number);
    struct strand *strand = calloc(1, sizeof(*strand) + front + (size_t)n + 1);

    if (!strand)
        return NULL;
    if (parent)
        memcpy(strand->path, parent->path, front);
    memcpy(strand->path + front, tail, (size_t)n + 1);
    strand->path_len = front + (size_t)n;
    strand->parent = parent;
    list_init(&strand->ready);
    list_init(&strand->asked);
    buf_init(&strand->kept, 0);
    if (map_get(&strands->by_path, name_hash(strand_path(strand))) ||
        map_put(&strands->by_path, name_hash(strand_path(strand)), strand) < 0) {
        free(strand);
        return NULL;
    }
    strands->count++;
    return strand;
}

int strands_begin(struct strands *strands, struct err *err)
{
    assert(!strands->main);
    strands->main = strand_new(strands, NULL, 1);
    if (!strands->main)
        return err_set(err, -ENOMEM, "no memory for a strand");
    make_ready(strands, strands->main, WAKE_START);
    return 0;
}

struct strand *strands_at(const struct strands *strands, struct slice path)
{
    struct strand *strand = map_get(&strands->by_path, name_hash(path));

    return strand && slice_equal(strand_path(strand), path) ? strand : NULL;
}

struct strand *strands_intent(const struct strands *strands, uint64_t intent_no)
{
    return map_get(&strands->by_intent, intent_no);
}

static void forget_intent(struct strands *strands, struct strand *strand)
{
    if (strand->step.intent_no)
        map_take(&strands->by_intent, strand->step.intent_no);
}

static bool awaits_answer(const struct strand *strand)
{
    return strand->step.state == STEP_INTENDED && strand->step.effect.kind == EFFECT_ASK;
}

// With its number, and its host.
static size_t question_bytes(const struct strand *strand)
{
    return strand->step.effect.args.len + QUESTION_ROOM;
}

void strand_await_answer(struct strands *strands, const struct strand *strand)
{
    assert(awaits_answer(strand));
    strands->asking++;
    strands->asking_bytes += question_bytes(strand);
}

static void tell_ended_wait(struct strands *strands, const struct strand *strand,
                            enum wake_kind wake)
{
    struct ended_wait wait = {
        .intent_no = strand->step.intent_no,
        .kind = wake == WAKE_OUTCOME ? strand->outcome.kind : OUTCOME_CANCELLED,
    };

    if (awaits_answer(strand)) {
        strands->asking--;
        strands->asking_bytes -= question_bytes(strand);
    }
    if (strand->step.state == STEP_INTENDED && effect_kind_waits(strand->step.effect.kind))
        ended_wait_add(&strands->ended_waits, &wait);
}

void strand_wake(struct strands *strands, struct strand *strand, enum wake_kind wake)
{
    assert(strand->wait == STRAND_WAITS_STEP);
    tell_ended_wait(strands, strand, wake);
    forget_intent(strands, strand);
    list_remove(&strand->asked);
    strand->step.state = STEP_NONE;
    if (wake == WAKE_CANCEL || wake == WAKE_CUT)
        strand->cancel = false;
    make_ready(strands, strand, wake);
}

enum wake_kind strand_cancel_kind(const struct strand *strand)
{
    return strand->cut ? WAKE_CUT : WAKE_CANCEL;
}

void strand_wake_cancelled(struct strands *strands, struct strand *strand)
{
    strand_wake(strands, strand, strand_cancel_kind(strand));
}

void strand_ask(struct strands *strands, struct strand *strand, const struct effect *effect,
                uint64_t fingerprint)
{
    uint64_t ordinal = strand->step.ordinal + 1;

    strand->step = (struct step){ .state = STEP_ASKED, .effect = *effect, .ordinal = ordinal,
                                  .fingerprint = fingerprint, .attempt = 1 };
    strand->wait = STRAND_WAITS_STEP;
    strand->scope = effect->scope;
    list_append(&strands->asked, &strand->asked);
    if (strand->cancel)
        strand_wake_cancelled(strands, strand);
}

bool strands_supersede(const struct strands *strands, uint64_t intent_no)
{
    const struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        if (strand->wait == STRAND_WAITS_STEP && strand->step.superseded_no == intent_no)
            return true;
    return false;
}

void strand_ask_again(struct strands *strands, struct strand *strand)
{
    forget_intent(strands, strand);
    strand->step.state = STEP_ASKED;
    strand->step.attempt++;
    strand->step.cut = false;
    strand->step.superseded_no = 0;
    strand->step.waits_since_ms = 0; // it waits anew
    list_remove(&strand->asked);
    list_append(&strands->asked, &strand->asked);
}

// Takes the next branch's host off the fork's.
static int next_host(struct slice *hosts, struct slice *ret, struct err *err)
{
    struct value_doc doc;
    msgpack_object name;
    size_t at = 0;
    int rc;

    if (!hosts->len)
        return 0;
    value_doc_init(&doc);
    rc = value_parse(&doc, *hosts, &at, &name, err);
    if (rc == 0) {
        *ret = value_bytes(&name);
        *hosts = slice_of(hosts->ptr + at, hosts->len - at);
    }
    value_doc_release(&doc);
    return rc;
}

static bool fork_awaits(const struct strand *strand, struct slice host)
{
    struct slice rest = strand->fork_hosts, name = { 0 };

    if (strand->wait != STRAND_WAITS_FORK)
        return false;
    for (uint32_t i = strand->fork_begun; i < strand->fork_count; i++)
        if (next_host(&rest, &name, NULL) == 0 && slice_equal(name, host))
            return true;
    return false;
}

bool strands_await(const struct strands *strands, struct slice host)
{
    const struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&strands->by_path, &at)))
        if (fork_awaits(strand, host))
            return true;
    return false;
}

static int begin_branches(struct strands *strands, struct strand *strand, struct err *err)
{
    uint32_t limit = strand->fork_throttle ? strand->fork_throttle : UINT32_MAX;
    int rc = 0;

    while (rc == 0 && strand->fork_begun < strand->fork_count &&
           strand->fork_begun - strand->fork_ended < limit) {
        uint32_t branch = strand->fork_begun;
        struct strand *child = strand_new(strands, strand, strand->fork_first + branch + 1);
        if (!child)
            return err_set(err, -ENOMEM, "no memory for a strand");
        child->branch = branch;
        strand->fork_begun++;
        make_ready(strands, child, WAKE_START);
        rc = next_host(&strand->fork_hosts, &child->host, err);
    }
    return rc;
}

static void join_if_over(struct strands *strands, struct strand *strand)
{
    if (strand->fork_ended < strand->fork_count)
        return;
    make_ready(strands, strand, strand->cancel ? strand_cancel_kind(strand) : WAKE_JOINED);
    strand->cancel = false;
}

int strand_fork(struct strands *strands, struct strand *strand, const struct effect *effect,
                struct err *err)
{
    strand->wait = STRAND_WAITS_FORK;
    strand->scope = effect->scope;
    strand->fork_first = strand->forks;
    // Cancelled before it came here: no branch begins any more.
    strand->fork_count = strand->cancel ? 0 : effect->fork_count;
    strand->forks += strand->fork_count;
    strand->fork_throttle = effect->fork_throttle;
    strand->fork_hosts = effect->fork_hosts;
    strand->fork_begun = strand->fork_ended = 0;
    join_if_over(strands, strand);
    return begin_branches(strands, strand, err);
}

int strand_end(struct strands *strands, struct strand *strand, struct err *err)
{
    struct strand *parent = strand->is_probe ? NULL : strand->parent;
    int rc = 0;

    map_take(&strands->by_path, name_hash(strand_path(strand)));
    strands->count--;
    if (strand == strands->main)
        strands->main = NULL;
    strand_free(strand);
    if (parent) {
        parent->fork_ended++;
        rc = begin_branches(strands, parent, err);
        join_if_over(strands, parent);
    }
    return rc;
}

static struct slice moved(struct slice s, const struct buf *kept, size_t *at)
{
    struct slice to = slice_of(kept->ptr + *at, s.len);

    *at += s.len;
    return s.len ? to : (struct slice){ 0 };
}

// Copies the outcome's bytes into the strand, so that the event may go.
static int outcome_keep(struct strand *strand, struct err *err)
{
    struct outcome *o = &strand->outcome;
    size_t at = 0;

    buf_clear(&strand->kept);
    buf_add_slice(&strand->kept, o->value);
    buf_add_slice(&strand->kept, o->out);
    buf_add_slice(&strand->kept, o->err);
    buf_add_slice(&strand->kept, o->reason);
    if (buf_failed(&strand->kept))
        return err_set(err, -ENOMEM, "no memory to keep a result");
    o->value = moved(o->value, &strand->kept, &at);
    o->out = moved(o->out, &strand->kept, &at);
    o->err = moved(o->err, &strand->kept, &at);
    o->reason = moved(o->reason, &strand->kept, &at);
    strand->is_kept = true;
    return 0;
}

int strand_settle(struct strands *strands, struct strand *strand, const struct outcome *outcome,
                  bool ok, bool keep, struct err *err)
{
    strand->outcome = *outcome;
    strand->is_kept = false;
    strand->wake_ok = ok;
    strand_wake(strands, strand, WAKE_OUTCOME);
    return keep ? outcome_keep(strand, err) : 0;
}

int strands_keep(struct strands *strands, struct err *err)
{
    int rc = 0;

    list_each(it, &strands->ready) {
        struct strand *strand = container_of(it, struct strand, ready);
        if (rc == 0 && strand->wake == WAKE_OUTCOME && !strand->is_kept)
            rc = outcome_keep(strand, err);
    }
    return rc;
}

int strand_back_off(struct strands *strands, struct strand *strand, uint64_t event_no,
                    struct err *err)
{
    if (map_put(&strands->by_intent, event_no, strand) < 0)
        return err_set(err, -ENOMEM, "no memory for a step");
    forget_intent(strands, strand);
    strand->step.intent_no = event_no;
    strand->step.state = STEP_BACKOFF;
    return 0;
}

int strand_probe(struct strands *strands, struct strand *strand, const struct outcome *outcome,
                 struct err *err)
{
    struct strand *probe = strand_new(strands, strand, strand->forks + 1);

    if (!probe)
        return err_set(err, -ENOMEM, "no memory for a strand");
    probe->is_probe = true;
    make_ready(strands, probe, WAKE_START);
    strand->forks++;
    strand->outcome = *outcome;
    strand->step.state = STEP_PROBED;
    map_take(&strands->by_intent, strand->step.intent_no); // the attempt is over
    return outcome_keep(strand, err);
}

void strand_probed(struct strands *strands, struct strand *strand)
{
    strand->wake_ok = false;
    strand_wake(strands, strand, WAKE_OUTCOME);
}

bool strand_in_flight(const struct strand *strand)
{
    return strand->wait == STRAND_WAITS_STEP && strand->step.state == STEP_INTENDED &&
           !effect_kind_waits(strand->step.effect.kind);
}

struct strand *strands_next(struct strands *strands)
{
    struct list *first = list_first(&strands->ready);

    if (!first)
        return NULL;
    list_remove(first);
    return container_of(first, struct strand, ready);
}
