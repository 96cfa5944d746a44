// SPDX-License-Identifier: MIT
// Links to hosts: opened when somebody waits, so many at a time, closed when nothing is
// in flight, opened again for what is; orders that wait for a host. Each test has a
// world whose localhost is there and whose other hosts are moved by hand.
#include "core/hosts.h"
#include "unit/core/fake_world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, AT_A_TIME = 32, LINKS_MAX = 1024 };

static void up(struct fake_world *w, const char *host, const char *boot)
{
    w->at = host;
    link_up_again(w, boot);
}

static void down(struct fake_world *w, const char *host, enum link_end end)
{
    w->at = host;
    link_ends(w, end);
    world_settle(w);
}

// A job whose command runs on web1: its intent is event 3.
static uint64_t running(struct fake_world *w, const char *script)
{
    uint64_t job = job_start(w, script);

    up(w, "web1", "boot-w");
    expect_start(w, 3);
    return job;
}

#define ON_WEB1 "host('web1'):run('x')"

static void a_command_begins_when_the_link_of_its_host_is_up(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, ON_WEB1);

    assert_non_null(link_to(w, "web1"));
    expect_none(w, CALL_START);
    up(w, "web1", "boot-w");
    expect_start(w, 3);
    command_ends(w, 3, 0);
    expect_call(w, CALL_FORGET, 3);
    expect_state(w, job, JOB_COMPLETED);
    expect_journal(w, job, "started child_added intended settled:exit:0 ended");
}

// fake_world fails the test when a link is opened before the first landing.
static void the_next_engine_opens_links_when_its_epoch_is_on_disk(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel{ function() host('web1'):run('x') end,\n"
                                "function() host('web2'):run('y') end,\n"
                                "function() localhost:run('z') end }");

    up(w, "web1", "boot-w");
    world_crash(w);
    world_boot(w);
    assert_non_null(link_to(w, "localhost"));
    assert_non_null(link_to(w, "web1")); // for what runs there
    assert_non_null(link_to(w, "web2")); // for what waits to
    expect_state(w, job, JOB_RUNNING);
}

static void a_command_goes_on_while_its_host_is_away(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_WEB1);

    down(w, "web1", LINK_END_LOST);
    for (int i = 0; i < 20; i++) {
        world_tick(w, 10 * 1000);
        assert_non_null(link_to(w, "web1"));
        down(w, "web1", LINK_END_UNREACHED);
    }
    expect_state(w, job, JOB_RUNNING);
    world_tick(w, 10 * 1000);
    up(w, "web1", "boot-w");
    expect_attach(w, 3, 0, 0);
    command_ends(w, 3, 0);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_COMPLETED);
}

static void the_next_engine_asks_the_host_of_the_command(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_WEB1);

    w->at = NULL;
    world_next_engine(w);
    assert_non_null(link_to(w, "web1"));
    expect_none(w, CALL_ATTACH);
    down(w, "web1", LINK_END_UNREACHED);
    world_tick(w, 200);
    up(w, "web1", "boot-w");
    expect_attach(w, 3, 0, 0);
    command_ends(w, 3, 0);
    assert_int_equal(w->starts, 1);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_result_that_could_not_be_forgotten_is_when_the_host_is_back(void **state)
{
    struct fake_world *w = *state;

    running(w, ON_WEB1 " wait_signal('go') " ON_WEB1);
    tell_done(w, 3, 0);
    link_ends(w, LINK_END_LOST);
    world_settle(w);
    expect_none(w, CALL_FORGET);
    signal_job(w, w->answer_id, "go");
    up(w, "web1", "boot-w");
    expect_call(w, CALL_LIST, 0);
    tell(w, LINK_LISTED, 3);
    expect_call(w, CALL_FORGET, 3);
}

static int note_second_child(void *arg, const struct job_view *view)
{
    *(enum job_state *)arg = view->head->children[1].state;
    return 1;
}

