// SPDX-License-Identifier: MIT
// How: as engine/core does it, in one thread and without a store: a fact is folded,
// the strands it made ready run, then what they asked for gets its intents. Time
// stands still, so that how facts are grouped cannot show in it.
#include "player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lua/woken.h"

enum { EVENTS_MAX = 4000, STOP_AFTER = 3, JOB = 3, FIRST_CHILD = 4, CHILD_OF_B = 5 };

#define NAMED(name) "\x81\xa4name\xa1" name
static const char a_to_d[] = "\x94" NAMED("a") NAMED("b") NAMED("c") NAMED("d");

static const int64_t now_unix_ms = INT64_C(1700000000000);

// ---- making and freeing

static void keep_note(void *arg, struct slice strand, const struct note *note)
{
    struct player *p = arg;

    p->notes++;
    buf_addf(&p->trace, "note %.*s %s ", SLICE_ARG(strand), stream_name(note->stream));
    buf_add_slice(&p->trace, note->data);
    buf_add_byte(&p->trace, '\n');
}

static void init(struct player *p, const struct workflow *workflow)
{
    *p = (struct player){ .workflow = workflow };
    job_init(&p->job);
    buf_init(&p->journal, 0);
    buf_init(&p->trace, 0);
    buf_init(&p->by_strand, 0);
}

void player_free(struct player *p)
{
    script_free(p->script);
    job_release(&p->job);
    buf_release(&p->journal);
    buf_release(&p->trace);
    buf_release(&p->by_strand);
    free(p->marks);
}

static void check(int rc, const struct player *p, const struct err *err)
{
    if (rc < 0)
        fail_msg("%s: event %llu: %s", p->workflow->name, (unsigned long long)p->job.last_no,
                 err->text);
}

// Called when STARTED is folded.
static void make_script(struct player *p)
{
    struct script_options options = {
        .name = p->job.started.script_name, .text = slice_str(p->workflow->text),
        .job_id = p->job.started.job_id, .job_uuid = p->job.started.uuid,
        .job_name = p->job.started.name, .job_started_unix_ms = now_unix_ms,
        .params = p->job.started.params, .meta = p->job.started.meta,
        .hosts = p->job.started.hosts,
        .note = keep_note, .note_arg = p,
    };
    struct err err;

    check(script_new(&p->script, &options, &err), p, &err);
}

// ---- running strands

static void write_effect(struct player *p, const struct strand *strand, const struct effect *e)
{
    size_t from;

    buf_addf(&p->trace, "wake %d\n", strand->wake);
    from = p->trace.len;
    buf_addf(&p->trace, "%s %s %d %.*s %.*s %.*s %lld %u/%u %d ", strand->path,
             effect_kind_name(e->kind), e->scope, SLICE_ARG(e->label), SLICE_ARG(e->name),
             SLICE_ARG(e->line), (long long)e->duration_ms, e->fork_count, e->fork_throttle,
             e->failed);
    buf_add_slice(&p->trace, e->args);
    buf_add_slice(&p->trace, e->value);
    buf_add_slice(&p->trace, e->message);
    buf_addf(&p->trace, " %lld %u %d %d\n", (long long)e->policy.timeout_ms,
             e->policy.retry_times, e->policy.on_interrupt, e->policy.on_error);
    buf_add(&p->by_strand, p->trace.ptr + from, p->trace.len - from);
    buf_add_byte(&p->by_strand, 0); // values may hold line ends
}

static void run(struct player *p)
{
    struct strand *strand;
    struct effect effect;
    struct err err = { 0 };

    while ((strand = job_next(&p->job))) {
        struct answer answer;
        bool is_branch = strand->parent;
        check(script_woken(p->script, strand, p->job.time_unix_ms, &answer, &err), p, &err);
        uint32_t handle = strand->handle;
        check(script_resume(p->script, handle, &answer, &effect, &err), p, &err);
        write_effect(p, strand, &effect);
        check(job_effect(&p->job, strand, &effect, &err), p, &err);
        if (effect.kind == EFFECT_END && is_branch)
            script_strand_free(p->script, handle);
    }
}

static void mark(struct player *p)
{
    if (p->event_count == p->mark_cap) {
        p->mark_cap = p->mark_cap ? 2 * p->mark_cap : 64;
        p->marks = realloc(p->marks, p->mark_cap * sizeof(*p->marks));
        assert_non_null(p->marks);
    }
    p->marks[p->event_count++] = p->trace.len;
}

// ---- recording

static void take(struct player *p, struct event *event)
{
    struct err err = { 0 };
    size_t notes_at;

    event->no = p->job.last_no + 1;
    event->time_unix_ms = now_unix_ms;
    if (event->no > EVENTS_MAX)
        fail_msg("%s does not end", p->workflow->name);
    check(job_apply(&p->job, event, &err), p, &err);
    notes_at = event_encode(event, &p->journal);
    if (event->type == EVENT_STARTED)
        make_script(p);
    p->notes = 0;
    run(p);
    event_set_notes(&p->journal, notes_at, p->notes);
    mark(p);
}

