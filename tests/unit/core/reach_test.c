// SPDX-License-Identifier: MIT
// A host that a job has never reached is given up, once, with the reason; one that was
// reached is waited for. A step's own bound, `reach`, stands in for both.
#include "unit/core/one_host.h"

#include <errno.h>

#define TELL "local ok, e = pcall(function() " ON_WEB1 " end) print(ok, e and e.kind) "

static void one_that_is_not_there_is_given_up_after_a_minute(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL);

    web1_is_away(w, MINUTE_MS - 1000);
    expect_state(w, job, JOB_NOT_STARTED);
    web1_is_away(w, 15 * 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable|\n");
    expect_journal(w, job, "started child_added intended settled:unreachable:0 ended");
}

static void nobody_is_left_and_it_is_not_tried_again(void **state)
{
    struct fake_world *w = *state;
    unsigned opens;

    job_start(w, TELL);
    web1_is_away(w, MINUTE_MS + 15 * 1000);
    opens = w->opens;
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, opens);
}

static void one_that_was_reached_is_waited_for(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1 " " ON_WEB1);

    web1_comes(w);
    expect_start(w, 3);
    tell_done(w, 3, 0);
    web1_goes(w, LINK_END_LOST);
    web1_is_away(w, 5 * MINUTE_MS);
    expect_state(w, job, JOB_RUNNING);
}

// The program that makes links is not there: as if the host were not.
static void one_that_cannot_even_be_tried_is_given_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job;

    w->link_rc = -ENOENT;
    job = job_start(w, ON_WEB1);
    world_tick(w, MINUTE_MS - 1000);
    expect_state(w, job, JOB_NOT_STARTED);
    world_tick(w, 15 * 1000);
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "no ssh is installed here");
    w->opens = 0;
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, 0);
}

// ---- refused

static void one_that_refuses_us_is_given_up_at_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL);

    web1_goes(w, LINK_END_DENIED);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable|\n");
}

static void a_script_that_asks_on_is_told_once_for_each_refusal(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local n = 0 while not pcall(function() " ON_WEB1 " end) do "
                                "n = n + 1 end print('after', n)");

    for (int i = 0; i < 3; i++) {
        web1_goes(w, LINK_END_DENIED);
        assert_null(link_to(w, "web1")); // who was refused does not come back at once
        world_tick(w, 2001);
        assert_non_null(link_to(w, "web1"));
    }
    assert_int_equal(w->opens, 4);
    web1_comes(w);
    expect_start(w, 9);
    command_ends(w, 9, 0);
    expect_records(w, job, "output: after\t3|\n");
}

static void who_comes_later_is_asked_for_and_who_was_reached_waits_long(void **state)
{
    struct fake_world *w = *state;
    uint64_t first = job_start(w, ON_WEB1), second;
    unsigned opens;

    web1_comes(w);
    expect_start(w, 3);
    web1_goes(w, LINK_END_LOST);
    world_tick(w, 200);
    web1_goes(w, LINK_END_DENIED);
    opens = w->opens;
    world_tick(w, MINUTE_MS);
    assert_int_equal(w->opens, opens);
    second = job_start(w, ON_WEB1);
    assert_int_equal(w->opens, opens + 1);
    web1_goes(w, LINK_END_DENIED);
    expect_state(w, second, JOB_FAILED);
    expect_state(w, first, JOB_RUNNING);
    world_tick(w, 5 * MINUTE_MS);
    assert_int_equal(w->opens, opens + 2);
}

// ---- a minute for each wait

static void a_retry_waits_a_minute_of_its_own(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "host('web1'):run{'x', retry = { times = 1, every = '10s' }}");

    web1_is_away(w, MINUTE_MS + 10 * 1000);
    expect_journal(w, job, "started child_added intended settled:unreachable:0");
    web1_is_away(w, MINUTE_MS - 5000);
    expect_state(w, job, JOB_RUNNING);
    web1_is_away(w, 30 * 1000);
    expect_state(w, job, JOB_FAILED);
    expect_journal(w, job, "started child_added intended settled:unreachable:0 fired intended "
                           "settled:unreachable:0 ended");
}

static void a_job_that_was_suspended_waits_a_minute_of_its_own(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1);

    web1_is_away(w, 5000);
    suspend_job(w, job, false);
    web1_is_away(w, 10 * MINUTE_MS);
    expect_state(w, job, JOB_SUSPENDED);
    resume_job(w, job);
    web1_is_away(w, MINUTE_MS - 1000);
    expect_state(w, job, JOB_NOT_STARTED);
    web1_is_away(w, 30 * 1000);
    expect_state(w, job, JOB_FAILED);
}

