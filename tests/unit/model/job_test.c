// SPDX-License-Identifier: MIT
// The fold, rule by rule: what each event does, and that an illegal one is refused
// and leaves the job as it was.
#include "fake_script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void step(struct effect *ret, enum effect_kind kind, const char *name)
{
    ret->kind = kind;
    ret->name = ret->args = slice_str(name);
    ret->label = SLICE("step");
    ret->line = SLICE("t.lua:1");
    ret->host = SLICE("localhost");
}

static void end(struct effect *ret, bool failed)
{
    ret->kind = EFFECT_END;
    ret->failed = failed;
    ret->message = SLICE("it failed");
}

static struct event settled(const struct fake *fake, enum outcome_kind kind, int code)
{
    struct event event = { .type = EVENT_SETTLED };
    size_t at = 0;
    const struct strand *strand = map_next(&fake->job.strands.by_intent, &at);

    assert_non_null(strand);
    event.settled.intent_no = strand->step.intent_no;
    event.settled.outcome = (struct outcome){ .kind = kind, .code = code };
    return event;
}

static void begin(struct fake *fake, fake_fn script)
{
    fake_init(fake, script, 1);
    fake_start(fake);
}

static void take(struct fake *fake, struct event event)
{
    struct err err = { 0 };

    if (fake_take(fake, &event, &err) < 0)
        fail_msg("%s", err.text);
}

static void refused(struct fake *fake, struct event event, int code)
{
    struct buf before, after;
    struct err err;

    buf_init(&before, 0);
    buf_init(&after, 0);
    fake_describe(fake, &before);
    assert_int_equal(fake_take(fake, &event, &err), code);
    fake_describe(fake, &after);
    assert_string_equal(buf_cstr(&before), buf_cstr(&after));
    buf_release(&before);
    buf_release(&after);
}

#define STATE_IS(fake, state) assert_int_equal(job_state(&(fake)->job), state)

// ---- one command
static void one_command(const struct fake *fake, const struct strand *s, uint32_t n,
                        struct effect *ret)
{
    (void)fake;
    if (n == 0)
        step(ret, EFFECT_COMMAND, "a");
    else
        end(ret, s->wake == WAKE_CANCEL || !s->wake_ok);
}

static void a_command_ends_the_job(void **state)
{
    struct fake fake;

    (void)state;
    for (int code = 0; code < 2; code++) {
        begin(&fake, one_command);
        STATE_IS(&fake, JOB_RUNNING);
        assert_int_equal(fake.job.in_flight, 1);
        take(&fake, settled(&fake, OUTCOME_EXIT, code));
        STATE_IS(&fake, code ? JOB_FAILED : JOB_COMPLETED);
        assert_int_equal(fake.job.children[0].exit_code, code);
        refused(&fake, (struct event){ .type = EVENT_RESUMED }, ERR_STATE);
        refused(&fake, (struct event){ .type = EVENT_STOP_ASKED }, ERR_STATE);
        fake_release(&fake);
    }
}

static void illegal_events_are_refused(void **state)
{
    struct fake fake;
    struct event event = { .type = EVENT_SETTLED };

    (void)state;
    fake_init(&fake, one_command, 1);
    refused(&fake, (struct event){ .type = EVENT_RESUMED }, ERR_STATE); // before STARTED
    fake_start(&fake);
    event.settled.intent_no = 99;
    refused(&fake, event, ERR_STATE);
    event = (struct event){ .type = EVENT_FIRED };
    event.fired.intent_no = 2;
    refused(&fake, event, ERR_STATE); // not in backoff
    refused(&fake, (struct event){ .type = EVENT_RESUMED }, ERR_STATE); // not suspended
    refused(&fake, (struct event){ .type = EVENT_STARTED }, ERR_STATE); // twice
    event = (struct event){ .type = EVENT_ENDED };
    event.ended.state = JOB_RUNNING;
    refused(&fake, event, ERR_STATE);
    fake_release(&fake);
}

// ---- retry
static void with_retry(const struct fake *fake, const struct strand *s, uint32_t n,
                       struct effect *ret)
{
    one_command(fake, s, n, ret);
    ret->policy.retry_times = 2;
}

