// SPDX-License-Identifier: MIT
// A job's children through their lives: begun by a step, over with their strand, open
// again by a later step, and what becomes of them when the job ends.
#include "fake_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAME(c) "\x81\xa4name\xa1" c
static const struct slice abc = { (const uint8_t *)"\x93" NAME("a") NAME("b") NAME("c"),
                                  1 + 3 * 8 };

// What the script does after each{} over a, b and c; the fake's seed.
enum script {
    JUST_EACH,
    EACH_AGAIN,      // a second each of one step
    EACH_IDLE,       // a second each that only looks
    EACH_RAISES,     // a second each that raises at once
    MAIN_STEP,       // a step on b in the main strand
    MAIN_RAISES,
    JUST_ONE,        // each over a alone
    MAIN_CLEANS,     // a step on each in a defer, by each again
    EACH_IN_TURN,    // throttle 1, skipped after a failure
};

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

static void begin(struct fake *fake, enum script what)
{
    fake_init(fake, script, what);
    fake_start_on(fake, abc);
}

static void take(struct fake *fake, struct event event)
{
    struct err err = { 0 };

    if (fake_take(fake, &event, &err) < 0)
        fail_msg("%s", err.text);
}

// Settles the step that runs on the host.
static void settle_as(struct fake *fake, const char *host, enum outcome_kind kind, int code)
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

static void settle(struct fake *fake, const char *host, int code)
{
    settle_as(fake, host, OUTCOME_EXIT, code);
}

static void give_up(struct fake *fake, const char *host)
{
    settle_as(fake, host, OUTCOME_UNREACHABLE, 0);
}

static void settle_all(struct fake *fake, int a, int b, int c)
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

// Folds the journal into a fresh job, which must stand in the same place.
static void shows(const struct fake *fake, const char *expected)
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

// ---- tests

static void children_end_with_their_strands(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    shows(&fake, "Running | a Running | b Running | c Running");
    settle(&fake, "b", 3);
    shows(&fake, "Running | a Running | b Failed 3 (exit code 3) | c Running");
    settle(&fake, "c", 0);
    shows(&fake, "Running | a Running | b Failed 3 (exit code 3) | c Completed 0");
    settle(&fake, "a", 3);
    shows(&fake, "Failed (2 of 3 hosts failed, the first: a: exit code 3) | a Failed 3 (exit "
                 "code 3) | b Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void all_well_is_completed(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Completed | a Completed 0 | b Completed 0 | c Completed 0");
    fake_release(&fake);
}

static void one_host_needs_no_count(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, script, JUST_ONE);
    fake_start_on(&fake, slice_of("\x91" NAME("a"), 9));
    shows(&fake, "Running | a Running");
    settle(&fake, "a", 3);
    shows(&fake, "Failed (exit code 3) | a Failed 3 (exit code 3)");
    fake_release(&fake);
}

static void a_host_that_was_not_named_gets_a_child(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, script, JUST_EACH);
    fake_start_on(&fake, slice_of("\x91" NAME("b"), 9));
    shows(&fake, "Running | b Running | a Running | c Running");
    settle_all(&fake, 3, 0, 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: a: exit code 3) | b Completed 0 | a "
                 "Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void a_later_step_opens_a_child_again(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_AGAIN);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Running | a Running 0 | b Running 3 | c Running 0");
    settle(&fake, "b", 0);
    settle(&fake, "c", 3);
    shows(&fake, "Running | a Running 0 | b Completed 0 | c Failed 3 (exit code 3)");
    settle(&fake, "a", 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: c: exit code 3) | a Completed 0 | b "
                 "Completed 0 | c Failed 3 (exit code 3)");
    fake_release(&fake);
}

static void a_strand_without_a_step_changes_no_child(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_IDLE);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: b: exit code 3) | a Completed 0 | b "
                 "Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void a_strand_that_raises_fails_its_child(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_RAISES);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Failed (3 of 3 hosts failed, the first: a: raised at once) | a Failed 0 (raised "
                 "at once) | b Failed 3 (raised at once) | c Failed 0 (raised at once)");
    fake_release(&fake);
}

static void a_step_of_the_main_strand(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, MAIN_STEP);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Running | a Completed 0 | b Running 3 | c Completed 0");
    settle(&fake, "b", 0);
    shows(&fake, "Completed | a Completed 0 | b Completed 0 | c Completed 0");
    fake_release(&fake);
}

