// SPDX-License-Identifier: MIT
// Questions: a job that asks is Blocked until a person answers, its time is over, or it is
// stopped; no answer counts twice, and a wrong one not at all.
#include "unit/core/fake_world.h"

#include <stdio.h>
#include <time.h>

#define APPROVE "print(approve{ 'go on?', within = '1h' })"
#define HOUR_MS (60 * 60 * 1000)

static int ask_answer(struct fake_world *w, uint64_t job, uint64_t no, const char *answer)
{
    int rc = ask(w, &(struct change){ .kind = CHANGE_ANSWER, .job_id = job, .question_no = no,
                                      .answer = slice_str(answer) });

    world_settle(w);
    return rc;
}

static void a_job_that_asks_is_blocked_until_it_is_answered(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, APPROVE);

    expect_state(w, job, JOB_BLOCKED);
    assert_int_equal(ask_answer(w, job, 0, "yes"), 0);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "information: question: go on? (pawl answer 1 yes|no)|\noutput: true|\n");
    expect_journal(w, job, "started intended settled:value:0 ended");
}

static void no_is_an_answer(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "if not approve 'sure?' then fail 'as you like' end");

    assert_int_equal(ask_answer(w, job, 0, "No"), 0);
    expect_state(w, job, JOB_FAILED);
    expect_reason(w, job, "as you like");
}

static void a_wrong_answer_is_none(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "print(ask{ 'which?', choices = { 'red', 'green' } })");

    assert_int_equal(ask_answer(w, job, 0, "blue"), ERR_USAGE);
    assert_int_equal(ask_answer(w, job, 77, "red"), ERR_STATE);
    expect_state(w, job, JOB_BLOCKED);
    assert_int_equal(ask_answer(w, job, 0, "green"), 0);
    assert_int_equal(ask_answer(w, job, 0, "red"), ERR_STATE);
    expect_records(w, job, "information: question: which? (pawl answer 1 red|green)|\noutput: green|\n");
}

// It is parked meanwhile, and the engine is another one.
static void the_question_outlives_the_engine(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, APPROVE);

    world_tick(w, 1000);
    assert_false(job_is_resident(w, job));
    world_next_engine(w);
    expect_state(w, job, JOB_BLOCKED);
    assert_int_equal(ask_answer(w, job, 2, "yes"), 0);
    expect_state(w, job, JOB_COMPLETED);
}

static void its_time_is_bounded_across_engines(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, APPROVE);

    world_tick(w, HOUR_MS / 2);
    world_next_engine(w);
    world_tick(w, HOUR_MS / 2 - 1000);
    expect_state(w, job, JOB_BLOCKED);
    world_tick(w, 1000);
    expect_state(w, job, JOB_COMPLETED);
    expect_records(w, job, "information: question: go on? (pawl answer 1 yes|no)|\n"
                           "output: false\ttimeout|\n");
    assert_int_equal(ask_answer(w, job, 0, "yes"), ERR_STATE);
}

static void of_several_one_must_be_named(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "parallel{ function() print('a', ask 'a') end,\n"
                                "function() print('b', ask 'b') end }");

    assert_int_equal(ask_answer(w, job, 0, "x"), ERR_STATE);
    assert_int_equal(ask_answer(w, job, 3, "x"), 0);
    expect_state(w, job, JOB_BLOCKED);
    assert_int_equal(ask_answer(w, job, 3, "x"), ERR_STATE);
    assert_int_equal(ask_answer(w, job, 0, "y"), 0);
    expect_state(w, job, JOB_COMPLETED);
}

static void a_stop_leaves_no_question_open(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "undo(function() localhost:run 'undo' end) " APPROVE);

    stop_job(w, job, -1);
    expect_state(w, job, JOB_STOPPING);
    assert_int_equal(ask_answer(w, job, 0, "yes"), ERR_STATE);
    expect_start(w, 4);
    command_ends(w, 4, 0);
    expect_state(w, job, JOB_STOPPED);
}

static void an_answer_to_a_suspended_job_is_kept(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, APPROVE);

    suspend_job(w, job, false);
    expect_state(w, job, JOB_SUSPENDED);
    assert_int_equal(ask_answer(w, job, 2, "yes"), 0);
    expect_state(w, job, JOB_SUSPENDED);
    world_next_engine(w);
    resume_job(w, job);
    expect_state(w, job, JOB_COMPLETED);
}

// A cleanup that asks is cut off when its time is over: the job is Blocked no longer.
static void a_cleanup_that_asks_is_bounded(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "workflow { cleanup_timeout = '1m' }\n"
                                "undo(function() localhost:run 'later' end)\n"
                                "undo(function() ask 'really?' end) fail 'x'");

    expect_state(w, job, JOB_BLOCKED);
    world_tick(w, 61 * 1000);
    expect_state(w, job, JOB_FAILED);
}