// The others go on: people see at once who is done.
static void a_child_that_is_over_is_shown_so(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "hosts('web[1-2]'):each(function(h) h:run('x') end)");
    struct port port = engine_port(w->engine);
    enum job_state child; // the first is localhost

    up(w, "web1", "boot-w");
    expect_start(w, 3);
    up(w, "web2", "boot-x");
    w->at = "web1";
    command_ends(w, 3, 0);
    expect_state(w, job, JOB_RUNNING);
    assert_int_equal(port.ops->job(port.core, job, note_second_child, &child, NULL), 0);
    assert_string_equal(job_state_name(child), "Completed");
}

// ---- links without work

static void a_link_without_work_is_closed_after_a_minute(void **state)
{
    struct fake_world *w = *state;

    running(w, ON_WEB1 " sleep('1h')");
    command_ends(w, 3, 0);
    world_tick(w, MINUTE_MS - 1);
    assert_non_null(link_to(w, "web1"));
    world_tick(w, 1);
    assert_null(link_to(w, "web1"));
}

static void a_command_that_begins_meanwhile_keeps_the_link(void **state)
{
    struct fake_world *w = *state;

    running(w, ON_WEB1 " sleep('59s') " ON_WEB1);
    command_ends(w, 3, 0);
    world_tick(w, 59 * 1000);
    expect_start(w, 7);
    world_tick(w, HOUR_MS);
    assert_non_null(link_to(w, "web1"));
    command_ends(w, 7, 0);
    world_tick(w, MINUTE_MS);
    assert_null(link_to(w, "web1"));
    assert_int_equal(w->opens, 1);
}

// Its time was the old link's: world_tick fails when an alarm rings without end.
static void a_link_that_is_slow_to_come_back_is_not_looked_at_without_end(void **state)
{
    struct fake_world *w = *state;

    running(w, ON_WEB1 " sleep('30s') " ON_WEB1);
    command_ends(w, 3, 0);
    world_tick(w, 10 * 1000);
    down(w, "web1", LINK_END_LOST);
    world_tick(w, 20 * 1000);
    assert_non_null(link_to(w, "web1"));
    world_tick(w, 10 * MINUTE_MS);
    up(w, "web1", "boot-w");
    expect_start(w, 7);
}

static void one_that_is_up_for_a_moment_each_time_is_tried_more_seldom(void **state)
{
    struct fake_world *w = *state;

    running(w, ON_WEB1);
    for (int i = 0; i < 8; i++) {
        down(w, "web1", LINK_END_LOST);
        world_tick(w, 10 * 1000);
        up(w, "web1", "boot-w");
        w->call_count = 0;
    }
    down(w, "web1", LINK_END_LOST);
    world_tick(w, 4999);
    assert_null(link_to(w, "web1"));
    world_tick(w, 10 * 1000);
    up(w, "web1", "boot-w");
    world_tick(w, 10 * 1000); // it holds
    down(w, "web1", LINK_END_LOST);
    world_tick(w, 100);
    assert_non_null(link_to(w, "web1"));
}

// ---- so many at a time

static uint64_t start_on_many(struct fake_world *w, int hosts)
{
    char script[128];

    snprintf(script, sizeof(script), "hosts('h[1-%d]'):each(function(h) h:run('x') end)", hosts);
    return job_start(w, script);
}

static const char *host_name(char room[HOST_NAME], int i)
{
    snprintf(room, HOST_NAME, "h%d", i);
    return room;
}

static void links_are_opened_so_many_at_a_time(void **state)
{
    struct fake_world *w = *state;
    char name[HOST_NAME];

    start_on_many(w, AT_A_TIME + 3);
    assert_int_equal(w->opens, AT_A_TIME);
    up(w, host_name(name, 1), "b");
    assert_int_equal(w->opens, AT_A_TIME + 1);
    down(w, host_name(name, 2), LINK_END_UNREACHED);
    assert_int_equal(w->opens, AT_A_TIME + 2);
    down(w, host_name(name, 1), LINK_END_LOST); // it was through
    assert_int_equal(w->opens, AT_A_TIME + 2);
    up(w, host_name(name, 3), "b");
    assert_int_equal(w->opens, AT_A_TIME + 3);
}