static void cleaning_up_is_no_second_chance(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, MAIN_CLEANS);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Running | a Running 0 | b Failed 3 (exit code 3) | c Running 0");
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: b: exit code 3) | a Completed 0 | b "
                 "Failed 0 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void the_scripts_own_error_is_the_reason(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, MAIN_RAISES);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Failed (the script's own) | a Completed 0 | b Failed 3 (exit code 3) | c "
                 "Completed 0");
    fake_release(&fake);
}

static void hosts_that_were_never_reached(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_IN_TURN);
    shows(&fake, "Running | a Running | b NotStarted | c NotStarted");
    settle(&fake, "a", 3);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: a: exit code 3) | a Failed 3 (exit code "
                 "3) | b Stopped (never reached: the job ended before), unreached | c Stopped (never reached: "
                 "the job ended before), unreached");
    fake_release(&fake);
}

static void an_unreachable_host_is_told_apart(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    give_up(&fake, "a");
    settle(&fake, "b", 3);
    settle(&fake, "c", 0);
    shows(&fake, "Failed (2 of 3 hosts failed, the first: a: exit code 3) | a Failed (exit code 3), "
                 "unreachable | b Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void what_is_tidied_up_tells_nothing_of_reaching_it(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, MAIN_CLEANS);
    give_up(&fake, "a");
    settle(&fake, "b", 3);
    settle(&fake, "c", 0);
    settle(&fake, "a", 0);
    give_up(&fake, "b");
    settle(&fake, "c", 0);
    shows(&fake, "Failed (2 of 3 hosts failed, the first: a: exit code 3) | a Failed 0 (exit code "
                 "3), unreachable | b Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

static void a_host_that_answers_again_is_reachable(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_AGAIN);
    give_up(&fake, "a");
    settle(&fake, "b", 0);
    settle(&fake, "c", 0);
    settle(&fake, "a", 3);
    settle(&fake, "b", 0);
    settle(&fake, "c", 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: a: exit code 3) | a Failed 3 (exit code "
                 "3) | b Completed 0 | c Completed 0");
    fake_release(&fake);
}

static void nothing_was_begun_before_the_stop(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_IN_TURN);
    take(&fake, (struct event){ .type = EVENT_STOP_ASKED });
    settle(&fake, "a", 0);
    shows(&fake, "Stopped (stopped) | a Stopped 0 (stopped) | b Stopped (never reached: the job "
                 "ended before), unreached | c Stopped (never reached: the job ended before), "
                 "unreached");
    fake_release(&fake);
}

static void stopping_shares_the_end(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    settle(&fake, "c", 0);
    take(&fake, (struct event){ .type = EVENT_STOP_ASKED });
    shows(&fake, "Stopping | a Stopping | b Stopping | c Completed 0");
    settle(&fake, "a", 3); // its command was killed: no failure of the host
    settle(&fake, "b", 0);
    shows(&fake, "Stopped (stopped) | a Stopped 3 (stopped) | b Stopped 0 (stopped) | c Completed 0");
    fake_release(&fake);
}

static void a_failure_outweighs_a_stop(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    settle(&fake, "c", 3);
    take(&fake, (struct event){ .type = EVENT_STOP_ASKED });
    settle(&fake, "a", 0);
    settle(&fake, "b", 0);
    shows(&fake, "Failed (stopped; 1 of 3 hosts failed, the first: c: exit code 3) | a Stopped 0 "
                 "(stopped) | b Stopped 0 (stopped) | c Failed 3 (exit code 3)");
    fake_release(&fake);
}

// ---- one is stopped alone

enum { A = 2, B = 3, C = 4 };

static void stop_part(struct fake *fake, uint64_t child_id, bool force)
{
    struct event event = { .type = EVENT_CHILD_STOP_ASKED };

    event.child_stop_asked = (struct event_child_stop_asked){ child_id, 0, force, SLICE("by us") };
    take(fake, event);
}

static void a_stopped_child_stops_no_other(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    stop_part(&fake, B, false);
    shows(&fake, "Running | a Running | b Stopping | c Running");
    settle(&fake, "b", 3); // its command was killed
    shows(&fake, "Running | a Running | b Stopped 3 (by us) | c Running");
    settle(&fake, "a", 0);
    settle(&fake, "c", 0);
    shows(&fake, "Stopped (1 of 3 hosts was stopped, the first: b) | a Completed 0 | b Stopped 3 "
                 "(by us) | c Completed 0");
    fake_release(&fake);
}

static void all_stopped_one_by_one_stop_the_job(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    for (uint64_t id = A; id <= C; id++)
        stop_part(&fake, id, false);
    shows(&fake, "Running | a Stopping | b Stopping | c Stopping");
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Stopped (3 of 3 hosts were stopped, the first: a) | a Stopped 0 (by us) | b "
                 "Stopped 0 (by us) | c Stopped 0 (by us)");
    fake_release(&fake);
}