struct seen {
    enum job_state child[2];
    size_t questions;
};

static int see(void *arg, const struct job_view *view)
{
    struct seen *seen = arg;

    for (size_t i = 0; i < 2; i++)
        seen->child[i] = view->head->children[i].state;
    seen->questions = view->head->questions.len;
    return 0;
}

static void only_the_child_that_asks_is_blocked(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("hosts:each(function(h)\n"
                                    "  if h.name == 'web1' then parallel{ function() ask 'q' end } end\n"
                                    "  h:run('x')\n"
                                    "end)");
    struct port port;
    struct seen seen;
    struct err err;
    uint64_t job;

    change.hosts = SLICE("\x92\x81\xa4name\xa4web1\x81\xa4name\xa4web2");
    job = job_start_change(w, &change);
    w->at = "web2";
    link_up_again(w, "boot-w");
    expect_state(w, job, JOB_BLOCKED);
    port = engine_port(w->engine);
    assert_int_equal(port.ops->job(port.core, job, see, &seen, &err), 0);
    assert_int_equal(seen.child[0], JOB_BLOCKED);
    assert_int_equal(seen.child[1], JOB_RUNNING);
    assert_true(seen.questions > 0);
    assert_int_equal(ask_answer(w, job + 2, 0, "x"), ERR_STATE); // nothing is asked on web2
    assert_int_equal(ask_answer(w, job + 1, 0, "x"), 0);
    expect_state(w, job, JOB_RUNNING);
}

// ---- many of them

// From web001 on, in the form of a job's hosts.
static void put_hosts(struct buf *hosts, size_t count)
{
    char name[16];

    buf_init(hosts, 0);
    value_put_array(hosts, count);
    for (size_t i = 1; i <= count; i++) {
        snprintf(name, sizeof(name), "web%03zu", i);
        value_put_map(hosts, 1);
        value_put_str(hosts, "name");
        value_put_str(hosts, name);
    }
}

enum { HOSTS = 800, ANSWERED = 40 };

static int count_blocked(void *arg, const struct job_view *view)
{
    size_t *blocked = arg;

    assert_int_equal(view->head->child_count, HOSTS);
    *blocked = 0;
    for (size_t i = 0; i < HOSTS; i++)
        *blocked += view->head->children[i].state == JOB_BLOCKED;
    return 0;
}

static void expect_blocked(struct fake_world *w, uint64_t job, size_t count)
{
    struct port port = engine_port(w->engine);
    size_t blocked;
    struct err err;

    assert_int_equal(port.ops->job(port.core, job, count_blocked, &blocked, &err), 0);
    assert_int_equal(blocked, count);
}

// Each answer is another head with all that is still asked: the engine must not stand
// still meanwhile. Generous, for slow machines and sanitizers.
static void hundreds_of_hosts_may_ask(void **state)
{
    struct fake_world *w = *state;
    struct change change = start_of("hosts:each(function(h) approve('go on with ' .. h.name) end)");
    clock_t begun = clock();
    struct buf hosts;
    uint64_t job;

    put_hosts(&hosts, HOSTS);
    change.hosts = buf_slice(&hosts);
    job = job_start_change(w, &change);
    buf_release(&hosts);
    expect_blocked(w, job, HOSTS);
    for (uint64_t i = 0; i < ANSWERED; i++)
        assert_int_equal(ask_answer(w, job + 1 + i, 0, "yes"), 0);
    expect_blocked(w, job, HOSTS - ANSWERED);
    assert_true(clock() - begun < 8 * CLOCKS_PER_SEC);
}

static void what_is_asked_counts_against_the_batch(void **state)
{
    struct fake_world *w = *state;
    uint64_t job = job_start(w, "local f = {} for i = 1, 500 do f[i] = function() "
                                "ask(string.rep('x', 4000)) end end parallel(f)");

    assert_true(w->batch_bytes_max < 7 * 1024 * 1024);
    assert_int_equal(ask(w, &(struct change){ .kind = CHANGE_ANSWER, .job_id = job,
                                              .question_no = 2, .answer = SLICE("y") }), 0);
    assert_true(turn_bytes(w->engine) > 499 * 4000);
    world_settle(w);
    assert_int_equal(w->engine->heads_bytes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_asks_is_blocked_until_it_is_answered),
        TEST(no_is_an_answer),
        TEST(a_wrong_answer_is_none),
        TEST(the_question_outlives_the_engine),
        TEST(its_time_is_bounded_across_engines),
        TEST(of_several_one_must_be_named),
        TEST(a_stop_leaves_no_question_open),
        TEST(an_answer_to_a_suspended_job_is_kept),
        TEST(a_cleanup_that_asks_is_bounded),
        TEST(only_the_child_that_asks_is_blocked),
        TEST(hundreds_of_hosts_may_ask),
        TEST(what_is_asked_counts_against_the_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