static void one_that_cannot_even_be_begun_takes_no_place(void **state)
{
    struct fake_world *w = *state;
    char name[HOST_NAME];

    w->link_rc = -ENOENT;
    start_on_many(w, AT_A_TIME + 3);
    assert_int_equal(w->links_open, 1);
    w->link_rc = 0;
    world_tick(w, 200);
    assert_int_equal(w->links_open, 1 + AT_A_TIME);
    for (int i = 1; i <= AT_A_TIME + 3; i++)
        if (link_to(w, host_name(name, i)))
            up(w, name, "b");
    assert_int_equal(w->links_open, 1 + AT_A_TIME + 3);
}

static void an_engine_ends_though_hosts_are_queued(void **state)
{
    struct fake_world *w = *state;

    start_on_many(w, AT_A_TIME + 3);
    engine_shutdown(w->engine);
    world_settle(w);
    assert_true(w->stopped);
    assert_int_equal(w->links_open, 0);
    assert_int_equal(w->opens, AT_A_TIME);
}

static void a_killed_engine_opens_no_link_on_its_way(void **state)
{
    struct fake_world *w = *state;

    start_on_many(w, AT_A_TIME + 3);
    world_crash(w);
    assert_int_equal(w->opens, AT_A_TIME);
    world_boot(w);
    link_up(w);
}

// All are open: one without work makes room after a second, not after its minute.
static void a_host_that_waits_gets_the_place_of_an_idle_one(void **state)
{
    struct fake_world *w = *state;
    char name[HOST_NAME];

    start_on_many(w, LINKS_MAX - 1);
    for (int i = 1; i < LINKS_MAX; i++) {
        up(w, host_name(name, i), "b");
        tell_done(w, w->calls[0].kind == CALL_START ? w->calls[0].key.intent_no
                                                    : w->calls[1].key.intent_no, 0);
        world_settle(w);
        w->call_count = 0;
    }
    assert_int_equal(w->links_open, LINKS_MAX);
    job_start(w, "host('late'):run('x')");
    assert_null(link_to(w, "late"));
    world_tick(w, 1000);
    assert_non_null(link_to(w, "late"));
}

// ---- take-over

static void a_take_over_leaves_alone_what_nobody_waits_for(void **state)
{
    struct fake_world *w = *state;
    struct err err;

    running(w, ON_WEB1 " host('web2'):run('y')");
    command_ends(w, 3, 0);
    down(w, "web1", LINK_END_LOST);
    w->opens = w->took_over = 0;
    assert_int_equal(hosts_take_over(w->engine, &err), 0);
    assert_int_equal(w->opens, 1);
    assert_int_equal(w->took_over, 1);
    assert_non_null(link_to(w, "web2"));
    assert_null(link_to(w, "web1"));
}

// ---- orders

static void a_kill_waits_for_its_host_and_only_as_long_as_it_must(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_WEB1);
    unsigned opens;

    down(w, "web1", LINK_END_LOST);
    ask_stop_force(w, job);
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(order_rows(w), 1);
    w->at = NULL;
    world_next_engine(w);
    up(w, "web1", "boot-w");
    expect_signal(w, 3, SIGKILL);
    tell(w, LINK_KILLED, 3);
    expect_call(w, CALL_FORGET, 3);
    tell(w, LINK_FORGOTTEN, 3);
    world_settle(w);
    assert_int_equal(order_rows(w), 0);
    down(w, "web1", LINK_END_LOST);
    opens = w->opens;
    world_tick(w, HOUR_MS);
    assert_int_equal(w->opens, opens);
}

