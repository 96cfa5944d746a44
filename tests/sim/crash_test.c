// SPDX-License-Identifier: MIT
// Every shape, many seeds, an engine that is killed at random between any two
// happenings, links that are cut. The result must be that of a calm run: same
// state, same records, and no command started more often. PAWL_SEED replays one
// seed, PAWL_SHAPE picks a shape, PAWL_SEEDS sets how many seeds each shape gets.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "shapes.h"

enum { LIMIT_MS = 600 * 1000 };

static char *run_shape(const struct shape *shape, const struct sim_options *options,
                       struct sim_counts *counts)
{
    struct sim *sim = sim_new(options);
    uint64_t job = sim_start(sim, shape->script);

    if (shape->signal)
        sim_signal_at(sim, 5, job, shape->signal);
    for (int i = 0; i < shape->resumes; i++)
        sim_resume_at(sim, 300 * (i + 1), job);
    if (shape->stop_at_ms)
        sim_stop_at(sim, shape->stop_at_ms, job);
    return play_shape(sim, job, LIMIT_MS, shape->name, options->seed, counts);
}

enum { TURN_BYTES = 1 }; // every fact fills its batch: links and intents wait all the time

struct totals {
    unsigned runs, crashes, cuts, holds;
};

static void crash_shape(const struct shape *shape, uint64_t first, uint64_t last,
                        struct totals *totals)
{
    struct sim_counts calm, rough;
    char *expected = run_shape(shape, &(struct sim_options){ .seed = 1 }, &calm);

    for (uint64_t seed = first; seed <= last; seed++) {
        struct sim_options options = { .seed = seed, .crash_per_1000 = 10 + (unsigned)(seed % 90),
                                       .crash_max = 12,
                                       .link_cut_per_1000 = (unsigned)(seed % 3) * 20,
                                       .turn_bytes_max = seed % 4 == 0 ? TURN_BYTES : 0 };
        char *result = run_shape(shape, &options, &rough);
        if (strcmp(result, expected) != 0)
            fail_msg("shape %s seed %llu: expected\n%s\ngot\n%s", shape->name,
                     (unsigned long long)seed, expected, result);
        if (rough.starts != calm.starts)
            fail_msg("shape %s seed %llu: %u commands started, %u expected", shape->name,
                     (unsigned long long)seed, rough.starts, calm.starts);
        free(result);
        totals->runs++;
        totals->crashes += rough.crashes;
        totals->cuts += rough.cuts;
        totals->holds += rough.holds;
    }
    free(expected);
}

static void crashes_change_nothing(void **state)
{
    const char *seed = getenv("PAWL_SEED"), *only = getenv("PAWL_SHAPE");
    const char *seeds = getenv("PAWL_SEEDS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
    uint64_t last = seed ? first : seeds ? strtoull(seeds, NULL, 10) : 100;
    struct totals totals = { 0 };

    (void)state;
    for (const struct shape *shape = shapes; shape->name; shape++)
        if (!only || strcmp(only, shape->name) == 0)
            crash_shape(shape, first, last, &totals);
    print_message("runs %u, kills %u, link cuts %u, holds %u, lost 0, doubled 0\n", totals.runs,
                  totals.crashes, totals.cuts, totals.holds);
    assert_true(totals.runs > 0);
    assert_true(seed || totals.holds > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(crashes_change_nothing) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