static void failures_are_retried_then_raised(void **state)
{
    struct fake fake;
    struct event fired = { .type = EVENT_FIRED };

    (void)state;
    begin(&fake, with_retry);
    for (uint32_t attempt = 1; attempt <= 2; attempt++) {
        const struct step *st = &fake.job.strands.main->step;
        assert_int_equal(st->attempt, attempt);
        take(&fake, settled(&fake, OUTCOME_EXIT, 1));
        assert_int_equal(st->state, STEP_BACKOFF);
        assert_int_equal(fake.job.in_flight, 0);
        fired.fired.intent_no = st->intent_no;
        take(&fake, fired);
        assert_int_equal(st->state, STEP_INTENDED);
        assert_int_equal(st->superseded_no, 0); // the failed attempt is known to be over
    }
    take(&fake, settled(&fake, OUTCOME_EXIT, 1));
    STATE_IS(&fake, JOB_FAILED);
    fake_release(&fake);
}

static void interruptions_rerun_twice_then_wait(void **state)
{
    struct fake fake;
    const struct step *st;

    (void)state;
    begin(&fake, one_command);
    st = &fake.job.strands.main->step;
    for (uint32_t i = 1; i <= STEP_INTERRUPTS_MAX; i++) {
        uint64_t cut = st->intent_no;
        take(&fake, settled(&fake, OUTCOME_INTERRUPTED, 0));
        assert_int_equal(st->state, STEP_INTENDED);
        assert_int_equal(st->superseded_no, cut);
        assert_int_equal(st->failures, 0);
    }
    take(&fake, settled(&fake, OUTCOME_INTERRUPTED, 0));
    STATE_IS(&fake, JOB_SUSPENDED);
    assert_int_equal(st->state, STEP_HELD);
    take(&fake, (struct event){ .type = EVENT_RESUMED });
    STATE_IS(&fake, JOB_RUNNING);
    assert_int_equal(st->attempt, 4);
    take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

static void what_was_never_begun_costs_nothing(void **state)
{
    struct fake fake;
    const struct step *st;

    (void)state;
    begin(&fake, one_command);
    st = &fake.job.strands.main->step;
    for (uint32_t i = 1; i <= 10; i++) {
        take(&fake, settled(&fake, OUTCOME_NEVER, 0));
        assert_int_equal(st->state, STEP_INTENDED);
        assert_int_equal(st->attempt, i + 1);
        assert_int_equal(st->interrupts + st->failures, 0);
    }
    take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

// ---- suspend
static void suspending_waits_for_the_step(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, one_command);
    take(&fake, (struct event){ .type = EVENT_SUSPEND_ASKED });
    STATE_IS(&fake, JOB_SUSPENDING);
    take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    STATE_IS(&fake, JOB_SUSPENDED); // the strand is queued, it has not run
    assert_false(fake.job.main_ended);
    take(&fake, (struct event){ .type = EVENT_RESUMED });
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

static void a_forced_suspend_costs_no_retry(void **state)
{
    struct fake fake;
    struct event event = { .type = EVENT_SUSPEND_ASKED };

    (void)state;
    begin(&fake, one_command);
    event.suspend_asked.force = true;
    take(&fake, event);
    take(&fake, settled(&fake, OUTCOME_INTERRUPTED, 0));
    STATE_IS(&fake, JOB_SUSPENDED);
    assert_int_equal(fake.job.strands.main->step.state, STEP_ASKED);
    take(&fake, (struct event){ .type = EVENT_RESUMED });
    assert_int_equal(fake.job.strands.main->step.attempt, 2);
    assert_int_equal(fake.job.strands.main->step.interrupts, 0);
    take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

// ---- signals
static void two_waiters(const struct fake *fake, const struct strand *s, uint32_t n,
                        struct effect *ret)
{
    (void)fake;
    if (!s->parent && n == 0) {
        ret->kind = EFFECT_FORK;
        ret->fork_count = 2;
    } else if (s->parent && n == 0) {
        step(ret, EFFECT_SIGNAL, "go");
        ret->duration_ms = -1;
    } else {
        end(ret, false);
    }
}

static void the_oldest_waiter_takes_a_signal(void **state)
{
    struct fake fake;
    struct event event = { .type = EVENT_SIGNALLED };

    (void)state;
    begin(&fake, two_waiters);
    assert_true(job_is_idle(&fake.job));
    event.signalled.name = SLICE("stay");
    take(&fake, event);
    assert_int_equal(fake.job.strands.count, 3);
    event.signalled.name = SLICE("go");
    take(&fake, event);
    assert_null(strands_at(&fake.job.strands, SLICE("1.1")));
    assert_non_null(strands_at(&fake.job.strands, SLICE("1.2")));
    take(&fake, event);
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

static void late_waiter(const struct fake *fake, const struct strand *s, uint32_t n,
                        struct effect *ret)
{
    (void)fake;
    (void)s;
    if (n == 0)
        step(ret, EFFECT_COMMAND, "a");
    else if (n < 3)
        step(ret, EFFECT_SIGNAL, "go");
    else
        end(ret, false);
    ret->duration_ms = -1;
}

static void signals_wait_for_their_taker(void **state)
{
    struct fake fake;
    struct event event = { .type = EVENT_SIGNALLED };

    (void)state;
    begin(&fake, late_waiter);
    event.signalled.name = SLICE("go");
    take(&fake, event);
    take(&fake, event);
    take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

// ---- fork and throttle
static void five_branches(const struct fake *fake, const struct strand *s, uint32_t n,
                          struct effect *ret)
{
    (void)fake;
    if (!s->parent && n == 0) {
        ret->kind = EFFECT_FORK;
        ret->fork_count = 5;
        ret->fork_throttle = 2;
    } else if (s->parent && n == 0) {
        step(ret, EFFECT_COMMAND, "a");
    } else {
        end(ret, s->wake == WAKE_CANCEL);
    }
}

static void a_throttle_holds(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, five_branches);
    for (int left = 5; left > 0; left--) {
        assert_int_equal(fake.job.in_flight, left < 2 ? left : 2);
        take(&fake, settled(&fake, OUTCOME_EXIT, 0));
    }
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

static void stop_cancels_what_waits_and_what_runs(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, five_branches);
    take(&fake, (struct event){ .type = EVENT_STOP_ASKED });
    STATE_IS(&fake, JOB_STOPPING);
    take(&fake, settled(&fake, OUTCOME_CANCELLED, 0));
    STATE_IS(&fake, JOB_STOPPING);
    take(&fake, settled(&fake, OUTCOME_CANCELLED, 0));
    STATE_IS(&fake, JOB_STOPPED); // branches 3 to 5 never began
    assert_null(strstr(buf_cstr(&fake.trace), "1.3"));
    fake_release(&fake);
}

static void empty_fork(const struct fake *fake, const struct strand *s, uint32_t n,
                       struct effect *ret)
{
    (void)fake;
    (void)s;
    ret->kind = n == 0 ? EFFECT_FORK : EFFECT_END;
}

static void a_fork_of_nothing_joins_at_once(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, empty_fork);
    STATE_IS(&fake, JOB_COMPLETED);
    fake_release(&fake);
}

// ---- divergence
static void other_command(const struct fake *fake, const struct strand *s, uint32_t n,
                          struct effect *ret)
{
    one_command(fake, s, n, ret);
    if (n == 0)
        step(ret, EFFECT_COMMAND, "b");
}

static void a_changed_step_is_a_divergence(void **state)
{
    struct fake live, again;
    struct value_doc doc;
    struct event event;
    struct err err;
    size_t at = 0;

    (void)state;
    begin(&live, one_command);
    fake_init(&again, other_command, 1);
    value_doc_init(&doc);
    assert_int_equal(event_decode(buf_slice(&live.journal), &at, &doc, &event, &err), 0);
    event.no = 1;
    assert_int_equal(fake_replay(&again, &event, &err), 0);
    assert_int_equal(event_decode(buf_slice(&live.journal), &at, &doc, &event, &err), 0);
    event.no = 2;
    assert_int_equal(fake_replay(&again, &event, &err), ERR_DIVERGED);
    assert_string_equal(err.text, "event 2, strand 1 step 1: the journal says step \"a\" "
                                  "(t.lua:1), the script asks for step \"b\" (t.lua:1)");
    value_doc_release(&doc);
    fake_release(&live);
    fake_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_ends_the_job),
        cmocka_unit_test(illegal_events_are_refused),
        cmocka_unit_test(failures_are_retried_then_raised),
        cmocka_unit_test(interruptions_rerun_twice_then_wait),
        cmocka_unit_test(what_was_never_begun_costs_nothing),
        cmocka_unit_test(suspending_waits_for_the_step),
        cmocka_unit_test(a_forced_suspend_costs_no_retry),
        cmocka_unit_test(the_oldest_waiter_takes_a_signal),
        cmocka_unit_test(signals_wait_for_their_taker),
        cmocka_unit_test(a_throttle_holds),
        cmocka_unit_test(stop_cancels_what_waits_and_what_runs),
        cmocka_unit_test(a_fork_of_nothing_joins_at_once),
        cmocka_unit_test(a_changed_step_is_a_divergence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
