// SPDX-License-Identifier: MIT
// A transfer is a step of one host that runs on this machine: it begins when that host is
// reached, and from then on only what becomes of this machine counts; the host's link is
// wanted all the same, to know whether it is there. What it prints is for the script; what
// it complains about is for people.
#include "unit/core/fake_world.h"

#include <signal.h>

enum { MINUTE_MS = 60 * 1000 };

#define PUT "local r = host('web1'):put('a b', '/srv/x', {mode = '644'}) print(r.changed, r.bytes)"

static void up(struct fake_world *w, const char *host, const char *boot)
{
    w->at = host;
    link_up_again(w, boot);
    w->at = NULL;
}

static void down(struct fake_world *w, const char *host)
{
    w->at = host;
    link_ends(w, LINK_END_LOST);
    w->at = NULL;
    world_settle(w);
}

static void expect_start_here(struct fake_world *w, uint64_t intent_no)
{
    w->at = "localhost";
    expect_start(w, intent_no);
    w->at = NULL;
}

static void expect_in_program(struct fake_world *w, const char *words)
{
    if (!strstr(buf_cstr(&w->program), words))
        fail_msg("'%s' is missing in the program", words);
}

// A transfer under way: its intent is event 3.
static uint64_t running(struct fake_world *w, const char *script)
{
    uint64_t job = job_start(w, script);

    up(w, "web1", "boot-w");
    expect_start_here(w, 3);
    return job;
}

static void it_runs_here_when_its_host_is_reached(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, PUT);

    assert_non_null(link_to(w, "web1"));
    expect_none(w, CALL_START);
    up(w, "web1", "boot-w");
    expect_start_here(w, 3);
    expect_in_program(w, "cd -- '/' || exit 126\n");
    expect_in_program(w, "p_from='a b'\n");
    expect_in_program(w, "p_to_asked='/srv/x'\n");
    expect_in_program(w, "p_want='0644'\n");
    expect_in_program(w, "p_remote='1'\n");
    expect_in_program(w, "exec sh-on-web1\n");
    tell_output(w, 3, 0, "changed 3\n");
    command_ends(w, 3, 0);
    w->at = "localhost";
    expect_call(w, CALL_FORGET, 3);
    expect_state(w, job, JOB_COMPLETED);
    expect_journal(w, job, "started child_added intended settled:exit:0 ended");
    expect_history(w, job, "1/1 command:exit");
    expect_records(w, job, "output: true\t3|\n");
}

static void to_this_machine_it_needs_no_other_link(void **state)
{
    struct fake_world *w = *state;

    job_start(w, "localhost:get('x', 'y')");
    expect_start_here(w, 2);
    expect_in_program(w, "p_remote=''\n");
    assert_int_equal(w->opens, 0);
}

static void it_waits_for_this_machine_too(void **state)
{
    struct fake_world *w = *state;

    link_cut(w);
    job_start(w, PUT);
    up(w, "web1", "boot-w");
    expect_none(w, CALL_START);
    world_tick(w, 1000);
    link_up(w);
    expect_start_here(w, 3);
}

static void its_host_may_go_away_meanwhile(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    down(w, "web1");
    world_tick(w, 10 * MINUTE_MS);
    assert_non_null(link_to(w, "web1")); // tried again
    tell_output(w, 3, 0, "changed 3\n");
    command_ends(w, 3, 0);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_COMPLETED);
    down(w, "web1");
    w->opens = 0;
    world_tick(w, 10 * MINUTE_MS);
    assert_int_equal(w->opens, 0); // nobody needs it any more
}

// The link of a transfer is one that is in use: it is not closed, and a cut of it is noticed.
static void its_link_stays_as_long_as_it_lasts(void **state)
{
    struct fake_world *w = *state;

    running(w, PUT);
    world_tick(w, 10 * MINUTE_MS);
    assert_non_null(link_to(w, "web1"));
    assert_int_equal(w->opens, 1);
    tell_output(w, 3, 0, "changed 3\n");
    command_ends(w, 3, 0);
    world_tick(w, 2 * MINUTE_MS);
    assert_null(link_to(w, "web1"));
}