static void a_suspended_job_wants_no_link(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1);
    unsigned opens;

    suspend_job(w, job, false);
    web1_goes(w, LINK_END_UNREACHED);
    opens = w->opens;
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, opens);
    resume_job(w, job);
    assert_non_null(link_to(w, "web1"));
    web1_comes(w);
    expect_start(w, 5);
}

// ---- a bound of the step's own

#define TELL_IN(reach)                                                                   \
    "local ok, e = pcall(function() host('web1'):run{'x', reach = " reach " } end) "     \
    "print(ok, e and e.kind, e and e.reason) "

static void its_own_bound_is_kept_to_the_moment(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL_IN("'5s'"));

    // The link is on its way all the time, and says nothing.
    world_tick(w, 4999);
    expect_state(w, job, JOB_NOT_STARTED);
    world_tick(w, 2);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable\tnot reached within 5 s|\n");
    expect_journal(w, job, "started child_added intended settled:unreachable:0 ended");
    web1_goes(w, LINK_END_UNREACHED);
    w->opens = 0;
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, 0);
}

static void its_own_bound_may_be_longer_than_a_minute(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL_IN("'10m'"));

    web1_is_away(w, 9 * MINUTE_MS);
    expect_state(w, job, JOB_NOT_STARTED);
    web1_is_away(w, 2 * MINUTE_MS);
    expect_state(w, job, JOB_COMPLETED);
}

static void for_ever_is_for_ever(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL_IN("'forever'"));

    web1_is_away(w, 60 * MINUTE_MS);
    expect_state(w, job, JOB_NOT_STARTED);
    world_tick(w, 10 * 1000); // its link is on its way again
    web1_comes(w);
    expect_start(w, 3);
    command_ends(w, 3, 0);
    expect_records(w, job, "output: true\tnil\tnil|\n");
}

static void its_own_bound_holds_for_one_that_was_reached(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1 " sleep(1) " TELL_IN("'30s'") ON_WEB1);

    web1_comes(w);
    expect_start(w, 3);
    command_ends(w, 3, 0);
    web1_goes(w, LINK_END_LOST);
    web1_is_away(w, 30 * 1000);
    expect_records(w, job, "");
    web1_is_away(w, 3 * 1000);
    expect_records(w, job, "output: false\tunreachable\tnot reached within 30 s: cut|\n");
    web1_is_away(w, 5 * MINUTE_MS);
    expect_state(w, job, JOB_RUNNING); // the next step waits as ever
    world_tick(w, 10 * 1000);
    web1_comes(w);
    expect_start(w, 9);
    command_ends(w, 9, 0);
    expect_state(w, job, JOB_COMPLETED);
}

static void with_its_own_bound_a_refusal_is_asked_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL_IN("'10m'"));
    unsigned tries = 0;

    for (int64_t end_ms = w->now_ms + 5 * MINUTE_MS; w->now_ms < end_ms; world_tick(w, 500)) {
        if (!link_to(w, "web1"))
            continue;
        web1_goes(w, LINK_END_DENIED);
        tries++;
    }
    expect_state(w, job, JOB_NOT_STARTED);
    assert_in_range(tries, 8, 30); // soon at first, then twice a minute or so
    world_tick(w, MINUTE_MS);
    web1_comes(w);
    expect_start(w, 3);
    command_ends(w, 3, 0);
    expect_records(w, job, "output: true\tnil\tnil|\n");
}

static void each_keeps_to_its_own(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local function at(t) return function() local ok, e = pcall(function() "
                                "host('web1'):run{'x', reach = t} end) print(t, e.kind) end end "
                                "parallel { at(20), at(5), at(10) }");

    world_tick(w, 6000);
    expect_records(w, job, "output: 5\tunreachable|\n");
    world_tick(w, 5000);
    expect_records(w, job, "output: 5\tunreachable|\noutput: 10\tunreachable|\n");
    world_tick(w, 10000);
    expect_state(w, job, JOB_COMPLETED);
}

static void the_next_engine_waits_anew(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL_IN("'30s'"));

    world_tick(w, 20 * 1000);
    world_next_engine(w);
    world_tick(w, 29 * 1000);
    expect_state(w, job, JOB_NOT_STARTED);
    world_tick(w, 2 * 1000);
    expect_state(w, job, JOB_COMPLETED);
}

// ---- endings

static void a_cleanup_is_given_up_as_any_step_is(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() " TELL "end) sleep('1h')");

    stop_job(w, job, -1);
    web1_goes(w, LINK_END_DENIED);
    expect_state(w, job, JOB_STOPPED);
    expect_records(w, job, "output: false\tunreachable|\n");
}

