// SPDX-License-Identifier: MIT
// What the engine makes of what a link tells: keys that are absent, that go on after
// a crash, that were superseded and have a result all the same.
#include "unit/core/fake_world.h"

#include <errno.h>

static void an_attempt_that_was_never_received_is_sent_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    expect_start(w, 2);
    world_next_engine(w);
    expect_attach(w, 2, 0, 0);
    tell(w, LINK_ABSENT, 2);
    world_settle(w);
    expect_start(w, 2);
    tell_done(w, 2, 0);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_command_that_had_output_is_not_begun_again_when_its_spool_is_gone(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    tell(w, LINK_STARTED, 2);
    tell_output(w, 2, 0, "some output\n");
    world_settle(w);
    world_next_engine(w);
    expect_attach(w, 2, 12, 0);
    tell(w, LINK_ABSENT, 2);
    world_settle(w);
    expect_none(w, CALL_START);
    expect_state(w, job, JOB_FAILED);
    expect_journal(w, job, "started intended settled:lost:0 ended");
}

static void output_that_was_on_disk_is_part_of_the_result_after_a_crash(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('a') localhost:run('x')");

    tell_output(w, 2, 0, "first\n");
    world_settle(w);
    tell_done(w, 2, 0);
    world_settle(w);
    tell_output(w, 4, 0, "second ");
    world_settle(w);
    world_next_engine(w);
    expect_attach(w, 4, 7, 0);
    tell_output(w, 4, 7, "half\n");
    tell_done(w, 4, 0);
    world_settle(w);
    expect_outcome_out(w, job, 5, "second half\n");
    expect_records(w, job, "output: first|\noutput: second \noutput: half|\n");
}

static void what_was_received_is_read_from_its_first_record_on(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "for i = 1, 5 do print(i) end localhost:run('x')");
    struct tail tail;
    struct err err;

    tell_output(w, 2, 0, "one");
    world_settle(w);
    tell_output(w, 2, 3, "two");
    world_settle(w);
    assert_int_equal(tails_get(w->store, job, 2, &tail, &err), 0);
    assert_int_equal(tail.out_bytes, 6);
    assert_int_equal(tail.first_seq, 6);
    world_next_engine(w);
    tell_output(w, 2, 6, "three");
    world_settle(w);
    assert_int_equal(tails_get(w->store, job, 2, &tail, &err), 0);
    assert_int_equal(tail.first_seq, 6);
    tell_done(w, 2, 0);
    world_settle(w);
    expect_outcome_out(w, job, 3, "onetwothree");
}

static void a_link_that_comes_back_is_asked_for_what_is_missing(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    tell_output(w, 2, 0, "1234");
    world_settle(w);
    link_cut(w);
    expect_none(w, CALL_ATTACH);
    world_tick(w, 200);
    link_up(w);
    expect_attach(w, 2, 4, 0);
    tell_done(w, 2, 3);
    world_settle(w);
    expect_state(w, job, JOB_FAILED);
    assert_int_equal(w->starts, 1);
}

static void a_command_whose_children_linger_is_not_over(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    tell(w, LINK_LINGERS, 2);
    world_settle(w);
    expect_state(w, job, JOB_RUNNING);
    tell_done(w, 2, 0);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_result_is_forgotten_on_the_target_once_it_is_on_disk(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "localhost:run('x') sleep('1h')");
    tell_done(w, 2, 0);
    world_turn(w);
    expect_none(w, CALL_FORGET);
    world_settle(w);
    expect_call(w, CALL_FORGET, 2);
}

static void a_key_that_nobody_waits_for_is_forgotten_and_others_are_not(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "localhost:run('x') localhost:run('y')");
    tell_done(w, 2, 0);
    world_settle(w);
    w->call_count = 0;
    tell(w, LINK_LISTED, 4);
    expect_none(w, CALL_FORGET);
    tell(w, LINK_LISTED, 2);
    expect_call(w, CALL_FORGET, 2);
}

// ---- an attempt that was cut off, and has a result all the same

