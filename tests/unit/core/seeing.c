// SPDX-License-Identifier: MIT
// How: what can be seen of the fake world: jobs and records by the port, journals
// and rows in its store, calls in the link's notes. Lists are compared as text.
#include "unit/core/fake_world.h"

#include <stdio.h>

static int note_job(void *arg, const struct job_view *view)
{
    struct job_seen *seen = arg;

    *seen = (struct job_seen){ .state = view->head->state, .exit_code = view->head->exit_code,
                               .last_seq = view->last_seq,
                               .progress_done = view->head->progress_done };
    snprintf(seen->reason, sizeof(seen->reason), "%.*s", SLICE_ARG(view->head->reason));
    return 0;
}

bool job_see(struct fake_world *world, uint64_t job, struct job_seen *ret)
{
    struct port port = engine_port(world->engine);
    struct err err;

    return port.ops->job(port.core, job, note_job, ret, &err) == 0;
}

void view_is(struct fake_world *world, uint64_t job, job_view_fn fn, const char *text)
{
    struct port port = engine_port(world->engine);
    struct buf buf;

    buf_init(&buf, 0);
    assert_int_equal(port.ops->job(port.core, job, fn, &buf, NULL), 0);
    assert_string_equal(buf_cstr(&buf), text);
    buf_release(&buf);
}

bool job_is_resident(struct fake_world *world, uint64_t job)
{
    return map_get(&world->engine->residents, job) != NULL;
}

uint64_t job_mark(struct fake_world *world, uint64_t job_or_child)
{
    struct port port = engine_port(world->engine);
    struct marks marks = { 0 };
    struct err err;
    uint64_t seq;

    assert_int_equal(port.ops->marks(port.core, job_or_child, &marks, &err), 0);
    seq = marks_at(&marks, job_or_child);
    marks_release(&marks);
    return seq;
}

static int count_row(void *arg, uint64_t first_no, struct slice events)
{
    (void)first_no;
    (void)events;
    ++*(size_t *)arg;
    return 0;
}

size_t job_journal_rows(struct fake_world *world, uint64_t job)
{
    size_t rows = 0;
    struct err err;

    assert_int_equal(journal_scan(world->store, job, 1, count_row, &rows, &err), 0);
    return rows;
}

struct timer_count {
    uint64_t event_no;
    int64_t due_ms;
    size_t rows;
};

static int count_timer(void *arg, int64_t due_ms, uint64_t job_id, uint64_t event_no)
{
    struct timer_count *count = arg;

    (void)job_id;
    if (event_no == count->event_no) {
        count->due_ms = due_ms;
        count->rows++;
    }
    return 0;
}

size_t timer_rows(struct fake_world *world, uint64_t event_no, int64_t *ret_due_ms)
{
    struct timer_count count = { .event_no = event_no };
    struct err err;

    assert_true(timers_scan(world->store, count_timer, &count, &err) >= 0);
    if (ret_due_ms)
        *ret_due_ms = count.due_ms;
    return count.rows;
}

static int count_order(void *arg, const struct order *order)
{
    (void)order;
    ++*(size_t *)arg;
    return 0;
}

size_t order_rows(struct fake_world *world)
{
    size_t rows = 0;
    struct err err;

    assert_true(orders_scan(world->store, slice_str(world->at ? world->at : "localhost"), count_order, &rows, &err) >= 0);
    return rows;
}

// ---- calls

static const char *const call_names[] = { "START", "ATTACH", "SIGNAL", "FORGET", "LIST" };

struct call expect_call(struct fake_world *world, enum call_kind kind, uint64_t intent_no)
{
    for (size_t i = 0; i < world->call_count; i++) {
        struct call call = world->calls[i];
        if (call.kind != kind || (world->at && strcmp(call.host, world->at) != 0))
            continue;
        world->call_count--;
        memmove(&world->calls[i], &world->calls[i + 1],
                (world->call_count - i) * sizeof(world->calls[0]));
        assert_int_equal(call.key.intent_no, intent_no);
        return call;
    }
    fail_msg("no %s of %llu was asked of the link", call_names[kind],
             (unsigned long long)intent_no);
    return (struct call){ 0 };
}

void expect_start(struct fake_world *world, uint64_t intent_no)
{
    expect_call(world, CALL_START, intent_no);
}

void expect_signal(struct fake_world *world, uint64_t intent_no, int signum)
{
    assert_int_equal(expect_call(world, CALL_SIGNAL, intent_no).number, signum);
}