static void a_failed_child_outweighs_a_stopped_one(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    stop_part(&fake, A, false);
    settle_all(&fake, 0, 3, 0);
    shows(&fake, "Failed (1 of 3 hosts failed, the first: b: exit code 3) | a Stopped 0 (by us) | "
                 "b Failed 3 (exit code 3) | c Completed 0");
    fake_release(&fake);
}

// Its turn has not come: nothing is begun on it when it comes.
static void a_child_may_be_stopped_before_its_turn(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_IN_TURN);
    stop_part(&fake, B, false);
    shows(&fake, "Running | a Running | b Stopped (by us) | c NotStarted");
    settle(&fake, "a", 0);
    shows(&fake, "Running | a Completed 0 | b Stopped (by us) | c Running");
    settle(&fake, "c", 0);
    shows(&fake, "Stopped (1 of 3 hosts was stopped, the first: b) | a Completed 0 | b Stopped "
                 "(by us) | c Completed 0");
    fake_release(&fake);
}

static void a_stopped_child_is_left_out_of_what_comes(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, EACH_AGAIN);
    stop_part(&fake, B, false);
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Running | a Running 0 | b Stopped 0 (by us) | c Running 0");
    settle(&fake, "a", 0);
    settle(&fake, "c", 0);
    shows(&fake, "Stopped (1 of 3 hosts was stopped, the first: b) | a Completed 0 | b Stopped 0 "
                 "(by us) | c Completed 0");
    fake_release(&fake);
}

// The main strand is not the child's: what it does there goes on, and opens nothing again.
static void a_step_of_the_main_strand_reopens_no_stopped_child(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, MAIN_STEP);
    stop_part(&fake, B, false);
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Running | a Completed 0 | b Stopped 0 (stopped; its workflow has used this host since) | c Completed 0");
    settle(&fake, "b", 0);
    shows(&fake, "Stopped (1 of 3 hosts was stopped, the first: b) | a Completed 0 | b Stopped 0 "
                 "(stopped; its workflow has used this host since) | c Completed 0");
    fake_release(&fake);
}

static void a_stop_of_the_job_is_a_stop_of_the_rest(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    stop_part(&fake, B, false);
    settle(&fake, "b", 0);
    take(&fake, (struct event){ .type = EVENT_STOP_ASKED });
    settle(&fake, "a", 0);
    settle(&fake, "c", 0);
    shows(&fake, "Stopped (stopped) | a Stopped 0 (stopped) | b Stopped 0 (by us) | c Stopped 0 "
                 "(stopped)");
    fake_release(&fake);
}

static void a_child_is_stopped_by_force_behind_a_plain_stop(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    stop_part(&fake, B, false);
    stop_part(&fake, B, true);
    settle_as(&fake, "b", OUTCOME_CANCELLED, 0);
    shows(&fake, "Running | a Running | b Stopped (by us) | c Running");
    fake_release(&fake);
}

static void a_suspended_job_keeps_a_stopped_child_waiting(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    take(&fake, (struct event){ .type = EVENT_SUSPEND_ASKED });
    stop_part(&fake, B, false);
    settle_all(&fake, 0, 0, 0);
    shows(&fake, "Suspended | a Suspended 0 | b Stopping 0 | c Suspended 0");
    take(&fake, (struct event){ .type = EVENT_RESUMED });
    shows(&fake, "Stopped (1 of 3 hosts was stopped, the first: b) | a Completed 0 | b Stopped 0 "
                 "(by us) | c Completed 0");
    fake_release(&fake);
}

static void suspending_is_the_unfinished_childrens(void **state)
{
    struct fake fake;

    (void)state;
    begin(&fake, JUST_EACH);
    settle(&fake, "c", 3);
    take(&fake, (struct event){ .type = EVENT_SUSPEND_ASKED });
    shows(&fake, "Suspending | a Suspending | b Suspending | c Failed 3 (exit code 3)");
    settle(&fake, "a", 0);
    settle(&fake, "b", 0);
    shows(&fake, "Suspended | a Suspended 0 | b Suspended 0 | c Failed 3 (exit code 3)");
    take(&fake, (struct event){ .type = EVENT_RESUMED });
    shows(&fake, "Failed (1 of 3 hosts failed, the first: c: exit code 3) | a Completed 0 | b "
                 "Completed 0 | c Failed 3 (exit code 3)");
    fake_release(&fake);
}