// The machine has rebooted and its spool is not there (yet): attempt 4 is to take the
// place of attempt 2.
static uint64_t superseded(struct fake_world *w, const char *script, const char *printed)
{
    uint64_t job = job_start(w, script);

    tell_output(w, 2, 0, printed);
    world_settle(w);
    link_cut(w);
    world_tick(w, 200);
    w->call_count = 0;
    link_up_again(w, "boot-2");
    expect_attach(w, 2, strlen(printed), 0);
    tell(w, LINK_INTERRUPTED, 2);
    world_settle(w);
    assert_int_equal(expect_call(w, CALL_START, 4).number, 2);
    return job;
}

static void a_superseded_result_stays_on_the_target_until_its_heir_has_settled(void **state)
{
    struct fake_world *w = *state;

    superseded(w, "localhost:run('x')", "");
    expect_none(w, CALL_FORGET);
    tell(w, LINK_LISTED, 2);
    expect_none(w, CALL_FORGET);
    tell(w, LINK_STARTED, 4);
    tell_done(w, 4, 0);
    world_settle(w);
    expect_call(w, CALL_FORGET, 4);
    expect_call(w, CALL_FORGET, 2);
}

static void a_superseded_result_that_stands_is_fetched_and_ends_the_step(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = superseded(w, "local r = localhost:run('x') print('got', r.out)", "half ");

    tell_done(w, 2, 0); // no output with it: it was not followed
    world_settle(w);
    expect_attach(w, 2, 0, 0);
    tell(w, LINK_NEVER, 4);
    world_settle(w);
    expect_none(w, CALL_START);
    expect_none(w, CALL_FORGET);
    tell_output(w, 2, 0, "half and whole");
    tell_done(w, 2, 0);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
    expect_journal(w, job,
                   "started intended settled:interrupted:0 intended settled:exit:0 ended");
    expect_call(w, CALL_FORGET, 4);
    expect_call(w, CALL_FORGET, 2);
    expect_records(w, job, "output: half \noutput: and whole\noutput: got\thalf and whole|\n");
    assert_int_equal(w->starts, 2);
}

static void a_superseded_result_that_is_gone_when_fetched_leaves_the_heir_to_run(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = superseded(w, "localhost:run('x')", "");

    tell_done(w, 2, 0);
    tell(w, LINK_NEVER, 4);
    world_settle(w);
    tell(w, LINK_ABSENT, 2);
    world_settle(w);
    expect_state(w, job, JOB_RUNNING);
    assert_int_equal(expect_call(w, CALL_START, 6).number, 2);
    tell_done(w, 6, 0);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
}

// The fetched part is in the records; the next engine's attempt goes on behind it.
static void a_superseded_result_is_fetched_again_after_a_crash_and_not_doubled(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = superseded(w, "local r = localhost:run('x') print('got', r.out)", "half ");

    tell_done(w, 2, 0);
    tell_output(w, 2, 0, "half and ");
    world_settle(w);
    world_crash(w);
    world_boot(w);
    link_up_again(w, "boot-2");
    expect_attach(w, 4, 9, 0);
    tell(w, LINK_NEVER, 4);
    world_settle(w);
    assert_int_equal(expect_call(w, CALL_START, 6).number, 2);
    tell_done(w, 2, 0);
    tell(w, LINK_NEVER, 6);
    expect_attach(w, 2, 0, 0);
    tell_output(w, 2, 0, "half and whole");
    tell_done(w, 2, 0);
    world_settle(w);
    expect_records(w, job, "output: half \noutput: and \noutput: whole\n"
                           "output: got\thalf and whole|\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_attempt_that_was_never_received_is_sent_again),
        TEST(a_command_that_had_output_is_not_begun_again_when_its_spool_is_gone),
        TEST(output_that_was_on_disk_is_part_of_the_result_after_a_crash),
        TEST(what_was_received_is_read_from_its_first_record_on),
        TEST(a_link_that_comes_back_is_asked_for_what_is_missing),
        TEST(a_command_whose_children_linger_is_not_over),
        TEST(a_result_is_forgotten_on_the_target_once_it_is_on_disk),
        TEST(a_key_that_nobody_waits_for_is_forgotten_and_others_are_not),
        TEST(a_superseded_result_stays_on_the_target_until_its_heir_has_settled),
        TEST(a_superseded_result_that_stands_is_fetched_and_ends_the_step),
        TEST(a_superseded_result_is_fetched_again_after_a_crash_and_not_doubled),
        TEST(a_superseded_result_that_is_gone_when_fetched_leaves_the_heir_to_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