// Nothing in memory waits for the host then: a wreck has no attempts.
static void a_kill_waits_though_its_host_left_before_it_was_on_disk(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_WEB1), other;

    w->at = NULL;
    world_crash(w);
    world_swap_script(w, ON_WEB1, "localhost:run('other')");
    world_boot(w);
    link_up(w);
    other = job_start(w, "host('web1'):run('y')");
    assert_int_equal(ask_stop(w, job, -1), 0);
    assert_int_equal(ask_suspend(w, other, false), 0);
    w->at = "web1";
    link_ends(w, LINK_END_UNREACHED);
    world_settle(w);
    assert_int_equal(order_rows(w), 1);
    for (int i = 0; i < 3; i++) {
        assert_non_null(link_to(w, "web1"));
        down(w, "web1", LINK_END_UNREACHED);
        world_tick(w, 10 * 1000);
    }
    up(w, "web1", "boot-w");
    expect_signal(w, 3, SIGKILL);
}

static void a_kill_that_was_not_done_is_asked_for_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_WEB1);

    ask_stop_force(w, job);
    world_settle(w);
    expect_signal(w, 3, SIGKILL);
    world_tick(w, MINUTE_MS);
    assert_non_null(link_to(w, "web1"));
    expect_signal(w, 3, SIGKILL);
    tell(w, LINK_FORGOTTEN, 3);
    world_settle(w);
    world_tick(w, 2 * MINUTE_MS);
    assert_null(link_to(w, "web1"));
    expect_none(w, CALL_SIGNAL);
}

static void many_kills_of_one_job_are_told_once_each(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local f = {} for i = 1, 20 do f[i] = function() "
                                ON_WEB1 " end end parallel(f)");
    unsigned signals = 0;

    up(w, "web1", "boot-w");
    w->call_count = 0;
    ask_stop_force(w, job);
    world_settle(w);
    for (size_t i = 0; i < w->call_count; i++)
        signals += w->calls[i].kind == CALL_SIGNAL;
    assert_int_equal(signals, 20);
}

#define ON_BOTH "parallel { function() " ON_WEB1 " end, function() host('web2'):run('y') end }"

static void a_wreck_is_killed_on_each_of_its_hosts(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_BOTH);

    up(w, "web2", "boot-2");
    expect_start(w, 5);
    w->at = NULL;
    world_crash(w);
    world_swap_script(w, ON_BOTH, "localhost:run('other')");
    world_boot(w);
    link_up(w);
    expect_state(w, job, JOB_SUSPENDED);
    assert_int_equal(ask_stop(w, job, -1), 0);
    world_settle(w);
    w->at = "web1";
    assert_int_equal(order_rows(w), 1);
    up(w, "web1", "boot-w");
    expect_signal(w, 3, SIGKILL);
    up(w, "web2", "boot-2");
    assert_int_equal(order_rows(w), 1);
    expect_signal(w, 5, SIGKILL);
    w->at = NULL;
    assert_int_equal(order_rows(w), 0);
    expect_none(w, CALL_SIGNAL);
}

// ---- children

static void a_removed_job_leaves_no_child_behind(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_on_many(w, 20);
    uint64_t parent;
    char name[HOST_NAME];

    for (int i = 1; i <= 20; i++)
        up(w, host_name(name, i), "b");
    for (uint64_t child = job; child <= job + 21; child++)
        assert_int_equal(jobs_parent(w->store, child, &parent, NULL), 0);
    assert_int_equal(ask_remove(w, job, true), 0);
    world_settle(w);
    for (uint64_t child = job; child <= job + 21; child++)
        assert_int_equal(jobs_parent(w->store, child, &parent, NULL), -ENOENT);
}

static void the_children_of_a_job_that_is_removed_at_once_go_too(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "wait_signal('go') hosts('h[1-9]'):each(function(h) h:run('x') end)");
    uint64_t parent;
    char name[HOST_NAME];

    for (int i = 1; i <= 9; i++)
        assert_null(link_to(w, host_name(name, i)));
    signal_job(w, job, "go");
    for (int i = 1; i <= 8; i++)
        up(w, host_name(name, i), "b");
    w->at = host_name(name, 9);
    link_says_ready(w, "b"); // its child is not on disk yet
    assert_int_equal(ask_remove(w, job, true), 0);
    world_settle(w);
    for (uint64_t child = job; child <= job + 10; child++)
        assert_int_equal(jobs_parent(w->store, child, &parent, NULL), -ENOENT);
}

