// SPDX-License-Identifier: MIT
// A job whose hosts are gone is shown as Disconnected, ten seconds after its links were lost
// and until they are back; nothing of it is in the journal.
#include "core/hosts.h"
#include "unit/core/fake_world.h"

enum { GONE_MS = 10 * 1000 };

#define NAMED(name) "\x81\xa4name\xa4" name
#define ON_EACH "hosts:each(function(h) h:run('x') end)"

static void up(struct fake_world *w, const char *host, const char *boot)
{
    w->at = host;
    link_up_again(w, boot);
}

static void lose(struct fake_world *w, const char *host)
{
    w->at = host;
    link_ends(w, LINK_END_LOST);
    world_settle(w);
}

// On web1 and web2, whose links are up; their intents are events 2 and 3.
static uint64_t running(struct fake_world *w, const char *script)
{
    struct change change = start_of(script);
    uint64_t job;

    change.hosts = SLICE("\x92" NAMED("web1") NAMED("web2"));
    job = job_start_change(w, &change);
    up(w, "web1", "boot-1");
    up(w, "web2", "boot-2");
    return job;
}

struct states {
    enum job_state child[2];
};

static int note_children(void *arg, const struct job_view *view)
{
    struct states *states = arg;

    assert_int_equal(view->head->child_count, 2);
    for (size_t i = 0; i < 2; i++)
        states->child[i] = view->head->children[i].state;
    return 0;
}

static void expect_children(struct fake_world *w, uint64_t job, enum job_state web1,
                            enum job_state web2)
{
    struct port port = engine_port(w->engine);
    struct states states;
    struct err err;

    assert_int_equal(port.ops->job(port.core, job, note_children, &states, &err), 0);
    assert_string_equal(job_state_name(states.child[0]), job_state_name(web1));
    assert_string_equal(job_state_name(states.child[1]), job_state_name(web2));
}

static void a_child_whose_host_is_gone_is_disconnected(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_EACH);

    lose(w, "web1");
    world_tick(w, GONE_MS - 1);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
    world_tick(w, 1);
    expect_children(w, job, JOB_DISCONNECTED, JOB_RUNNING);
    expect_state(w, job, JOB_RUNNING);
    lose(w, "web2");
    world_tick(w, GONE_MS);
    expect_children(w, job, JOB_DISCONNECTED, JOB_DISCONNECTED);
    expect_state(w, job, JOB_DISCONNECTED);
    up(w, "web1", "boot-1");
    expect_children(w, job, JOB_RUNNING, JOB_DISCONNECTED);
    expect_state(w, job, JOB_RUNNING);
}

static void one_that_is_over_does_not_count(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_EACH);

    w->at = "web1";
    command_ends(w, 2, 0);
    lose(w, "web1");
    lose(w, "web2");
    world_tick(w, GONE_MS);
    expect_children(w, job, JOB_COMPLETED, JOB_DISCONNECTED);
    expect_state(w, job, JOB_DISCONNECTED);
}

// The try that fails does not begin the ten seconds anew.
static void trying_in_vain_is_no_connection(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_EACH);

    lose(w, "web1");
    world_tick(w, GONE_MS - 1000);
    if (link_to(w, "web1")) {
        w->at = "web1";
        link_ends(w, LINK_END_UNREACHED);
    }
    world_tick(w, 1000);
    expect_children(w, job, JOB_DISCONNECTED, JOB_RUNNING);
}

static void the_next_step_waits_disconnected(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "hosts:each(function(h) h:run('x') sleep('1m') h:run('y') end)");

    w->at = "web1";
    command_ends(w, 2, 0);
    lose(w, "web1");
    world_tick(w, 30 * 1000);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING); // nothing waits for it
    world_tick(w, 30 * 1000 + GONE_MS);
    expect_children(w, job, JOB_DISCONNECTED, JOB_RUNNING);
}

static void a_reboot_that_was_asked_for_is_no_disconnection(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "hosts:each(function(h) h:reboot() end)");

    lose(w, "web1");
    lose(w, "web2");
    world_tick(w, 6 * GONE_MS);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
    expect_state(w, job, JOB_RUNNING);
}

static int expect_trouble(void *arg, const struct job_view *view)
{
    (void)arg;
    assert_true(slice_is(view->notice, "web1 cannot be used: cut"));
    assert_true(slice_is(view->head->children[0].notice, "web1 cannot be used: cut"));
    assert_int_equal(view->head->children[1].notice.len, 0); // nothing is the matter with web2
    return 0;
}

// It runs on this machine, and waits for its host all the same.
static void so_is_one_whose_transfer_has_lost_its_host(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, "hosts:each(function(h) h:put('a', '/b') end)");
    struct port port = engine_port(w->engine);
    struct err err;

    lose(w, "web1");
    assert_int_equal(port.ops->job(port.core, job, expect_trouble, NULL, &err), 0);
    world_tick(w, GONE_MS - 1);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
    world_tick(w, 1);
    expect_children(w, job, JOB_DISCONNECTED, JOB_RUNNING);
    w->at = NULL;
    world_next_engine(w);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
    up(w, "web2", "boot-2");
    world_tick(w, GONE_MS);
    expect_children(w, job, JOB_DISCONNECTED, JOB_RUNNING);
    up(w, "web1", "boot-1");
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
}

static void the_next_engine_sees_it_too(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_EACH);

    w->at = NULL;
    world_next_engine(w);
    expect_children(w, job, JOB_RUNNING, JOB_RUNNING);
    world_tick(w, GONE_MS);
    expect_state(w, job, JOB_DISCONNECTED);
}

static void told(void *arg) { ++*(unsigned *)arg; }

static void whoever_watches_is_told(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = running(w, ON_EACH);
    struct port port = engine_port(w->engine);
    struct watch *watch;
    unsigned times = 0, before;

    lose(w, "web1");
    watch = port.ops->watch(port.core, job, told, &times);
    assert_non_null(watch);
    before = times;
    world_tick(w, GONE_MS);
    assert_true(times > before);
    port.ops->unwatch(port.core, watch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_child_whose_host_is_gone_is_disconnected),
        TEST(one_that_is_over_does_not_count),
        TEST(trying_in_vain_is_no_connection),
        TEST(the_next_step_waits_disconnected),
        TEST(a_reboot_that_was_asked_for_is_no_disconnection),
        TEST(so_is_one_whose_transfer_has_lost_its_host),
        TEST(the_next_engine_sees_it_too),
        TEST(whoever_watches_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