static void a_stopped_job_does_not_wait_for_what_never_began(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1);

    stop_job(w, job, -1);
    expect_state(w, job, JOB_STOPPED);
    web1_goes(w, LINK_END_UNREACHED);
    w->opens = 0;
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, 0);
}

static void a_parked_job_is_woken_by_its_time_and_reaches_its_host(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1 " sleep('1h') " ON_WEB1);

    web1_comes(w);
    expect_start(w, 3);
    command_ends(w, 3, 0);
    assert_false(job_is_resident(w, job));
    web1_goes(w, LINK_END_LOST);
    world_tick(w, 60 * MINUTE_MS);
    assert_non_null(link_to(w, "web1"));
    web1_comes(w);
    expect_start(w, 7);
    command_ends(w, 7, 0);
    expect_state(w, job, JOB_COMPLETED);
}

// ---- no room

static void on_a_full_disk_nobody_gives_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, TELL);

    w->room_rc = -ENOSPC;
    world_tick(w, 1000);
    signal_job(w, job, "any"); // a commit, which finds no room ahead
    assert_true(w->engine->disk_full);
    web1_goes(w, LINK_END_DENIED);
    expect_state(w, job, JOB_NOT_STARTED);
    w->room_rc = 0;
    world_tick(w, 2000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable|\n");
}

// More than a batch takes, all waiting for one host.
static void many_give_up_a_batch_at_a_time(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local f = {} for i = 1, 3000 do f[i] = function() "
                                "pcall(function() " ON_WEB1 " end) "
                                "print(string.rep('x', 8000)) end end parallel(f)");

    web1_goes(w, LINK_END_DENIED);
    expect_state(w, job, JOB_COMPLETED);
    assert_true(w->batch_bytes_max < 10 * 1024 * 1024);
}

// ---- as long as the job was told to wait

static uint64_t start_within(struct fake_world *w, int64_t reach_ms)
{
    struct change change = start_of(TELL);

    change.reach_ms = reach_ms;
    return job_start_change(w, &change);
}

static void a_job_may_wait_shorter(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_within(w, 5000);

    web1_is_away(w, 4000);
    expect_state(w, job, JOB_NOT_STARTED);
    web1_is_away(w, 10 * 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable|\n");
}

static void a_job_may_wait_for_ever(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_within(w, -1), other = start_within(w, 20 * MINUTE_MS);

    web1_is_away(w, 19 * MINUTE_MS);
    w->at = NULL;
    world_next_engine(w);
    web1_is_away(w, 19 * MINUTE_MS); // a new engine has counted nothing
    expect_state(w, other, JOB_NOT_STARTED);
    web1_is_away(w, 2 * MINUTE_MS);
    expect_state(w, other, JOB_COMPLETED);
    expect_state(w, job, JOB_NOT_STARTED);
    while (!link_to(w, "web1"))
        world_tick(w, 1000);
    web1_goes(w, LINK_END_DENIED); // that is no matter of time
    expect_state(w, job, JOB_COMPLETED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_not_there_is_given_up_after_a_minute),
        TEST(nobody_is_left_and_it_is_not_tried_again),
        TEST(one_that_was_reached_is_waited_for),
        TEST(one_that_cannot_even_be_tried_is_given_up),
        TEST(one_that_refuses_us_is_given_up_at_once),
        TEST(a_script_that_asks_on_is_told_once_for_each_refusal),
        TEST(who_comes_later_is_asked_for_and_who_was_reached_waits_long),
        TEST(a_retry_waits_a_minute_of_its_own),
        TEST(a_job_that_was_suspended_waits_a_minute_of_its_own),
        TEST(a_suspended_job_wants_no_link),
        TEST(its_own_bound_is_kept_to_the_moment),
        TEST(its_own_bound_may_be_longer_than_a_minute),
        TEST(for_ever_is_for_ever),
        TEST(its_own_bound_holds_for_one_that_was_reached),
        TEST(with_its_own_bound_a_refusal_is_asked_again),
        TEST(each_keeps_to_its_own),
        TEST(the_next_engine_waits_anew),
        TEST(a_cleanup_is_given_up_as_any_step_is),
        TEST(a_stopped_job_does_not_wait_for_what_never_began),
        TEST(a_parked_job_is_woken_by_its_time_and_reaches_its_host),
        TEST(a_job_may_wait_shorter),
        TEST(a_job_may_wait_for_ever),
        TEST(on_a_full_disk_nobody_gives_up),
        TEST(many_give_up_a_batch_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
