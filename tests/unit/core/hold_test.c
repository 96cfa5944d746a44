// SPDX-License-Identifier: MIT
// A batch has a bound. What a link tells beyond it waits in the link, and nothing of
// it is lost: results of 1 MiB by the hundred, a link that breaks or comes back in the
// middle of it, an engine that is killed then. The rest is what else could be large:
// intents, what people ask for, records, values, reasons.
#include "model/job_step.h"
#include "unit/core/fake_world.h"

#include <errno.h>
#include <stdio.h>
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

// Did the engine attach to it since its calls were looked at?
static bool was_attached(const struct fake_world *w, uint64_t intent_no)
{
    bool found = false;

    for (size_t i = 0; i < w->call_count; i++)
        found |= w->calls[i].kind == CALL_ATTACH && w->calls[i].key.intent_no == intent_no;
    return found;
}

// Another job, which writes so much at once.
static int ask_print(struct fake_world *w, size_t bytes)
{
    char script[128];
    struct change change;

    snprintf(script, sizeof(script), "workflow{} print(string.rep('x', %zu))", bytes);
    change = start_of(script);
    return ask(w, &change);
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

// What was told and not taken is fetched anew: a link is only a way to the spool.
static void a_held_link_that_breaks_loses_nothing(void **state)
{
    enum { COMMANDS = 20 };
    struct fake_world *w = *state;
    uint64_t job = commands_behind_a_commit(w, COMMANDS);
    char *text = large_text();

    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        tell_result(w, no, text);
    assert_true(link_is_held(w));
    link_cut(w); // told behind the rest
    world_settle(w);
    world_tick(w, 200);
    w->call_count = 0;
    link_up(w);
    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        if (was_attached(w, no))
            tell_result(w, no, text);
    world_settle(w);
    free(text);
    expect_state(w, job, JOB_COMPLETED);
}

static void an_engine_that_is_killed_with_its_link_held_asks_for_the_rest(void **state)
{
    enum { COMMANDS = 20 };
    struct fake_world *w = *state;
    uint64_t job = commands_behind_a_commit(w, COMMANDS);
    char *text = large_text();
    unsigned attached = 0;

    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        tell_result(w, no, text);
    assert_true(link_is_held(w));
    world_land(w); // what was in the air; the results behind it are lost
    world_next_engine(w);
    assert_false(link_is_held(w));
    for (uint64_t no = 2; no < 2 + COMMANDS; no++) {
        attached += was_attached(w, no);
        tell_result(w, no, text);
    }
    assert_int_equal(attached, COMMANDS);
    world_settle(w);
    free(text);
    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(w->starts, COMMANDS);
}

static void a_link_that_comes_up_beside_a_full_batch_says_so_later(void **state)
{
    enum { COMMANDS = 10 };
    struct fake_world *w = *state;
    uint64_t job = commands_behind_a_commit(w, COMMANDS);
    char *text = large_text();

    link_cut(w);
    ask_print(w, TURN_BYTES_MAX);
    assert_true(turn_is_full(w->engine));
    w->now_ms += 200;
    engine_alarm(w->engine); // opens the link again
    assert_true(link_is_held(w));
    link_says_ready(w, "boot-1");
    w->call_count = 0;
    world_turn(w);
    expect_none(w, CALL_ATTACH);
    world_settle(w);
    for (uint64_t no = 2; no < 2 + COMMANDS; no++) {
        assert_true(was_attached(w, no));
        tell_result(w, no, text);
    }
    world_settle(w);
    free(text);
    expect_state(w, job, JOB_COMPLETED);
}

static void results_wait_in_the_link_until_a_full_disk_has_space(void **state)
{
    enum { COMMANDS = 30 };
    struct fake_world *w = *state;
    uint64_t job = commands_behind_a_commit(w, COMMANDS);
    char *text = large_text();

    w->disk_full = true;
    for (uint64_t no = 2; no < 2 + COMMANDS; no++)
        tell_result(w, no, text);
    world_settle(w);
    world_tick(w, 5000);
    assert_true(link_is_held(w));
    assert_true(turn_bytes(w->engine) < BATCH_BOUND);
    w->disk_full = false;
    world_tick(w, 2000);
    free(text);
    assert_false(link_is_held(w));
    expect_state(w, job, JOB_COMPLETED);
}

static void intents_beyond_a_full_batch_wait_for_the_next(void **state)
{
    enum { COMMANDS = 50 };
    struct fake_world *w = *state;

    link_cut(w); // so that all of them wait for the same moment
    for (unsigned i = 0; i < 5; i++)
        job_start(w, "workflow{} local t, name = {}, string.rep('n', 1000000) for i = 1, 10 do t[i] = i end "
                     "foreach(t, {}, function(i) localhost:run{'c' .. i, name = name} end)");
    w->batch_bytes_max = 0;
    world_tick(w, 200);
    link_up(w);
    assert_int_equal(w->starts, COMMANDS);
    assert_true(w->batch_bytes_max > TURN_BYTES_MAX);
    assert_true(w->batch_bytes_max < BATCH_BOUND);
}

static void what_people_ask_for_is_refused_for_a_moment_beyond_its_bound(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("print('small')");
    unsigned taken = 0;
    int rc;

    ask(w, &change);
    world_turn(w);
    while ((rc = ask_print(w, TURN_BYTES_MAX)) == 0 && taken < 100)
        taken++;
    assert_int_equal(rc, -EAGAIN);
    assert_non_null(strstr(err_text(&w->refusal), "ask again"));
    assert_in_range(taken, 4, 12); // a full batch takes what people ask for all the same
    world_settle(w);
    assert_int_equal(w->answers, 1 + taken);
    assert_true(w->batch_bytes_max < TURN_BYTES_ASKED_MAX + 2 * (size_t)TURN_BYTES_MAX);
    assert_int_equal(ask(w, &change), 0);
}

static void many_strands_that_write_without_end_suspend_their_job(void **state)
{
    struct fake_world *w = *state;
    const char *script = "workflow{} local s, t = string.rep('x', 1000000), {} "
                         "for i = 1, 20 do t[i] = i end print('before') sleep('1s') "
                         "foreach(t, {}, function(i) for k = 1, 10 do print(s) end end)";
    uint64_t job = job_start(w, script);

    world_tick(w, 1000);
    expect_state(w, job, JOB_SUSPENDED);
    expect_reason(w, job, "more than 64 MiB");
    expect_records(w, job, "output: before|\n");
    assert_int_equal(ask_resume(w, job), 0); // as often as people like: it is replayed
    world_settle(w);
    expect_reason(w, job, "more than 64 MiB");
    world_swap_script(w, script, "workflow{} print('before') sleep('1s') print('mended')");
    assert_int_equal(ask_resume(w, job), 0);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
}

#define LARGE "local s, t = string.rep('x', 1000000), {} for i = 1, 100 do t[i] = s end "

static void a_value_too_large_for_a_row_is_an_error_of_its_script(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "workflow{} once('o', function() " LARGE " return t end)");

    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "larger than the 16 MiB");
    job = job_start(w, "workflow{} once('o', function() " LARGE " error(t) end)");
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "larger than the 16 MiB");
    job = job_start(w, "workflow{} " LARGE " return t");
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "the workflow's result is larger");
    job = job_start(w, "workflow{} " LARGE " t.message = 'the reason' error(t)");
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "the reason");
}

