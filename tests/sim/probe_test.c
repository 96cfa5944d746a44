// SPDX-License-Identifier: MIT
// on_interrupt as a function: the host reboots in the middle of a command, and the
// function, a strand with durable steps of its own, says what that means. The same
// when the engine is killed at random on the way.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expect.h"

enum { SEEDS = 60, REBOOT_MS = 1000 };

struct scenario {
    const char *probe;     // what is between `on_interrupt = ` and the end of the call
    struct expect expect;  // the host reboots once, after a second
};

static uint64_t start(struct sim *sim, const struct scenario *s)
{
    char script[2048];

    snprintf(script, sizeof(script),
             "local r = localhost:run { 'ms=500000 out=work code=0', name = 'work',\n"
             "  on_interrupt = %s }\n"
             "print('ok', r.ok, r.out, r.code, r.value, r.attempts)\n", s->probe);
    sim_reboot_at(sim, REBOOT_MS);
    return sim_start(sim, script);
}

static void run_once(const struct scenario *s, const struct sim_options *options)
{
    struct sim *sim = sim_new(options);

    expect_end(sim, start(sim, s), options->seed, &s->expect);
    sim_free(sim);
}

static void run(const struct scenario *s)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_once(s, &(struct sim_options){ .seed = seed, .crash_per_1000 = seed > 5 ? 30 : 0,
                                           .crash_max = seed > 5 ? 4 : 0 });
}

static void it_happened(void **state)
{
    static const struct scenario plain = {
        "function(host) return host:run { 'code=0', quiet = true, on_error = 'continue' }.ok end",
        { " output ok\ttrue\t\tnil\tnil\t1\n\n"
        "1/1 output work\n= Completed \n", 0, 0, 2 } };
    static const struct scenario with_value = {
        "function(host, was) print(host, was.kind, was.attempts) return 'done', 'v' .. was.out end",
        { " output ok\ttrue\tvwork\tnil\tvwork\t1\n\n"
        "1.1 output localhost\tinterrupted\t1\n\n"
        "1/1 output work\n= Completed \n", 0, 0, 1 } };

    (void)state;
    run(&plain);
    run(&with_value);
}

static void it_did_not_happen(void **state)
{
    static const struct scenario s = {
        "function(host) return host:run { 'code=1 out=no', on_error = 'continue' }.ok end",
        { " output ok\ttrue\twork\t0\tnil\t2\n\n"
        "1.1/1 output no\n1/1 output work\n1/1 output work\n= Completed \n", 0, 0, 3 } };

    (void)state;
    run(&s);
}

static void it_fails(void **state)
{
    static const struct scenario s = {
        "function() sleep(1) return 'fail' end",
        { " error step \"work\" (sim.lua:1) on localhost failed: interrupted: cut off by a reboot, "
        "or by suspend --force\n\n"
        "1/1 output work\n"
        "= Failed step \"work\" (sim.lua:1) on localhost failed: interrupted: cut off by a reboot, "
        "or by suspend --force\n", 0, 0, 1 } };

    (void)state;
    run(&s);
}

// A function that cannot find out leaves it to a person, who resumes: it runs again.
static void a_person_decides(void **state)
{
    static const struct scenario raises = {
        "function(host) host:run 'code=2 out=cannot-look' end",
        { " output ok\ttrue\twork\t0\tnil\t2\n\n"
        "1.1/1 output cannot-look\n1/1 output work\n1/1 output work\n= Completed \n",
        3600 * 1000, 0, 3 } };
    static const struct scenario nonsense = {
        "function(host) return 7 end",
        { " output ok\ttrue\twork\t0\tnil\t2\n\n"
        "1/1 output work\n1/1 output work\n= Completed \n", 3600 * 1000, 0, 2 } };

    (void)state;
    run(&raises);
    run(&nonsense);
}

static void a_stop_reaches_the_probe(void **state)
{
    static const struct scenario s = {
        "function() undo(function() localhost:run 'out=undone' end) sleep(1000) return true end",
        { "1.1/2 output undone\n1/1 output work\n= Stopped stopped\n", 0, 5000, 2 } };

    (void)state;
    run(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_happened),      cmocka_unit_test(it_did_not_happen),
        cmocka_unit_test(it_fails),         cmocka_unit_test(a_person_decides),
        cmocka_unit_test(a_stop_reaches_the_probe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