void expect_attach(struct fake_world *world, uint64_t intent_no, uint64_t out, uint64_t err)
{
    struct call call = expect_call(world, CALL_ATTACH, intent_no);

    assert_int_equal(call.number, out);
    assert_int_equal(call.err_offset, err);
}

void expect_none(struct fake_world *world, enum call_kind kind)
{
    for (size_t i = 0; i < world->call_count; i++)
        if (world->calls[i].kind == kind && (!world->at || strcmp(world->calls[i].host, world->at) == 0))
            fail_msg("%s of %llu was asked of the link", call_names[kind],
                     (unsigned long long)world->calls[i].key.intent_no);
}

// ---- jobs

void expect_state(struct fake_world *world, uint64_t job, enum job_state state)
{
    struct job_seen seen;

    assert_true(job_see(world, job, &seen));
    if (seen.state != state)
        fail_msg("job %llu is %s (%s), not %s", (unsigned long long)job,
                 job_state_name(seen.state), seen.reason, job_state_name(state));
}

void expect_reason(struct fake_world *world, uint64_t job, const char *words)
{
    struct job_seen seen;

    assert_true(job_see(world, job, &seen));
    if (!strstr(seen.reason, words))
        fail_msg("the reason is \"%s\"", seen.reason);
}

static void check_text(struct buf *text, const char *expected)
{
    char seen[4096]; // a failed assertion would not release the buffer

    snprintf(seen, sizeof(seen), "%.*s", SLICE_ARG(buf_slice(text)));
    buf_release(text);
    assert_string_equal(seen, expected);
}

static int add_record(void *arg, const struct record *record, bool gap)
{
    struct buf *text = arg;

    assert_false(gap);
    buf_addf(text, "%s: ", stream_name(record->stream));
    for (size_t i = 0; i < record->data.len; i++)
        buf_add_byte(text, record->data.ptr[i] == '\n' ? '|' : record->data.ptr[i]);
    buf_add_byte(text, '\n');
    return 0;
}

void expect_records(struct fake_world *world, uint64_t job, const char *lines)
{
    struct port port = engine_port(world->engine);
    struct buf text;
    struct err err;

    buf_init(&text, 0);
    assert_int_equal(port.ops->records(port.core, job, 1, add_record, &text, &err), 0);
    check_text(&text, lines);
}

static int add_step(void *arg, const struct step_view *view)
{
    struct buf *text = arg;

    buf_addf(text, "%s%.*s/%llu %s", text->len ? " " : "", SLICE_ARG(view->strand),
             (unsigned long long)view->ordinal, effect_kind_name(view->kind));
    if (view->settled)
        buf_addf(text, ":%s", outcome_name(view->outcome.kind));
    return 0;
}

void expect_history(struct fake_world *world, uint64_t job, const char *steps)
{
    struct port port = engine_port(world->engine);
    struct buf text;
    struct err err;

    buf_init(&text, 0);
    assert_int_equal(port.ops->steps(port.core, job, add_step, &text, &err), 0);
    check_text(&text, steps);
}

static int add_event(void *arg, const struct event *event, struct err *err)
{
    struct buf *text = arg;
    const struct outcome *outcome = &event->settled.outcome;

    (void)err;
    buf_addf(text, "%s%s", text->len ? " " : "", event_type_name(event->type));
    if (event->type == EVENT_SETTLED)
        buf_addf(text, ":%s:%d", outcome_name(outcome->kind), outcome->code);
    if (event->notes == EVENT_UNRUN)
        buf_add_byte(text, '!');
    return 0;
}

void expect_journal(struct fake_world *world, uint64_t job, const char *events)
{
    struct buf text;
    struct err err;

    buf_init(&text, 0);
    if (journal_walk(world->engine, job, add_event, &text, &err) < 0)
        buf_addf(&text, " ... %s", err_text(&err));
    check_text(&text, events);
}

struct out_check {
    uint64_t event_no;
    const char *text;
    bool seen;
};

static int check_out(void *arg, const struct event *event, struct err *err)
{
    struct out_check *check = arg;

    (void)err;
    if (event->no != check->event_no)
        return 0;
    assert_int_equal(event->type, EVENT_SETTLED);
    assert_true(slice_is(event->settled.outcome.out, check->text));
    assert_int_equal(event->settled.outcome.out_bytes, strlen(check->text));
    check->seen = true;
    return 0;
}

void expect_outcome_out(struct fake_world *world, uint64_t job, uint64_t event_no,
                        const char *text)
{
    struct out_check check = { event_no, text, false };
    struct err err;

    assert_int_equal(journal_walk(world->engine, job, check_out, &check, &err), 0);
    assert_true(check.seen);
}
