// SPDX-License-Identifier: MIT
// What becomes of a job's children when the job is stopped, suspended or expires, and
// when one of them is stopped alone.
#include "children_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_was_begun_before_the_stop),
        cmocka_unit_test(stopping_shares_the_end),
        cmocka_unit_test(a_failure_outweighs_a_stop),
        cmocka_unit_test(suspending_is_the_unfinished_childrens),
        cmocka_unit_test(expiry_fails_what_it_ends),
        cmocka_unit_test(a_stopped_child_stops_no_other),
        cmocka_unit_test(all_stopped_one_by_one_stop_the_job),
        cmocka_unit_test(a_failed_child_outweighs_a_stopped_one),
        cmocka_unit_test(a_child_may_be_stopped_before_its_turn),
        cmocka_unit_test(a_stopped_child_is_left_out_of_what_comes),
        cmocka_unit_test(a_step_of_the_main_strand_reopens_no_stopped_child),
        cmocka_unit_test(a_stop_of_the_job_is_a_stop_of_the_rest),
        cmocka_unit_test(a_child_is_stopped_by_force_behind_a_plain_stop),
        cmocka_unit_test(a_suspended_job_keeps_a_stopped_child_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
