// SPDX-License-Identifier: MIT
#include "expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT_MS = 24 * 3600 * 1000 };

void expect_end(struct sim *sim, uint64_t job, uint64_t seed, const struct expect *expect)
{
    char *result;

    if (expect->resume_at_ms)
        sim_resume_at(sim, expect->resume_at_ms, job);
    if (expect->stop_at_ms)
        sim_stop_at(sim, expect->stop_at_ms, job);
    if (!sim_run(sim, LIMIT_MS))
        fail_msg("seed %llu is stuck:\n%s", (unsigned long long)seed, sim_result(sim, job));
    result = sim_result(sim, job);
    if (strcmp(result, expect->lines) != 0)
        fail_msg("seed %llu: expected\n%s\ngot\n%s", (unsigned long long)seed, expect->lines,
                 result);
    assert_int_equal(sim_counts(sim).starts, expect->starts);
    assert_int_equal(sim_doubled(sim), 0);
    free(result);
}

char *play_shape(struct sim *sim, uint64_t job, int64_t limit_ms, const char *shape,
                 uint64_t seed, struct sim_counts *counts)
{
    bool over = sim_run(sim, limit_ms);
    char *result = sim_result(sim, job);

    if (!over)
        fail_msg("shape %s seed %llu is stuck:\n%s", shape, (unsigned long long)seed, result);
    *counts = sim_counts(sim);
    assert_int_equal(sim_doubled(sim), 0);
    sim_free(sim);
    return result;
}