static void intend(struct player *p)
{
    struct strand *asked;
    struct event event;

    while ((asked = job_asked(&p->job, NULL))) {
        job_intent_fill(&p->job, asked, &event);
        take(p, &event);
    }
}

// ---- the scripted host: its answers follow from the step's place and text alone

static const char *find_word(struct slice args, const char *word)
{
    const char *at = memmem(args.ptr, args.len, word, strlen(word));

    return at ? at + strlen(word) : NULL;
}

static size_t word_len(const char *s, struct slice within)
{
    const char *end = (const char *)within.ptr + within.len;
    size_t n = 0;

    while (s + n < end && s[n] > ' ' && s[n] != '\'' && s[n] != ';')
        n++;
    return n;
}

static void settle_command(const struct strand *strand, struct outcome *o)
{
    struct slice args = strand->step.effect.args;
    const char *out = find_word(args, "out="), *code = find_word(args, "code=");

    if (!code)
        code = find_word(args, "exit ");
    *o = (struct outcome){ .kind = OUTCOME_EXIT, .out = SLICE("7\n"), .out_bytes = 2 };
    if (out)
        o->out = slice_of(out, word_len(out, args));
    if (code && word_len(code, args))
        o->code = *code >= '0' && *code <= '9' ? *code - '0' : 0;
    o->out_bytes = o->out.len;
    // Every third step is cut off once, and runs again.
    if (strand->step.ordinal % 3 == 0 && strand->step.attempt == 1)
        *o = (struct outcome){ .kind = OUTCOME_INTERRUPTED, .reason = SLICE("cut off") };
    if (strand->cancel)
        *o = (struct outcome){ .kind = OUTCOME_CANCELLED };
}

static void settle_once(struct player *p, const struct strand *strand, struct outcome *o,
                        struct buf *once)
{
    struct err err;
    int rc = 1;

    buf_clear(once);
    if (p->workflow->canned_once) {
        value_put_real(once, 0.5);
    } else {
        rc = script_once(p->script, strand->handle, now_unix_ms, once, &err);
        check(rc, p, &err);
    }
    *o = (struct outcome){ .kind = rc ? OUTCOME_VALUE : OUTCOME_ERROR, .value = buf_slice(once) };
}

static void settle(struct player *p, struct strand *strand, struct event *event, struct buf *once)
{
    const struct effect *e = &strand->step.effect;
    struct outcome *o = &event->settled.outcome;

    *event = (struct event){ .type = EVENT_SETTLED };
    event->settled.intent_no = strand->step.intent_no;
    if (e->kind == EFFECT_COMMAND) {
        settle_command(strand, o);
    } else if (e->kind == EFFECT_ONCE) {
        settle_once(p, strand, o, once);
    } else if (e->kind == EFFECT_SIGNAL && e->duration_ms < 0) {
        *event = (struct event){ .type = EVENT_SIGNALLED };
        event->signalled.name = e->name;
        event->signalled.value = SLICE("\x07");
    } else if (e->kind == EFFECT_SIGNAL || (e->kind == EFFECT_ASK && e->duration_ms >= 0)) {
        o->kind = OUTCOME_TIMEOUT;
    } else if (e->kind == EFFECT_ASK) {
        *o = (struct outcome){ .kind = OUTCOME_VALUE, .value = SLICE("\xc3") }; // true
    } else {
        o->kind = OUTCOME_VALUE;
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(struct strand *const *)a)->path, (*(struct strand *const *)b)->path);
}

// What waits for the world, by path.
static size_t waiting(const struct player *p, struct strand **ret, size_t max)
{
    struct strand *strand;
    size_t at = 0, n = 0;

    while ((strand = map_next(&p->job.strands.by_intent, &at)) && n < max)
        if (strand->step.state == STEP_BACKOFF || (strand->step.state == STEP_INTENDED &&
                                                   strand->step.effect.kind != EFFECT_SUSPEND))
            ret[n++] = strand;
    qsort(ret, n, sizeof(ret[0]), by_path);
    return n;
}

static bool next_stop(struct player *p, struct event *event)
{
    if (!(p->workflow->stop || p->workflow->stop_part) || p->stopped || p->job.last_no <= STOP_AFTER)
        return false;
    p->stopped = true;
    *event = (struct event){ .type = EVENT_STOP_ASKED };
    if (p->workflow->stop_part) {
        event->type = EVENT_CHILD_STOP_ASKED;
        event->child_stop_asked = (struct event_child_stop_asked){
            .child_id = CHILD_OF_B, .force = p->workflow->force, .reason = SLICE("stopped"),
        };
    }
    return true;
}

