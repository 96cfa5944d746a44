// SPDX-License-Identifier: MIT
// What links cost: processes on a target for a step, and memory here for a link that is
// idle. Both are printed, and bounded.
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fleet.h"

enum { IDLE_LINKS = 24, HOSTS = 4, STEPS = 10, IDLE_BYTES_MAX = 20 * 1000 };

// The last pid that the host gave away, told by builtins.
static long last_pid(struct fixture *f, uint64_t no)
{
    fixture_do(f, no, "read a b c d last </proc/loadavg; echo $last");
    return strtol(buf_cstr(&f->seen[no].stream[0]), NULL, 10);
}

static void a_step_costs_one_process_there(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;
    long begun, probe, steps;

    fixture_open(f);
    last_pid(f, 1);
    begun = last_pid(f, 2);
    probe = last_pid(f, 3);
    for (uint64_t no = 4; no < 4 + STEPS; no++)
        fixture_do(f, no, "exit 0");
    steps = last_pid(f, 4 + STEPS) - probe;
    probe -= begun;
    print_message("%d warm steps: %.1f new processes each\n", STEPS,
                  (double)(steps - probe) / STEPS);
    assert_true(probe > 0);
    assert_in_range(steps - probe, STEPS, STEPS + STEPS / 2); // what else goes on there is let be
}

struct idle {
    struct link *link;
    unsigned ready, down, closed;
};

static void on_event(void *arg, struct link *link, const struct link_event *event)
{
    struct idle *idle = arg;

    (void)link;
    idle->ready += event->type == LINK_READY;
    idle->down += event->type == LINK_DOWN;
}

static void on_closed(void *arg) { ((struct idle *)arg)->closed++; }

static void open_one(struct trial *trial, struct idle *idle, unsigned i)
{
    struct fixture *f = trial->f;
    char destination[16];
    struct link_options options = {
        .store = f->store, .epoch = 1, .incarnation = f->incarnation, .spool_dir = f->spool,
        .event = on_event, .arg = idle,
    };

    // A store each: the second link of a store would end the first.
    options.store.bytes[0] = (uint8_t)i;
    snprintf(destination, sizeof(destination), "host%u", i % HOSTS + 1);
    f->target.destination = slice_str(destination);
    assert_int_equal(link_ssh_open(&idle->link, f->pool, &f->target, &options, NULL), 0);
}

static void an_idle_link_is_small(void **state)
{
    struct trial *trial = *state;
    struct fixture *f = trial->f;
    struct idle idle[IDLE_LINKS] = { 0 };
    size_t before, each;

    open_one(trial, &idle[0], 0); // the buffer that all share is made
    while (!idle[0].ready && !idle[0].down)
        uv_run(&f->loop, UV_RUN_ONCE);
    before = mallinfo2().uordblks;
    for (unsigned i = 1; i < IDLE_LINKS; i++)
        open_one(trial, &idle[i], i);
    for (unsigned i = 0; i < IDLE_LINKS; i++) {
        while (!idle[i].ready && !idle[i].down)
            uv_run(&f->loop, UV_RUN_ONCE);
        assert_int_equal(idle[i].down, 0);
    }
    each = (mallinfo2().uordblks - before) / (IDLE_LINKS - 1);
    print_message("%d idle links: %zu bytes each\n", IDLE_LINKS, each);
    for (unsigned i = 0; i < IDLE_LINKS; i++)
        link_close(idle[i].link, on_closed, &idle[i]);
    for (unsigned i = 0; i < IDLE_LINKS; i++)
        while (!idle[i].closed)
            uv_run(&f->loop, UV_RUN_ONCE);
#ifndef __SANITIZE_ADDRESS__ // which does not tell, and is no measure
    assert_in_range(each, 1, IDLE_BYTES_MAX);
#endif
}

static int make_hosts(void **state)
{
    *state = fleet_up(HOSTS, 0);
    return *state ? 0 : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, trial_setup, trial_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_step_costs_one_process_there),
        TEST(an_idle_link_is_small),
    };

    if (!fleet_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, make_hosts, fleet_end);
}
