// SPDX-License-Identifier: MIT
// A once() is called after its intent is on disk; cut off, it follows its on_interrupt.
#include "unit/core/fake_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch {
    struct fake_world *world;
    char path[32];
};

// once() may use io: the file has one byte for each call.
static uint64_t start_once(struct fake_world *w, const char *path, const char *options)
{
    char script[256];

    snprintf(script, sizeof(script),
             "wait_signal('go') print(once('o', function() "
             "local f = io.open('%s', 'a') f:write('x') f:close() return 'called' end, %s))",
             path, options);
    return job_start(w, script);
}

static long calls(const char *path)
{
    FILE *file = fopen(path, "r");
    long size;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    fclose(file);
    return size;
}

static int scratch_setup(void **state)
{
    struct scratch *s = calloc(1, sizeof(*s));
    int fd;

    assert_non_null(s);
    snprintf(s->path, sizeof(s->path), "/tmp/pawl-once-XXXXXX");
    fd = mkstemp(s->path);
    assert_true(fd >= 0);
    close(fd);
    s->world = world_new();
    *state = s;
    return 0;
}

static int scratch_teardown(void **state)
{
    struct scratch *s = *state;

    world_free(s->world);
    unlink(s->path);
    free(s);
    return 0;
}

static void it_is_called_when_its_intent_is_on_disk(void **state)
{
    struct scratch *s = *state;
    struct fake_world *w = s->world;
    uint64_t job = start_once(w, s->path, "{}");

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    assert_int_equal(calls(s->path), 0);
    world_settle(w);
    assert_int_equal(calls(s->path), 1);
    expect_records(w, job, "output: called|\n");
}

// Its intent is on disk and it is called; its value is lost with the engine.
static void cut_off(struct scratch *s, uint64_t job)
{
    struct fake_world *w = s->world;

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    world_land(w);
    world_turn(w);
    assert_int_equal(calls(s->path), 1);
    world_crash(w);
    world_boot(w);
}

static void one_that_was_cut_off_is_called_again(void **state)
{
    struct scratch *s = *state;
    uint64_t job = start_once(s->world, s->path, "{}");

    cut_off(s, job);
    assert_int_equal(calls(s->path), 2);
    expect_journal(s->world, job, "started intended signalled intended settled:interrupted:0 "
                                  "intended settled:value:0 ended");
}

static void one_that_was_cut_off_is_not_called_again_when_its_author_says_so(void **state)
{
    struct scratch *s = *state;
    uint64_t job = start_once(s->world, s->path, "{ on_interrupt = 'fail' }");

    cut_off(s, job);
    assert_int_equal(calls(s->path), 1);
    expect_state(s->world, job, JOB_FAILED);
}

static void one_whose_intent_was_lost_is_called_by_the_next_engine(void **state)
{
    struct scratch *s = *state;
    struct fake_world *w = s->world;
    uint64_t job = start_once(w, s->path, "{}");

    ask_signal(w, job, "go", (struct slice){ 0 });
    world_turn(w);
    world_crash(w);
    world_boot(w);
    assert_int_equal(calls(s->path), 0);
    signal_job(w, job, "go"); // it was not answered either
    assert_int_equal(calls(s->path), 1);
    expect_state(w, job, JOB_COMPLETED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_called_when_its_intent_is_on_disk),
        TEST(one_that_was_cut_off_is_called_again),
        TEST(one_that_was_cut_off_is_not_called_again_when_its_author_says_so),
        TEST(one_whose_intent_was_lost_is_called_by_the_next_engine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
