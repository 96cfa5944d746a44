// SPDX-License-Identifier: MIT
// How: the fake's seed says which script it is.
#include "children_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// ---- the script

static void step_on(struct effect *ret, struct slice host)
{
    ret->kind = EFFECT_COMMAND;
    ret->name = ret->args = ret->label = SLICE("run");
    ret->line = SLICE("t.lua:1");
    ret->host = host;
}

static void end(struct effect *ret, bool failed, const char *message)
{
    ret->kind = EFFECT_END;
    ret->failed = failed;
    ret->message = slice_str(message);
}

static void each(struct effect *ret, uint32_t throttle)
{
    ret->kind = EFFECT_FORK;
    ret->fork_count = 3;
    ret->fork_hosts = SLICE("\xa1" "a\xa1" "b\xa1" "c");
    ret->fork_throttle = throttle;
}

static void each_of_one(struct effect *ret)
{
    each(ret, 0);
    ret->fork_count = 1;
    ret->fork_hosts = SLICE("\xa1" "a");
}

static void main_strand(enum script script, uint32_t n, struct effect *ret)
{
    if (n == 0 && script == JUST_ONE)
        each_of_one(ret);
    else if (n == 0)
        each(ret, script == EACH_IN_TURN);
    else if (n == 1 && script == MAIN_STEP)
        step_on(ret, SLICE("b"));
    else if (n == 1 && (script == EACH_AGAIN || script == EACH_IDLE || script == EACH_RAISES ||
                        script == MAIN_CLEANS))
        each(ret, 0);
    else
        end(ret, script == MAIN_RAISES, "the script's own");
    if (n == 1 && script == MAIN_CLEANS)
        ret->scope = SCOPE_DEFER;
}

static void script(const struct fake *fake, const struct strand *s, uint32_t n, struct effect *ret)
{
    enum script what = (enum script)fake->seed;
    bool second = s->parent && strcmp(s->path, "1.3") > 0;

    if (s->wake == WAKE_CANCEL || s->wake == WAKE_CUT)
        end(ret, true, "cancelled");
    else if (!s->parent)
        main_strand(what, n, ret);
    else if (n == 0 && what == EACH_RAISES && second)
        end(ret, true, "raised at once");
    else if (n == 0 && !(what == EACH_IDLE && second))
        step_on(ret, s->host);
    else
        end(ret, n > 0 && !s->wake_ok, "exit code 3");
    if (n == 0 && what == EACH_IN_TURN && s->parent && job_child_of_host(&fake->job, SLICE("a"))->failed)
        end(ret, false, "");
}

// ---- helpers

void begin_on(struct fake *fake, enum script what, struct slice hosts)
{
    fake_init(fake, script, what);
    fake_start_on(fake, hosts);
}

void begin(struct fake *fake, enum script what)
{
    static const char abc[] = "\x93" NAMED("a") NAMED("b") NAMED("c");

    begin_on(fake, what, slice_str(abc));
}

void take(struct fake *fake, struct event event)
{
    struct err err = { 0 };

    if (fake_take(fake, &event, &err) < 0)
        fail_msg("%s", err.text);
}

void settle_as(struct fake *fake, const char *host, enum outcome_kind kind, int code)
{
    struct event event = { .type = EVENT_SETTLED };
    struct strand *strand;
    size_t at = 0;

    while ((strand = map_next(&fake->job.strands.by_intent, &at)))
        if (slice_is(strand->step.effect.host, host))
            event.settled.intent_no = strand->step.intent_no;
    event.settled.outcome = (struct outcome){ .kind = kind, .code = code };
    take(fake, event);
}

void settle(struct fake *fake, const char *host, int code)
{
    settle_as(fake, host, OUTCOME_EXIT, code);
}

void give_up(struct fake *fake, const char *host)
{
    settle_as(fake, host, OUTCOME_UNREACHABLE, 0);
}

void settle_all(struct fake *fake, int a, int b, int c)
{
    settle(fake, "a", a);
    settle(fake, "b", b);
    settle(fake, "c", c);
}

// "Failed | a Failed 3 exit code 3 | b Running - | ..." of the job and its children.
static void describe(const struct fake *fake, struct buf *ret)
{
    const struct job *job = &fake->job;
    struct child_head children[8];
    struct job_head head;
    struct buf questions;

    assert_true(job->child_count <= 8);
    buf_init(&questions, 0);
    job_head_fill(job, &head, children, &questions);
    buf_release(&questions);
    buf_clear(ret);
    buf_addf(ret, "%s", job_state_name(head.state));
    if (head.reason.len)
        buf_addf(ret, " (%.*s)", SLICE_ARG(head.reason));
    for (size_t i = 0; i < job->child_count; i++) {
        const struct child_head *c = &children[i];
        assert_int_equal(c->id, 2 + i);
        buf_addf(ret, " | %.*s %s", SLICE_ARG(c->host), job_state_name(c->state));
        if (c->exit_code != EXIT_CODE_NONE)
            buf_addf(ret, " %d", c->exit_code);
        if (c->reason.len)
            buf_addf(ret, " (%.*s)", SLICE_ARG(c->reason));
        // Failed by itself and Stopped while it ran go without saying.
        if (c->failure == CHILD_UNREACHABLE || c->failure == CHILD_UNREACHED)
            buf_addf(ret, ", %s", child_failure_name(c->failure));
        assert_int_equal(c->failure == CHILD_NONE,
                         c->state != JOB_FAILED && c->state != JOB_STOPPED);
        assert_int_equal(c->ended_unix_ms != 0, job_state_is_finished(c->state));
    }
}

void shows(const struct fake *fake, const char *expected)
{
    struct slice journal = buf_slice(&fake->journal);
    struct buf text, again;
    struct value_doc doc;
    struct event event;
    struct fake replayed;
    size_t at = 0;

    buf_init(&text, 0);
    buf_init(&again, 0);
    describe(fake, &text);
    assert_string_equal(buf_cstr(&text), expected);
    fake_init(&replayed, script, fake->seed);
    value_doc_init(&doc);
    while (at < journal.len) {
        assert_int_equal(event_decode(journal, &at, &doc, &event, NULL), 0);
        event.no = replayed.job.last_no + 1;
        assert_int_equal(fake_replay(&replayed, &event, NULL), 0);
    }
    describe(&replayed, &again);
    assert_string_equal(buf_cstr(&again), expected);
    value_doc_release(&doc);
    fake_release(&replayed);
    buf_release(&text);
    buf_release(&again);
}
