// SPDX-License-Identifier: MIT
// A job's children through their lives: begun by a step, over with their strand, open
// again by a later step.
#include "children_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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
    begin_on(&fake, JUST_ONE, slice_str("\x91" NAMED("a")));
    shows(&fake, "Running | a Running");
    settle(&fake, "a", 3);
    shows(&fake, "Failed (exit code 3) | a Failed 3 (exit code 3)");
    fake_release(&fake);
}

static void a_host_that_was_not_named_gets_a_child(void **state)
{
    struct fake fake;

    (void)state;
    begin_on(&fake, JUST_EACH, slice_str("\x91" NAMED("b")));
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
        cmocka_unit_test(many_hosts_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