static int check_cut(void *arg, const struct job_view *view)
{
    static const char end[] = "x... (and 9934464 bytes more)";
    struct slice reason = view->head->reason;

    (void)arg;
    assert_int_equal(reason.len, JOB_REASON_MAX + strlen(end) - 1);
    assert_memory_equal(reason.ptr + JOB_REASON_MAX - 1, end, strlen(end));
    return 0;
}

static void a_reason_too_long_for_a_head_is_cut(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "workflow{} fail(string.rep('x', 10000000))");
    struct port port = engine_port(w->engine);
    struct err err;

    expect_state(w, job, JOB_FAILED);
    assert_int_equal(port.ops->job(port.core, job, check_cut, NULL, &err), 0);
    job = job_start(w, "workflow{} parallel{function() suspend(string.rep('x', 10000000)) end}");
    expect_state(w, job, JOB_SUSPENDED);
    assert_int_equal(port.ops->job(port.core, job, check_cut, NULL, &err), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(results_beyond_a_full_batch_wait_in_the_link),
        TEST(a_held_link_that_breaks_loses_nothing),
        TEST(an_engine_that_is_killed_with_its_link_held_asks_for_the_rest),
        TEST(a_link_that_comes_up_beside_a_full_batch_says_so_later),
        TEST(results_wait_in_the_link_until_a_full_disk_has_space),
        TEST(intents_beyond_a_full_batch_wait_for_the_next),
        TEST(what_people_ask_for_is_refused_for_a_moment_beyond_its_bound),
        TEST(many_strands_that_write_without_end_suspend_their_job),
        TEST(a_value_too_large_for_a_row_is_an_error_of_its_script),
        TEST(a_reason_too_long_for_a_head_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