static void expiry_fails_what_it_ends(void **state)
{
    struct event event = { .type = EVENT_EXPIRED };
    struct fake fake;

    (void)state;
    begin(&fake, EACH_IN_TURN);
    event.expired.limit = LIMIT_TIMEOUT;
    take(&fake, event);
    settle(&fake, "a", 0);
    shows(&fake, "Failed (timed out: it did not end within its timeout of ) | a Failed 0 (timed out: "
                 "it did not end within its timeout of ) | b Stopped (never reached: the job ended "
                 "before), unreached | c Stopped (never reached: the job ended before), unreached");
    fake_release(&fake);
}

static void many_hosts_are_found(void **state)
{
    enum { COUNT = 500 };
    struct buf hosts;
    struct job job;
    struct event event = { .type = EVENT_STARTED, .no = 1 };

    (void)state;
    buf_init(&hosts, 0);
    value_put_array(&hosts, COUNT);
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        value_put_map(&hosts, 1);
        value_put_str(&hosts, "name");
        value_put_str(&hosts, name);
    }
    event.started = (struct event_started){ .job_id = 10, .child_id = 11, .hosts = buf_slice(&hosts) };
    job_init(&job);
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    event = (struct event){ .type = EVENT_CHILD_ADDED, .no = 2 };
    event.child_added.child_id = 900;
    event.child_added.host = SLICE("late");
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    event.no = 3;
    assert_int_equal(job_apply(&job, &event, NULL), ERR_STATE); // it has one already
    assert_int_equal(job.child_count, COUNT + 1);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(job_child_of_host(&job, buf_slice(&job.children[i].host))->id, 11 + i);
    assert_int_equal(job_child_of_host(&job, SLICE("late"))->id, 900);
    assert_true(slice_is(buf_slice(&job_child_of_host(&job, SLICE("n7"))->key), "n7"));
    assert_null(job_child_of_host(&job, SLICE("n500")));
    job_release(&job);
    buf_release(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_end_with_their_strands),
        cmocka_unit_test(all_well_is_completed),
        cmocka_unit_test(one_host_needs_no_count),
        cmocka_unit_test(a_host_that_was_not_named_gets_a_child),
        cmocka_unit_test(a_later_step_opens_a_child_again),
        cmocka_unit_test(a_strand_without_a_step_changes_no_child),
        cmocka_unit_test(a_strand_that_raises_fails_its_child),
        cmocka_unit_test(a_step_of_the_main_strand),
        cmocka_unit_test(cleaning_up_is_no_second_chance),
        cmocka_unit_test(the_scripts_own_error_is_the_reason),
        cmocka_unit_test(hosts_that_were_never_reached),
        cmocka_unit_test(an_unreachable_host_is_told_apart),
        cmocka_unit_test(what_is_tidied_up_tells_nothing_of_reaching_it),
        cmocka_unit_test(a_host_that_answers_again_is_reachable),
        cmocka_unit_test(nothing_was_begun_before_the_stop),
        cmocka_unit_test(stopping_shares_the_end),
        cmocka_unit_test(a_failure_outweighs_a_stop),
        cmocka_unit_test(a_stopped_child_stops_no_other),
        cmocka_unit_test(all_stopped_one_by_one_stop_the_job),
        cmocka_unit_test(a_failed_child_outweighs_a_stopped_one),
        cmocka_unit_test(a_child_may_be_stopped_before_its_turn),
        cmocka_unit_test(a_stopped_child_is_left_out_of_what_comes),
        cmocka_unit_test(a_step_of_the_main_strand_reopens_no_stopped_child),
        cmocka_unit_test(a_stop_of_the_job_is_a_stop_of_the_rest),
        cmocka_unit_test(a_child_is_stopped_by_force_behind_a_plain_stop),
        cmocka_unit_test(a_suspended_job_keeps_a_stopped_child_waiting),
        cmocka_unit_test(suspending_is_the_unfinished_childrens),
        cmocka_unit_test(expiry_fails_what_it_ends),
        cmocka_unit_test(many_hosts_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
