// SPDX-License-Identifier: MIT
// Those that receive one job at once: whose turn it is, what each is given, and who goes on
// when one stalls or is gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "unit/control/http_client.h"

#define TAKE "/v1/jobs/12/records?since=mark&lease=1"

static void mark_all(struct world *world, struct fake_job *job, uint64_t seq)
{
    job->mark = seq;
    fake_commit(world->fake, 12);
    world_turn(world);
}

static size_t records_of(struct client *client)
{
    struct buf body;
    size_t n;

    buf_init(&body, 0);
    n = text_count(client_body(client, &body), "\"seq\"");
    buf_release(&body);
    return n;
}

static bool is_waiting(struct client *client)
{
    struct buf body;
    bool waiting;

    buf_init(&body, 0);
    waiting = text_count(client_body(client, &body), "{\"waiting\":true}\n") == 1;
    buf_release(&body);
    return waiting;
}

// One that keeps its connection open: as long as it is, its mark may come.
static void take_and_stay(struct client *client, struct world *world, const char *path)
{
    struct buf request;

    buf_init(&request, 0);
    buf_addf(&request, "GET %s HTTP/1.1\r\nHost: pawl\r\n\r\n", path);
    client_open(client, world);
    client_send(client, world, (const char *)request.ptr, request.len);
    buf_release(&request);
}

static void readers_take_turns(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client one, two;

    fake_record_add(job, "1", 1);
    fake_record_add(job, "2", 1);
    take_and_stay(&one, world, TAKE);
    client_read(&one, world, "\r\n0\r\n");
    client_request(&two, world, "GET", TAKE, NULL);
    client_read(&two, world, "waiting");
    fake_record_add(job, "3", 1);
    mark_all(world, job, 1); // half of what the first was given
    client_look(&two, world);
    assert_int_equal(records_of(&two), 0);
    mark_all(world, job, 2);
    client_read(&two, world, NULL);
    assert_int_equal(records_of(&one), 2);
    assert_int_equal(records_of(&two), 1);
    client_close(&one);
    client_close(&two);
}

// What it was given and did not mark is given again.
static void a_reader_that_is_gone_keeps_nobody_waiting(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client one, two;

    fake_record_add(job, "1", 1);
    take_and_stay(&one, world, TAKE);
    client_read(&one, world, "\r\n0\r\n");
    client_request(&two, world, "GET", TAKE, NULL);
    client_read(&two, world, "waiting");
    client_close(&one);
    client_read(&two, world, NULL);
    assert_int_equal(records_of(&two), 1);
    client_close(&two);
}

static void followers_share_out_what_comes(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client clients[3];
    size_t sum = 0;

    for (size_t i = 0; i < 3; i++)
        client_request(&clients[i], world, "GET", TAKE "&follow=1", NULL);
    world_turn(world);
    for (uint64_t seq = 1; seq <= 30; seq++) {
        fake_record_add(job, "x", 1);
        fake_commit(world->fake, 12);
        world_turn(world);
        mark_all(world, job, seq);
    }
    fake_job_set(job, JOB_COMPLETED);
    fake_commit(world->fake, 12);
    for (size_t i = 0; i < 3; i++) {
        client_read(&clients[i], world, NULL);
        sum += records_of(&clients[i]);
        client_close(&clients[i]);
    }
    assert_int_equal(sum, 30);
    assert_int_equal(world->fake->watch_count, 0);
}

// The end of a line that it could mark may be in what it is not given.
static void a_reader_that_cannot_mark_is_given_more_after_a_pause(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client one, two;

    fake_record_add(job, "the beginning", 13);
    take_and_stay(&one, world, TAKE "&follow=1");
    client_read(&one, world, "the beginning");
    client_request(&two, world, "GET", TAKE "&follow=1", NULL);
    client_read(&two, world, "waiting");
    usleep(1100 * 1000); // its turn has been long enough
    fake_record_add(job, "the end", 7);
    fake_commit(world->fake, 12);
    world_turn(world);
    client_look(&one, world);
    assert_int_equal(records_of(&one), 1);
    client_read(&one, world, "the end");
    client_look(&two, world);
    assert_int_equal(records_of(&two), 0); // it has not lost its turn for that
    client_close(&one);
    client_close(&two);
}

static void nobody_waits_for_an_answer_of_its_own(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    static const char again[] = "GET " TAKE " HTTP/1.1\r\nHost: pawl\r\n\r\n";
    struct client client;

    fake_record_add(job, "once", 4);
    take_and_stay(&client, world, TAKE);
    client_read(&client, world, "\r\n0\r\n");
    fake_record_add(job, "more", 4);
    client_send(&client, world, again, sizeof(again) - 1);
    client_read(&client, world, "more");
    assert_null(strstr(buf_cstr(&client.raw), "waiting"));
    client_close(&client);
}

static void whoever_keeps_no_mark_waits_for_nobody(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client one, two;

    fake_record_add(job, "1", 1);
    take_and_stay(&one, world, TAKE "&follow=1");
    client_read(&one, world, "\"seq\"");
    client_request(&two, world, "GET", "/v1/jobs/12/records?since=mark", NULL);
    client_read(&two, world, NULL);
    assert_int_equal(records_of(&two), 1);
    assert_false(is_waiting(&two));
    client_close(&one);
    client_close(&two);
}

static void what_a_child_has_received_is_left_out(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    json_t *lines;

    for (int i = 0; i < 5; i++)
        fake_record_add(job, "x", 1);
    job->mark = 1;
    job->child_mark = 3;
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records?since=mark", NULL, &lines), 200);
    assert_int_equal(json_array_size(lines), 2);
    json_decref(lines);
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records?since=mark&own=1", NULL, &lines),
                     200);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    assert_int_equal(http(world, "GET", "/v1/jobs/13/records?own=1", NULL, NULL), 400);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(readers_take_turns),
        WITH_WORLD(a_reader_that_is_gone_keeps_nobody_waiting),
        WITH_WORLD(followers_share_out_what_comes),
        WITH_WORLD(a_reader_that_cannot_mark_is_given_more_after_a_pause),
        WITH_WORLD(nobody_waits_for_an_answer_of_its_own),
        WITH_WORLD(whoever_keeps_no_mark_waits_for_nobody),
        WITH_WORLD(what_a_child_has_received_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
