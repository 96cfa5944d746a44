// SPDX-License-Identifier: MIT
// A job's other name holds in every state, over restarts, and in what is made of it.
#include "unit/core/fake_world.h"

#include <errno.h>
#include <string.h>

static int take_name(void *arg, const struct job_view *view)
{
    snprintf(arg, 64, "%.*s", SLICE_ARG(view->head->name));
    return 0;
}

static void expect_name(struct fake_world *w, uint64_t job, const char *name)
{
    struct port port = engine_port(w->engine);
    char text[64] = "";
    struct err err;

    assert_int_equal(port.ops->job(port.core, job, take_name, text, &err), 0);
    assert_string_equal(text, name);
}

static int rename_job(struct fake_world *w, uint64_t job, const char *name)
{
    int rc = ask(w, &(struct change){ .kind = CHANGE_RENAME, .job_id = job,
                                      .name = slice_str(name) });

    world_settle(w);
    return rc;
}

static void a_running_job_is_renamed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x') sleep('1h') localhost:run('y')");

    assert_int_equal(rename_job(w, job, "other"), 0);
    expect_name(w, job, "other");
    tell_done(w, 2, 0);
    world_settle(w); // its state has changed, and its head was made anew
    expect_name(w, job, "other");
    expect_journal(w, job, "started intended renamed settled:exit:0 intended");
    world_next_engine(w);
    world_tick(w, 3600 * 1000); // it is replayed, and goes on
    expect_name(w, job, "other");
    assert_int_equal(rename_job(w, job, "third"), 0);
    expect_name(w, job, "third");
}

static void a_parked_job_is_renamed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('1h')");

    world_next_engine(w);
    assert_int_equal(rename_job(w, job, "other"), 0);
    world_next_engine(w);
    expect_name(w, job, "other");
    world_tick(w, 3600 * 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_name(w, job, "other");
}

static void a_finished_job_is_renamed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");

    expect_state(w, job, JOB_COMPLETED);
    assert_int_equal(rename_job(w, job, "other"), 0);
    expect_name(w, job, "other");
    expect_state(w, job, JOB_COMPLETED);
    world_next_engine(w);
    expect_name(w, job, "other");
    expect_records(w, job, "output: x|\n");
}

// Its last head is not on disk yet: another one must not be written over it.
static void a_job_that_is_just_ending_is_asked_again(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    tell_done(w, 2, 0);
    world_turn(w);
    assert_non_null(w->committing);
    assert_int_equal(ask(w, &(struct change){ .kind = CHANGE_RENAME, .job_id = job,
                                              .name = SLICE("other") }), -EAGAIN);
    world_settle(w);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_child_keeps_its_name(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "sleep('1h')");

    assert_int_equal(rename_job(w, job + 1, "other"), ERR_STATE);
    assert_non_null(strstr(err_text(&w->refusal), "pawl rename"));
    assert_int_equal(rename_job(w, 999, "other"), -ENOENT);
}

// The name goes to a job that is made of it.
static void a_retry_has_the_new_name(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "localhost:run('x')");

    tell_done(w, 2, 1);
    world_settle(w);
    expect_state(w, job, JOB_FAILED);
    assert_int_equal(rename_job(w, job, "other"), 0);
    assert_int_equal(ask(w, &(struct change){ .kind = CHANGE_RETRY, .job_id = job,
                                              .failures = UINT32_MAX }), 0);
    world_settle(w);
    expect_name(w, w->answer_id, "other");
}

// Behind its tombstone nothing of it may be written again.
static void a_job_that_is_being_removed_is_not_renamed(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print('x')");
    struct job_seen seen;

    assert_int_equal(ask_remove(w, job, false), 0);
    assert_int_equal(ask(w, &(struct change){ .kind = CHANGE_RENAME, .job_id = job,
                                              .name = SLICE("other") }), -ENOENT);
    world_settle(w);
    assert_false(job_see(w, job, &seen));
    world_next_engine(w);
    assert_false(job_see(w, job, &seen));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_running_job_is_renamed),
        TEST(a_parked_job_is_renamed),
        TEST(a_finished_job_is_renamed),
        TEST(a_job_that_is_just_ending_is_asked_again),
        TEST(a_child_keeps_its_name),
        TEST(a_retry_has_the_new_name),
        TEST(a_job_that_is_being_removed_is_not_renamed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