static void a_host_that_is_never_reached_is_given_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, PUT);

    for (int i = 0; i < 8 && link_to(w, "web1"); i++) {
        w->at = "web1";
        link_ends(w, LINK_END_UNREACHED);
        w->at = NULL;
        world_settle(w);
        world_tick(w, 10 * 1000);
    }
    world_tick(w, MINUTE_MS);
    assert_int_equal(w->starts, 0);
    expect_state(w, job, JOB_FAILED);
    expect_history(w, job, "1/1 command:unreachable");
}

// ---- the engine's death, and this machine's

static void the_next_engine_finds_it_here(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    world_next_engine(w);
    w->at = "localhost";
    expect_attach(w, 3, 0, 0);
    w->at = NULL;
    tell_output(w, 3, 0, "same 3\n");
    command_ends(w, 3, 0);
    assert_int_equal(w->starts, 1);
    expect_records(w, job, "output: false\t3|\n");
}

static void one_that_was_never_sent_is_sent_without_its_host(void **state)
{
    struct fake_world *w = *state;

    running(w, PUT);
    world_next_engine(w);
    tell(w, LINK_ABSENT, 3);
    expect_start_here(w, 3); // under the same boot of this machine
    assert_non_null(link_to(w, "web1")); // on its way, and nothing waits for it
}

static void after_a_reboot_here_it_is_asked_for_anew(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    world_crash(w);
    world_boot(w);
    link_up_again(w, "boot-2");
    tell(w, LINK_ABSENT, 3);
    world_settle(w);
    expect_history(w, job, "1/1 command:interrupted");
    up(w, "web1", "boot-w");
    expect_start_here(w, 5);
    tell_output(w, 5, 0, "same 3\n");
    command_ends(w, 5, 0);
    expect_records(w, job, "output: true\t3|\n"); // the first attempt may have sent it
}

static void a_job_that_is_stopped_by_force_leaves_its_order_here(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    link_cut(w);
    assert_int_equal(ask_stop_force(w, job), 0);
    world_settle(w);
    assert_int_equal(order_rows(w), 1);
    w->at = "web1";
    assert_int_equal(order_rows(w), 0);
}

static void so_does_one_that_cannot_be_replayed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    world_crash(w);
    world_swap_script(w, PUT, "host('web1'):run('other')");
    world_boot(w);
    link_up(w);
    assert_int_equal(ask_stop(w, job, -1), 0);
    world_settle(w);
    w->at = "localhost";
    expect_signal(w, 3, SIGKILL);
}

// ---- what it says

static void tell_complaint(struct fake_world *w, uint64_t offset, const char *text)
{
    struct link_event event = { .type = LINK_OUTPUT, .key = key_of(w, 3), .stream = LINK_ERR,
                                .offset = offset, .data = slice_str(text) };

    link_tells(w, &event);
}

static void complaints_are_for_people_and_are_told_once(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, PUT);

    tell_output(w, 3, 0, "chan");
    tell_complaint(w, 0, "web1: away\n");
    world_settle(w);
    expect_records(w, job, "error: web1: away|\n");
    world_next_engine(w);
    expect_attach(w, 3, 0, 11); // nothing of the output was kept: it is fetched again
    tell_output(w, 3, 0, "changed 3\n");
    tell_complaint(w, 11, "again\n");
    command_ends(w, 3, 0);
    expect_records(w, job, "error: web1: away|\nerror: again|\noutput: true\t3|\n");
}

static void a_quiet_one_says_nothing(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "host('web1'):put('a', 'b', {quiet = true})");

    tell_complaint(w, 0, "web1: away\n");
    command_ends(w, 3, 0);
    expect_records(w, job, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
        T(it_runs_here_when_its_host_is_reached),
        T(to_this_machine_it_needs_no_other_link),
        T(it_waits_for_this_machine_too),
        T(its_host_may_go_away_meanwhile),
        T(its_link_stays_as_long_as_it_lasts),
        T(a_host_that_is_never_reached_is_given_up),
        T(the_next_engine_finds_it_here),
        T(one_that_was_never_sent_is_sent_without_its_host),
        T(after_a_reboot_here_it_is_asked_for_anew),
        T(a_job_that_is_stopped_by_force_leaves_its_order_here),
        T(so_does_one_that_cannot_be_replayed),
        T(complaints_are_for_people_and_are_told_once),
        T(a_quiet_one_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