// The next fact from the world; false: none can come.
static bool next_fact(struct player *p, struct event *event, struct buf *once)
{
    struct strand *strands[64];
    size_t n = waiting(p, strands, 64);
    struct event_ended ended;

    if (job_wants_end(&p->job, &ended)) {
        *event = (struct event){ .type = EVENT_ENDED, .ended = ended };
    } else if (next_stop(p, event)) {
        return true;
    } else if (n && strands[0]->step.state == STEP_BACKOFF) {
        *event = (struct event){ .type = EVENT_FIRED };
        event->fired.intent_no = strands[0]->step.intent_no;
    } else if (n) {
        settle(p, strands[0], event, once);
    } else if (p->job.suspend_asked) {
        *event = (struct event){ .type = EVENT_RESUMED };
    } else {
        return false;
    }
    return true;
}

// A map that has something for every parameter without a default.
static void give_required(const value *declared, struct buf *ret)
{
    size_t required = 0;

    for (size_t i = 0; i < value_count(declared); i++)
        required += value_bool(value_get(value_at(declared, i), "required"), false);
    value_put_map(ret, required);
    for (size_t i = 0; i < value_count(declared); i++) {
        const value *param = value_at(declared, i);
        if (!value_bool(value_get(param, "required"), false))
            continue;
        value_put_bytes(ret, value_bytes(value_get(param, "name")));
        value_put_str(ret, "given");
    }
}

static void make_params(const struct player *p, struct buf *ret)
{
    struct buf header, given;
    struct value_doc doc;
    msgpack_object v;
    struct err err;
    size_t at = 0;

    buf_init(&header, 0);
    buf_init(&given, 0);
    value_doc_init(&doc);
    check(script_header(slice_str(p->workflow->name), slice_str(p->workflow->text), &header, &err),
          p, &err);
    check(value_parse(&doc, buf_slice(&header), &at, &v, &err), p, &err);
    give_required(value_get(&v, "params"), &given);
    check(script_params(buf_slice(&header), buf_slice(&given), ret, &err), p, &err);
    value_doc_release(&doc);
    buf_release(&header);
    buf_release(&given);
}

static void start(struct player *p)
{
    struct event event = { .type = EVENT_STARTED };
    struct buf params;

    buf_init(&params, 0);
    make_params(p, &params);
    event.started = (struct event_started){
        .uuid = { { 9, 8, 7, 6, 5, 4, 3, 2, 1 } }, .job_id = JOB, .type = JOB_WORKFLOW,
        .name = SLICE("played"), .script_name = slice_str(p->workflow->name),
        .params = buf_slice(&params), .meta = SLICE("\x80"), .child_id = FIRST_CHILD,
    };
    if (p->workflow->on_hosts)
        event.started.hosts = slice_str(a_to_d);
    take(p, &event);
    buf_release(&params);
}

void player_record(struct player *p, const struct workflow *workflow, unsigned group)
{
    struct strand *any;
    struct buf once;
    struct event event;

    init(p, workflow);
    buf_init(&once, 0);
    start(p);
    intend(p);
    for (unsigned n = 1; !p->job.ended && next_fact(p, &event, &once); n++) {
        take(p, &event);
        if (n % group == 0 || waiting(p, &any, 1) == 0) // nothing else can happen before
            intend(p);
    }
    if (!p->job.ended)
        fail_msg("%s stands still in state %s", workflow->name, job_state_name(job_state(&p->job)));
    buf_release(&once);
}

// ---- replaying

static void fold(struct player *p, const struct event *event)
{
    struct err err = { 0 };

    check(job_apply(&p->job, event, &err), p, &err);
    if (event->type == EVENT_STARTED)
        make_script(p);
    p->notes = 0;
    run(p);
    assert_int_equal(p->notes, event->notes);
    mark(p);
}

// Decodes and folds rows of events, until so many are folded.
static void fold_to(struct player *p, struct slice journal, size_t *at, size_t events, size_t row)
{
    struct value_doc doc;
    struct event event;
    struct err err;

    value_doc_init(&doc);
    while (p->event_count < events) {
        // A row's bytes are gone after it, as a read transaction's are.
        size_t from = *at, end = *at;
        struct buf copy;
        for (size_t i = 0; i < row && p->event_count + i < events; i++)
            check(event_decode(journal, &end, &doc, &event, &err), p, &err);
        buf_init(&copy, 0);
        buf_add(&copy, journal.ptr + from, end - from);
        for (size_t in = 0; in < copy.len;) {
            check(event_decode(buf_slice(&copy), &in, &doc, &event, &err), p, &err);
            event.no = p->job.last_no + 1;
            fold(p, &event);
        }
        memset(copy.ptr, 0xa5, copy.len);
        buf_release(&copy);
        *at = end;
    }
    value_doc_release(&doc);
}

void player_replay(struct player *p, const struct player *recorded, size_t events, size_t row)
{
    struct slice journal = buf_slice(&recorded->journal);
    size_t at = 0;

    init(p, recorded->workflow);
    fold_to(p, journal, &at, events, row);
    fold_to(p, journal, &at, recorded->event_count, 1);
}
