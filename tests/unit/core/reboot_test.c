// SPDX-License-Identifier: MIT
// A step that reboots its host: another boot is its success, nothing else is, and one
// deadline bounds it all.
#include "unit/core/fake_world.h"

#include <signal.h>

enum { MINUTE_MS = 60 * 1000 };

#define REBOOT "local r = host('web1'):reboot{ timeout = '10m' } print(r.ok, r.code)"
#define TELL "local ok, e = pcall(function() host('web1'):reboot{ timeout = '10m' } end) " \
             "print(ok, e and e.kind) "

static void up(struct fake_world *w, const char *boot)
{
    w->at = "web1";
    link_up_again(w, boot);
}

static void down(struct fake_world *w, enum link_end end)
{
    w->at = "web1";
    link_ends(w, end);
    world_settle(w);
}

// The command that reboots web1 has been sent: its intent is event 3.
static uint64_t rebooting(struct fake_world *w, const char *script)
{
    uint64_t job = job_start(w, script);

    up(w, "boot-w");
    expect_start(w, 3);
    tell(w, LINK_STARTED, 3);
    world_settle(w);
    return job;
}

static void gone_for(struct fake_world *w, int64_t ms)
{
    for (int64_t end_ms = w->now_ms + ms; w->now_ms < end_ms; world_tick(w, 1000))
        if (link_to(w, "web1"))
            down(w, LINK_END_UNREACHED);
    world_tick(w, 15 * 1000); // it is tried again
}

static void another_boot_is_its_success(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    down(w, LINK_END_LOST);
    gone_for(w, 2 * MINUTE_MS);
    expect_state(w, job, JOB_RUNNING);
    up(w, "boot-x");
    expect_none(w, CALL_ATTACH);
    expect_call(w, CALL_FORGET, 3);
    expect_records(w, job, "output: true\t0|\n");
    expect_journal(w, job, "started child_added intended settled:exit:0 ended");
    assert_int_equal(w->starts, 1);
}

// The command says that it will: that is not yet what was asked for.
static void its_command_alone_is_no_success(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    command_ends(w, 3, 0);
    expect_state(w, job, JOB_RUNNING);
    down(w, LINK_END_LOST);
    world_tick(w, 200);
    up(w, "boot-w"); // it took us in once more, and has not gone down yet
    expect_attach(w, 3, 0, 0);
    command_dies(w, 3, SIGTERM);
    expect_state(w, job, JOB_RUNNING);
    down(w, LINK_END_LOST);
    gone_for(w, MINUTE_MS);
    up(w, "boot-x");
    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(w->starts, 1);
}

static void a_command_that_fails_reboots_nothing(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, TELL);

    command_ends(w, 3, 1);
    expect_records(w, job, "output: false\texit|\n");
}

static void killed_by_the_shutdown_it_is_waited_for(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    tell(w, LINK_KILLED, 3);
    world_settle(w);
    expect_state(w, job, JOB_RUNNING);
    down(w, LINK_END_LOST);
    gone_for(w, MINUTE_MS);
    up(w, "boot-x");
    expect_state(w, job, JOB_COMPLETED);
}

// The engine is killed at each place; the boot it was intended under is in the journal.
static void the_next_engine_knows_which_boot_it_was(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    w->at = NULL;
    world_next_engine(w);
    up(w, "boot-w");
    expect_attach(w, 3, 0, 0);
    command_ends(w, 3, 0);
    w->at = NULL;
    world_next_engine(w);
    expect_state(w, job, JOB_RUNNING);
    up(w, "boot-x");
    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(w->starts, 1);
}

static void both_are_gone_at_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    w->at = NULL;
    world_crash(w);
    w->now_ms += 3 * MINUTE_MS;
    world_boot(w);
    link_up_again(w, "boot-2"); // the controller's own
    up(w, "boot-x");
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "output: true\t0|\n");
}

static void one_that_does_not_come_back_times_out(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, TELL "error(e.message, 0)");

    down(w, LINK_END_LOST);
    gone_for(w, 9 * MINUTE_MS);
    expect_state(w, job, JOB_RUNNING);
    gone_for(w, MINUTE_MS);
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "timed out after 600 s: web1 did not come back: cut");
    assert_int_equal(order_rows(w), 1);
    up(w, "boot-x"); // and nothing there is killed, or kept in mind, for ever
    tell_signalled(w, 3);
    tell(w, LINK_FORGOTTEN, 3);
    world_settle(w);
    assert_int_equal(order_rows(w), 0);
}

static void one_that_stays_up_times_out(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    command_ends(w, 3, 0);
    world_tick(w, 11 * MINUTE_MS);
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "web1 has not rebooted");
}

// One that shuts down or starts turns us away; five minutes would be too long.
static void a_refusal_meanwhile_is_not_the_last_word(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    down(w, LINK_END_LOST);
    for (int i = 0; i < 5; i++) {
        world_tick(w, 15 * 1000);
        assert_non_null(link_to(w, "web1"));
        down(w, LINK_END_DENIED);
    }
    expect_state(w, job, JOB_RUNNING);
    world_tick(w, 15 * 1000);
    up(w, "boot-x");
    expect_state(w, job, JOB_COMPLETED);
}

static void it_cannot_be_suspended_by_force(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    command_ends(w, 3, 0);
    suspend_job(w, job, true);
    expect_none(w, CALL_SIGNAL);
    expect_state(w, job, JOB_SUSPENDING);
    down(w, LINK_END_LOST);
    gone_for(w, MINUTE_MS);
    up(w, "boot-x");
    expect_state(w, job, JOB_SUSPENDED);
    resume_job(w, job);
    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(w->starts, 1);
}

static void stopped_it_ends_when_its_host_answers(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = rebooting(w, REBOOT);

    command_ends(w, 3, 0);
    stop_job(w, job, 0);
    expect_signal(w, 3, SIGKILL);
    tell(w, LINK_SIGNALLED, 3);
    down(w, LINK_END_LOST);
    gone_for(w, MINUTE_MS);
    up(w, "boot-x");
    expect_state(w, job, JOB_STOPPED);
}

// It rebooted by itself between the intent and its landing: that will do.
static void a_boot_before_it_was_sent_counts(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, REBOOT);

    w->at = "web1";
    link_says_ready(w, "boot-w");
    world_turn(w);
    link_ends(w, LINK_END_LOST);
    world_tick(w, 200);
    up(w, "boot-x");
    world_settle(w);
    assert_int_equal(w->starts, 0);
    expect_state(w, job, JOB_COMPLETED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_boot_is_its_success, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(its_command_alone_is_no_success, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_command_that_fails_reboots_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(killed_by_the_shutdown_it_is_waited_for, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(the_next_engine_knows_which_boot_it_was, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(both_are_gone_at_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(one_that_does_not_come_back_times_out, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(one_that_stays_up_times_out, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_refusal_meanwhile_is_not_the_last_word, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(it_cannot_be_suspended_by_force, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(stopped_it_ends_when_its_host_answers, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_boot_before_it_was_sent_counts, world_setup,
                                        world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