// ---- options of ssh

// A job whose command waits for web1, reached with this option.
static uint64_t start_with(struct fake_world *w, const char *option)
{
    struct change change = start_of("hosts:run('x')");
    json_t *json = json_pack("[{s:s,s:[s]}]", "name", "web1", "ssh", option);
    struct buf hosts;
    uint64_t job;

    buf_init(&hosts, 0);
    assert_int_equal(value_from_json(json, &hosts, NULL), 0);
    json_decref(json);
    change.hosts = buf_slice(&hosts);
    job = job_start_change(w, &change);
    buf_release(&hosts);
    return job;
}

static void other_options_are_another_link(void **state)
{
    struct fake_world *w = *state;
    uint64_t first = start_with(w, "Port9=a"), second = start_with(w, "Port9=b");
    struct job_seen seen;

    assert_non_null(link_to(w, "web1\nPort9=a"));
    assert_non_null(link_to(w, "web1\nPort9=b"));
    start_with(w, "Port9=a");
    assert_int_equal(w->opens, 2);
    down(w, "web1\nPort9=a", LINK_END_DENIED);
    expect_state(w, first, JOB_FAILED);
    expect_state(w, second, JOB_NOT_STARTED);
    assert_true(job_see(w, first, &seen));
    assert_null(strstr(seen.reason, "Port9")); // people know it by its name
}

// The next engine knows of the order alone, and must reach its host as the job did.
static void a_kill_waits_with_the_options_of_its_job(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = start_with(w, "Port9=a");

    up(w, "web1\nPort9=a", "boot-w");
    expect_start(w, 2);
    down(w, "web1\nPort9=a", LINK_END_LOST);
    ask_stop_force(w, job);
    world_settle(w);
    expect_state(w, job, JOB_STOPPED);
    assert_int_equal(order_rows(w), 1);
    w->at = NULL;
    world_next_engine(w);
    assert_null(link_to(w, "web1"));
    up(w, "web1\nPort9=a", "boot-w");
    expect_signal(w, 2, SIGKILL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_command_begins_when_the_link_of_its_host_is_up),
        TEST(the_next_engine_opens_links_when_its_epoch_is_on_disk),
        TEST(a_command_goes_on_while_its_host_is_away),
        TEST(the_next_engine_asks_the_host_of_the_command),
        TEST(a_result_that_could_not_be_forgotten_is_when_the_host_is_back),
        TEST(a_child_that_is_over_is_shown_so),
        TEST(a_link_without_work_is_closed_after_a_minute),
        TEST(a_command_that_begins_meanwhile_keeps_the_link),
        TEST(a_link_that_is_slow_to_come_back_is_not_looked_at_without_end),
        TEST(one_that_is_up_for_a_moment_each_time_is_tried_more_seldom),
        TEST(links_are_opened_so_many_at_a_time),
        TEST(one_that_cannot_even_be_begun_takes_no_place),
        TEST(an_engine_ends_though_hosts_are_queued),
        TEST(a_killed_engine_opens_no_link_on_its_way),
        TEST(a_host_that_waits_gets_the_place_of_an_idle_one),
        TEST(a_take_over_leaves_alone_what_nobody_waits_for),
        TEST(a_kill_waits_for_its_host_and_only_as_long_as_it_must),
        TEST(a_kill_waits_though_its_host_left_before_it_was_on_disk),
        TEST(a_kill_that_was_not_done_is_asked_for_again),
        TEST(many_kills_of_one_job_are_told_once_each),
        TEST(a_wreck_is_killed_on_each_of_its_hosts),
        TEST(other_options_are_another_link),
        TEST(a_kill_waits_with_the_options_of_its_job),
        TEST(a_removed_job_leaves_no_child_behind),
        TEST(the_children_of_a_job_that_is_removed_at_once_go_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
