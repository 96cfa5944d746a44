// SPDX-License-Identifier: MIT
// A batch has a bound. What a link tells beyond it waits in the link, and nothing of
// it is lost: results of 1 MiB by the hundred, a link that breaks or comes back in the
// middle of it, an engine that is killed then.
#include "unit/core/fake_world.h"

#include <stdlib.h>

enum { RESULT_BYTES = 1024 * 1024 };

// A turn, and the result that filled it with all that follows from it.
#define BATCH_BOUND (TURN_BYTES_MAX + 3 * (size_t)RESULT_BYTES)

static char *large_text(void)
{
    char *text = malloc(RESULT_BYTES + 1);

    assert_non_null(text);
    memset(text, 'x', RESULT_BYTES);
    text[RESULT_BYTES] = 0;
    return text;
}

// A job of so many commands at once, and a commit that stays in the air.
static uint64_t commands_behind_a_commit(struct fake_world *w, unsigned count)
{
    struct change other = start_of("print('x')");
    char script[256];
    struct uuid uuid;
    uint64_t job;

    snprintf(script, sizeof(script), "local t = {} for i = 1, %u do t[i] = i end "
             "foreach(t, {}, function(i) localhost:run{'c' .. i, quiet = true} end)", count);
    job = job_start(w, script);
    uuid = w->uuid;
    ask(w, &other);
    world_turn(w);
    assert_non_null(w->committing);
    w->uuid = uuid;
    return job;
}

static void tell_result(struct fake_world *w, uint64_t intent_no, const char *text)
{
    tell_output(w, intent_no, 0, text);
    tell_done(w, intent_no, 0);
}

static void results_beyond_a_full_batch_wait_in_the_link(void **state)
{
    enum { COMMANDS = 300 };
    struct fake_world *w = *state;
    uint64_t job = commands_behind_a_commit(w, COMMANDS);
    char *text = large_text();

    assert_false(link_is_held(w));
    for (uint64_t no = 2; no < 2 + COMMANDS; no++) {
        tell_result(w, no, text);
        assert_true(turn_bytes(w->engine) < BATCH_BOUND);
    }
    assert_true(link_is_held(w));
    world_settle(w);
    free(text);
    assert_false(link_is_held(w));
    assert_true(w->holds >= COMMANDS * (size_t)RESULT_BYTES / BATCH_BOUND);
    assert_true(w->batch_bytes_max < BATCH_BOUND);
    assert_false(w->stopped);
    expect_state(w, job, JOB_COMPLETED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(results_beyond_a_full_batch_wait_in_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
