// SPDX-License-Identifier: MIT
// A running job meets a newer Pawl: the prelude under its script is another one,
// which numbers the branches of a fork the other way round. Replayed on that one the
// job would diverge; it must go on with the prelude it was started with.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lua/script.h"
#include "sim.h"

static const char script[] =
    "local r = parallel {\n"
    "  a = function() localhost:run('ms=50 out=A1') return localhost:run('ms=5000 out=A2').out end,\n"
    "  b = function() localhost:run('ms=70 out=B1') return localhost:run('ms=5000 out=B2').out end,\n"
    "}\n"
    "print(r.a, r.b)\n";

static const char forwards[] = "1.1/1 output A1\n1.1/2 output A2\n1.2/1 output B1\n1.2/2 output B2\n";
static const char backwards[] = "1.1/1 output B1\n1.1/2 output B2\n1.2/1 output A1\n1.2/2 output A2\n";

// This binary's prelude, but for one thing.
static struct slice other_prelude(struct buf *buf)
{
    static const char from[] = "    return keys, values, count\n";
    static const char to[] = "    local ks, vs = {}, {}\n"
                             "    for i = 1, count do ks[i], vs[i] = keys[count + 1 - i], values[count + 1 - i] end\n"
                             "    return ks, vs, count\n";
    struct slice own = script_prelude();
    const uint8_t *at = memmem(own.ptr, own.len, from, sizeof(from) - 1);
    size_t front;

    assert_non_null(at);
    front = (size_t)(at - own.ptr);
    buf_init(buf, 0);
    buf_add(buf, own.ptr, front);
    buf_add_str(buf, to);
    buf_add(buf, at + sizeof(from) - 1, own.len - front - (sizeof(from) - 1));
    return buf_slice(buf);
}

static void check(struct sim *sim, uint64_t job, const char *records)
{
    char expected[512], *result = sim_result(sim, job);

    snprintf(expected, sizeof(expected), " output A2\tB2\n\n%s= Completed \n", records);
    assert_string_equal(result, expected);
    free(result);
}

static void a_job_keeps_its_prelude(void **state)
{
    struct buf buf;
    struct slice other = other_prelude(&buf);

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim *sim = sim_new(&(struct sim_options){ .seed = seed, .prelude = other });
        uint64_t older = sim_start(sim, script), newer;
        sim_run(sim, (int64_t)seed * 4); // somewhere in the middle of it
        sim_upgrade(sim, (struct slice){ 0 });
        newer = sim_start(sim, script);
        assert_true(sim_run(sim, 600 * 1000));
        check(sim, older, backwards);
        check(sim, newer, forwards);
        sim_free(sim);
    }
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_job_keeps_its_prelude) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
