// SPDX-License-Identifier: MIT
// The limits of a whole job, on a virtual clock: what ends when they are over, in
// what order, with which reason; the same after an engine that is killed at random.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expect.h"

enum { SEEDS = 60 };

struct scenario {
    const char *script;
    struct expect expect;
};

static void run_once(const struct scenario *s, const struct sim_options *options)
{
    struct sim *sim = sim_new(options);

    expect_end(sim, sim_start(sim, s->script), options->seed, &s->expect);
    sim_free(sim);
}

static void run(const struct scenario *s)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_once(s, &(struct sim_options){ .seed = seed, .crash_per_1000 = seed > 5 ? 30 : 0,
                                           .crash_max = 8 });
}

// A command in flight, a sleeping branch, an undo and a defer: all are ended, and
// cleanup runs.
static void a_timeout_ends_the_job(void **state)
{
    static const struct scenario s = {
        "workflow { timeout = '30s' }\n"
        "defer(function() localhost:run('out=deferred') end)\n"
        "undo(function() localhost:run('out=undone') end)\n"
        "parallel {\n"
        "  function() pcall(sleep, 1000) sleep(1) print('never') end,\n"
        "  function() localhost:run('ms=600000 out=begun') print('never') end,\n"
        "}\n",
        { " error timed out: it did not end within its timeout of 30s\n\n"
        "1.2/1 output begun\n"
        "1/1 output undone\n"
        "1/2 output deferred\n"
        "= Failed timed out: it did not end within its timeout of 30s\n", 0, 0, 3 } };

    (void)state;
    run(&s);
}

// Suspended for an hour: the timeout of 30 s does not count that.
static void a_timeout_leaves_suspended_time_out(void **state)
{
    static const struct scenario in_time = {
        "workflow { timeout = '30s' }\n"
        "sleep(5) suspend('look') sleep(5) print('done')\n",
        { " output done\n\n= Completed \n", 3600 * 1000, 0, 0 } };
    static const struct scenario late = {
        "workflow { timeout = '30s' }\n"
        "sleep(20) suspend('look') print('on') sleep(20) print('done')\n",
        { " error timed out: it did not end within its timeout of 30s\n\n"
        " output on\n\n"
        "= Failed timed out: it did not end within its timeout of 30s\n", 3600 * 1000, 0, 0 } };

    (void)state;
    run(&in_time);
    run(&late);
}

// A suspended job is let be; its elapsed time counts, and ends it when it is resumed.
static void an_elapsed_timeout_counts_everything(void **state)
{
    static const struct scenario in_time = {
        "workflow { elapsed_timeout = '2h' }\n"
        "sleep(5) suspend('look') sleep(5) print('done')\n",
        { " output done\n\n= Completed \n", 3600 * 1000, 0, 0 } };
    static const struct scenario late = {
        "workflow { elapsed_timeout = '30m' }\n"
        "sleep(5) suspend('look') sleep(5) print('done')\n",
        { " error timed out: it did not end within its elapsed_timeout of 30m\n\n"
        "= Failed timed out: it did not end within its elapsed_timeout of 30m\n",
        3600 * 1000, 0, 0 } };

    (void)state;
    run(&in_time);
    run(&late);
}

static void a_cleanup_is_bounded(void **state)
{
    static const struct scenario s = {
        "workflow { cleanup_timeout = '1m' }\n"
        "undo(function() print('not reached') end)\n"
        "undo(function()\n"
        "  pcall(function() localhost:run('ms=600000 out=hangs') end)\n"
        "  pcall(sleep, 1) localhost:run('out=not-reached')\n"
        "end)\n"
        "localhost:run('code=3')\n",
        { " error cleanup was cut off (cleanup_timeout); 1 more of its functions did not run\n\n"
        " error step \"code=3\" (sim.lua:7) on localhost failed: exit code 3; its cleanup was "
        "cut off after its cleanup_timeout of 1m\n\n"
        " error undo failed: its cleanup took too long (cleanup_timeout)\n\n"
        "1/2 output hangs\n"
        "= Failed step \"code=3\" (sim.lua:7) on localhost failed: exit code 3; its cleanup was "
        "cut off after its cleanup_timeout of 1m\n", 0, 0, 2 } };

    (void)state;
    run(&s);
}

// The bound is a strand's own: a branch that cleans up for too long is cut off, its
// sibling and its parent go on.
static void the_cleanup_of_a_branch_is_its_own(void **state)
{
    static const struct scenario s = {
        "workflow { cleanup_timeout = '10s' }\n"
        "local ok, e = pcall(parallel, {\n"
        "  function() undo(function() parallel { function() sleep(1000) end } end) fail('bad') end,\n"
        "  function() sleep(100) print('on') end,\n"
        "})\n"
        "print(ok, e.message)\n",
        { " output false\tbad\n\n"
        "1.1 error undo failed: its cleanup took too long (cleanup_timeout)\n\n"
        "1.2 output on\n\n"
        "= Completed \n", 0, 0, 0 } };

    (void)state;
    run(&s);
}

// Stop does not reach into a cleanup that is under way; its bound does.
static void a_stop_lets_cleanup_run(void **state)
{
    static const struct scenario s = {
        "undo(function() localhost:run('ms=5000 out=undone') print('all of it') end)\n"
        "fail('bad')\n",
        { " output all of it\n\n"
        "1/1 output undone\n"
        "= Stopped stopped\n", 0, 2500, 1 } };
    static const struct scenario in_defer = {
        "workflow { cleanup_timeout = '10s' }\n"
        "defer(function() sleep(1000) end)\n"
        "print('done')\n",
        { " error defer failed: its cleanup took too long (cleanup_timeout)\n\n"
        " output done\n\n"
        "= Stopped its cleanup was cut off after its cleanup_timeout of 10s\n", 0, 5000, 0 } };

    (void)state;
    run(&s);
    run(&in_defer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeout_ends_the_job),
        cmocka_unit_test(a_timeout_leaves_suspended_time_out),
        cmocka_unit_test(an_elapsed_timeout_counts_everything),
        cmocka_unit_test(a_cleanup_is_bounded),
        cmocka_unit_test(the_cleanup_of_a_branch_is_its_own),
        cmocka_unit_test(a_stop_lets_cleanup_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
