// SPDX-License-Identifier: MIT
// A step that only reaches its host keeps its bound whatever its link looks like: a host may
// go after its link was ready, and ssh is half a minute late to know.
#include "unit/core/one_host.h"

#define WAIT_UP                                                                          \
    "local ok, e = pcall(function() host('web1'):wait_up{ timeout = '2m' } end) "        \
    "print(ok, e and e.kind, e and e.reason) "

// It was sent to a host whose link is ready: its intent is event 5.
static uint64_t sent_up(struct fake_world *w)
{
    uint64_t job = job_start(w, ON_WEB1 " " WAIT_UP);

    web1_comes(w);
    expect_start(w, 3);
    command_ends(w, 3, 0);
    expect_start(w, 5);
    return job;
}

static void one_that_goes_after_its_link_was_ready_is_waited_for_only_so_long(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    world_tick(w, 28 * 1000);
    web1_goes(w, LINK_END_LOST);
    web1_is_away(w, 91 * 1000);
    expect_state(w, job, JOB_RUNNING);
    world_tick(w, 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: false\tunreachable\tnot reached within 120 s: cut|\n");
    expect_journal(w, job, "started child_added intended settled:exit:0 intended "
                           "settled:unreachable:0 ended");
    if (link_to(w, "web1"))
        web1_goes(w, LINK_END_UNREACHED);
    world_tick(w, 20 * 1000);
    w->opens = 0; // nothing is left of it that would want the link
    world_tick(w, 60 * MINUTE_MS);
    assert_int_equal(w->opens, 0);
    assert_int_equal(timer_rows(w, 5, &(int64_t){ 0 }), 0);
}

static void so_is_one_whose_link_still_looks_ready(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    world_tick(w, 2 * MINUTE_MS - 1);
    expect_state(w, job, JOB_RUNNING);
    world_tick(w, 1);
    expect_records(w, job, "output: false\tunreachable\tnot reached within 120 s|\n");
}

static void its_time_runs_since_it_was_asked(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, WAIT_UP);

    web1_is_away(w, 90 * 1000);
    while (!link_to(w, "web1"))
        world_tick(w, 1000);
    web1_comes(w);
    expect_start(w, 3);
    world_tick(w, 1000);
    web1_goes(w, LINK_END_LOST);
    expect_state(w, job, JOB_RUNNING);
    web1_is_away(w, 30 * 1000);
    expect_state(w, job, JOB_COMPLETED);
}

static void the_next_engine_keeps_to_the_bound_of_what_was_sent(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    w->at = NULL;
    world_next_engine(w);
    web1_is_away(w, 60 * 1000);
    w->at = NULL;
    world_crash(w);
    w->now_ms += 50 * 1000;
    world_boot(w);
    link_up(w);
    web1_is_away(w, 9 * 1000);
    expect_state(w, job, JOB_RUNNING);
    web1_is_away(w, 2 * 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_journal(w, job, "started child_added intended settled:exit:0 intended "
                           "settled:unreachable:0 ended");
    expect_records(w, job, "output: false\tunreachable\tnot reached within 120 s: cut|\n");
}

static void what_happened_to_it_under_another_boot_says_that_it_is_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    web1_goes(w, LINK_END_LOST);
    web1_is_away(w, MINUTE_MS);
    while (!link_to(w, "web1"))
        world_tick(w, 1000);
    w->at = "web1";
    link_up_again(w, "boot-x");
    expect_attach(w, 5, 0, 0);
    tell(w, LINK_ABSENT, 5);
    world_settle(w);
    expect_none(w, CALL_START);
    expect_records(w, job, "output: true\tnil\tnil|\n");
    expect_history(w, job, "1/1 command:exit 1/2 command:exit");
}

static void one_that_refuses_us_meanwhile_is_asked_again_soon(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    web1_goes(w, LINK_END_LOST);
    for (int i = 0; i < 3; i++) {
        world_tick(w, 10 * 1000);
        assert_non_null(link_to(w, "web1"));
        web1_goes(w, LINK_END_DENIED);
    }
    world_tick(w, 20 * 1000);
    web1_comes(w);
    expect_attach(w, 5, 0, 0);
    command_ends(w, 5, 0);
    expect_records(w, job, "output: true\tnil\tnil|\n");
}

static void stopped_meanwhile_it_ends_at_its_bound(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = sent_up(w);

    web1_goes(w, LINK_END_LOST);
    stop_job(w, job, 0);
    web1_is_away(w, MINUTE_MS);
    expect_state(w, job, JOB_STOPPING);
    web1_is_away(w, MINUTE_MS);
    expect_state(w, job, JOB_STOPPED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_that_goes_after_its_link_was_ready_is_waited_for_only_so_long),
        TEST(so_is_one_whose_link_still_looks_ready),
        TEST(its_time_runs_since_it_was_asked),
        TEST(the_next_engine_keeps_to_the_bound_of_what_was_sent),
        TEST(what_happened_to_it_under_another_boot_says_that_it_is_up),
        TEST(one_that_refuses_us_meanwhile_is_asked_again_soon),
        TEST(stopped_meanwhile_it_ends_at_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
