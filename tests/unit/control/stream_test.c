// SPDX-License-Identifier: MIT
// Followers: what they get and when they end; slow ones, many at once, vanished ones.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/control/http_client.h"

enum { FOLLOWERS = 100 };

static void records_are_exact(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    json_t *lines, *value_json;

    fake_record_add(job, "text\n", 5);
    fake_record_add(job, "\x80\xff\x00", 3);
    fake_value_add(job, "{\"a\":[1,2]}");
    fake_record_add(job, "lost", 4);
    job->gaps[3] = true;
    fake_record_add(job, "nul\0in", 6);
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records", NULL, &lines), 200);
    assert_int_equal(json_array_size(lines), 5);
    assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "data")),
                        "text\n");
    assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "time")),
                        "2023-11-14T22:13:20.123Z");
    assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "host")),
                        "localhost");
    assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 1), "data_b64")),
                        "gP8A");
    value_json = json_object_get(json_array_get(lines, 2), "value");
    assert_int_equal(json_array_size(json_object_get(value_json, "a")), 2);
    assert_true(json_is_true(json_object_get(json_array_get(lines, 3), "gap")));
    assert_int_equal(json_string_length(json_object_get(json_array_get(lines, 4), "data")), 6);
    json_decref(lines);
}

static void records_that_are_lost_at_the_end_are_one_gap(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_COMPLETED);
    json_t *lines;

    fake_record_add(job, "here", 4);
    job->lost = 3;
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records?follow=1", NULL, &lines), 200);
    assert_int_equal(json_array_size(lines), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 1), "seq")), 4);
    assert_true(json_is_true(json_object_get(json_array_get(lines, 1), "gap")));
    json_decref(lines);
}

static void reading_begins_where_asked(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    static const struct {
        const char *path;
        size_t lines;
    } cases[] = {
        { "/v1/jobs/12/records", 5 }, { "/v1/jobs/12/records?since=3", 2 },
        { "/v1/jobs/12/records?since=mark", 4 }, { "/v1/jobs/12/records?since=5", 0 },
        { "/v1/jobs/13/records?since=99", 0 }, { "/v1/jobs/13/records", 5 },
    };
    json_t *lines;

    for (int i = 0; i < 5; i++)
        fake_record_add(job, "x", 1);
    job->mark = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(http(world, "GET", cases[i].path, NULL, &lines), 200);
        assert_int_equal(json_array_size(lines), cases[i].lines);
        json_decref(lines);
    }
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records?since=x", NULL, NULL), 400);
    assert_int_equal(http(world, "GET", "/v1/jobs/12/records?until=noon", NULL, NULL), 400);
    assert_int_equal(http(world, "GET", "/v1/jobs/99/records", NULL, NULL), 404);
}

static void a_follower_ends_with_the_job(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client client;
    struct buf body;

    buf_init(&body, 0);
    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1&rows=1&until=finished",
                   NULL);
    client_read(&client, world, "\"Running\"");
    fake_record_add(job, "one", 3);
    fake_commit(world->fake, 12);
    client_read(&client, world, "one");
    fake_job_set(job, JOB_SUSPENDED);
    fake_commit(world->fake, 12);
    client_read(&client, world, "\"Suspended\"");
    assert_false(client.eof);
    fake_record_add(job, "two", 3);
    fake_job_set(job, JOB_COMPLETED);
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    assert_true(client.eof);
    client_body(&client, &body);
    assert_int_equal(text_count(buf_cstr(&body), "\n"), 5); // three rows, two records
    assert_true(strstr(buf_cstr(&body), "two") < strstr(buf_cstr(&body), "\"Completed\""));
    assert_int_equal(world->fake->watch_count, 0);
    client_close(&client);
    buf_release(&body);
}

static void events_come_at_changes_only(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client client;
    struct buf body;

    buf_init(&body, 0);
    client_request(&client, world, "GET", "/v1/jobs/12/events?follow=1", NULL);
    client_read(&client, world, "\"Running\"");
    fake_record_add(job, "quiet", 5);
    fake_commit(world->fake, 12); // output alone is no event
    client_look(&client, world);
    job->head.progress_done = 1;
    job->head.progress_total = 4;
    fake_commit(world->fake, 12);
    client_read(&client, world, "\"done\":1");
    fake_job_set(job, JOB_FAILED);
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    client_body(&client, &body);
    assert_int_equal(text_count(buf_cstr(&body), "\n"), 3);
    client_close(&client);
    buf_release(&body);
}

static void rows_of_children_come_as_they_change(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client client;
    struct buf body;

    buf_init(&body, 0);
    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1&children=1", NULL);
    client_read(&client, world, "\"parent\":12");
    fake_record_add(job, "quiet", 5);
    fake_commit(world->fake, 12); // output alone changes no child
    client_read(&client, world, "quiet");
    job->child.state = JOB_FAILED;
    job->child.failure = CHILD_UNREACHABLE;
    fake_commit(world->fake, 12); // and a child that fails makes no row of its job
    client_read(&client, world, "\"failure\":\"unreachable\"");
    fake_record_add(job, "last", 4);
    fake_job_set(job, JOB_FAILED);
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    client_body(&client, &body);
    assert_int_equal(text_count(buf_cstr(&body), "\n"), 7);
    assert_int_equal(text_count(buf_cstr(&body), "\"id\":12"), 2);
    assert_int_equal(text_count(buf_cstr(&body), "\"id\":13"), 3);
    assert_true(strstr(buf_cstr(&body), "last") < strstr(buf_cstr(&body), "\"ended\":\"20"));
    client_close(&client);
    buf_release(&body);
}

static void ask_on_child(struct fake_job *job, uint64_t no, struct buf *questions)
{
    buf_clear(questions);
    value_put_array(questions, 1);
    value_put_array(questions, 5);
    value_put_uint(questions, no);
    value_put_bytes(questions, job->child.host);
    value_put_str(questions, "go on?");
    value_put_bool(questions, true);
    value_put_array(questions, 0);
    job->head.questions = buf_slice(questions);
    job->child.asking = 1;
    job->child.asked_no = no;
}

// Answered, it asks the next thing in the same turn, and is Blocked all the time.
static void another_question_of_a_child_is_told(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_BLOCKED);
    struct client client;
    struct buf body, questions;

    buf_init(&body, 0);
    buf_init(&questions, 0);
    ask_on_child(job, 34, &questions);
    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1&children=1", NULL);
    client_read(&client, world, "\"parent\":12");
    ask_on_child(job, 37, &questions);
    fake_record_add(job, "answered", 8);
    fake_commit(world->fake, 12);
    client_read(&client, world, "answered");
    job->child.asking = 0;
    job->head.questions = (struct slice){ 0 };
    fake_job_set(job, JOB_COMPLETED);
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    client_body(&client, &body);
    assert_int_equal(text_count(buf_cstr(&body), "\"id\":34"), 2); // the job's row, and the child's
    assert_int_equal(text_count(buf_cstr(&body), "\"id\":37"), 2);
    assert_int_equal(text_count(buf_cstr(&body), "\"parent\":12"), 3);
    client_close(&client);
    buf_release(&body);
    buf_release(&questions);
}

// What lies before the records of a child is passed over in turns: others are answered
// meanwhile, and nothing is left out.
static void the_records_of_a_child_may_be_far_apart(void **state)
{
    enum { APART = 5000 };
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_COMPLETED);
    json_t *lines;

    for (int i = 0; i < APART; i++) {
        fake_record_add(job, "of none", 7);
        job->gaps[i] = i > 0 && i < APART - 1; // a damaged one is nobody's
    }
    assert_int_equal(http(world, "GET", "/v1/jobs/13/records", NULL, &lines), 200);
    assert_int_equal(json_array_size(lines), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 1), "seq")), APART);
    json_decref(lines);
}

// The job ends while its last record is on the way, which has filled a turn: what was known
// of the job is old by then.
static void an_end_while_a_record_is_sent_is_seen(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    static const size_t len = 100000; // more than a turn takes
    char *data = test_malloc(len);
    struct client client;

    memset(data, 'x', len);
    fake_record_add(job, data, len);
    job->ends_after = 1;
    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1&rows=1", NULL);
    client_read(&client, world, NULL);
    assert_true(client.eof);
    assert_non_null(strstr(buf_cstr(&client.raw), "\"Completed\""));
    client_close(&client);
    test_free(data);
}

static void a_removed_job_ends_its_followers(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client client;

    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1", NULL);
    world_until(world, &world->fake->watch_count, 1);
    job->head.removing = true;
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    assert_true(client.eof);
    assert_non_null(strstr(buf_cstr(&client.raw), "no_such_job"));
    client_close(&client);
}

// 20 MB for a client that does not read: the server holds a block of it, not all,
// and loses nothing when the client reads on.
static void a_slow_reader_gets_everything(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "big", JOB_COMPLETED);
    char data[4000];
    struct client client;
    struct buf body;
    size_t at = 0;

    memset(data, 'x', sizeof(data));
    for (int i = 0; i < 5000; i++)
        fake_record_add(job, data, sizeof(data));
    client_request(&client, world, "GET", "/v1/jobs/12/records?follow=1", NULL);
    world_turn(world);
    assert_int_equal(http(world, "GET", "/v1/status", NULL, NULL), 200); // others are served
    client_read(&client, world, NULL);
    assert_true(client.eof);
    buf_init(&body, 0);
    client_body(&client, &body);
    for (int seq = 1; seq <= 5000; seq++) {
        json_error_t error;
        json_t *line = json_loadb((const char *)body.ptr + at, body.len - at,
                                  JSON_DISABLE_EOF_CHECK, &error);
        assert_int_equal(json_integer_value(json_object_get(line, "seq")), seq);
        assert_int_equal(json_string_length(json_object_get(line, "data")), sizeof(data));
        at += (size_t)error.position;
        json_decref(line);
    }
    buf_release(&body);
    client_close(&client);
}

static void a_hundred_followers_at_once(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "popular", JOB_RUNNING);
    struct client *clients = calloc(FOLLOWERS, sizeof(*clients));

    for (int i = 0; i < FOLLOWERS; i++) {
        client_request(&clients[i], world, "GET", "/v1/jobs/12/records?follow=1", NULL);
    }
    world_until(world, &world->fake->watch_count, FOLLOWERS);
    for (int i = 0; i < 50; i++) {
        fake_record_add(job, "line\n", 5);
        fake_commit(world->fake, 12);
        world_turn(world);
    }
    fake_job_set(job, JOB_COMPLETED);
    fake_commit(world->fake, 12);
    for (int i = 0; i < FOLLOWERS; i++) {
        client_read(&clients[i], world, NULL);
        assert_true(clients[i].eof);
        assert_int_equal(text_count(buf_cstr(&clients[i].raw), "line"), 50);
        client_close(&clients[i]);
    }
    assert_int_equal(world->fake->watch_count, 0);
    free(clients);
}

static void vanished_followers_are_noticed(void **state)
{
    struct world *world = *state;
    struct client clients[3];

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    for (int i = 0; i < 3; i++) {
        static const char *const paths[] = { "/v1/jobs/12/records?follow=1",
                                             "/v1/jobs/12/events?follow=1",
                                             "/v1/jobs/12/wait" };
        client_request(&clients[i], world, "GET", paths[i], NULL);
    }
    world_until(world, &world->fake->watch_count, 3);
    for (int i = 0; i < 3; i++)
        client_close(&clients[i]);
    // No commit: only the look at the peers can tell.
    world_until(world, &world->fake->watch_count, 0);
}

// The port answers a change whose client has gone, before and after control closed.
static void a_late_answer_finds_nobody(void **state)
{
    struct world *world = *state;
    struct client client;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    for (size_t i = 0; i < 2; i++) {
        client_request(&client, world, "POST", "/v1/jobs/12/stop", "{}");
        world_until(world, &world->fake->change_count, i + 1);
        client_close(&client);
    }
    world_until_idle(world);
    assert_int_equal(fake_open_changes(world->fake), 2);
    fake_answer(world->fake, 12, NULL);
    world_close_control(world);
    fake_answer(world->fake, 12, NULL);
}

static void closing_tells_the_followers(void **state)
{
    struct world *world = *state;
    struct client follower, waiter, changer;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    client_request(&follower, world, "GET", "/v1/jobs/12/records?follow=1", NULL);
    client_request(&waiter, world, "GET", "/v1/jobs/12/wait", NULL);
    client_request(&changer, world, "POST", "/v1/jobs/12/stop", "{}");
    world_until(world, &world->fake->watch_count, 2);
    world_until(world, &world->fake->change_count, 1);
    world_close_control(world);
    client_read(&follower, world, NULL);
    client_read(&waiter, world, NULL);
    client_read(&changer, world, NULL);
    assert_non_null(strstr(buf_cstr(&follower.raw), "shutting_down"));
    assert_non_null(strstr(buf_cstr(&follower.raw), "\r\n0\r\n")); // an orderly end
    assert_int_equal(client_status(&waiter), 503);
    assert_int_equal(client_status(&changer), 503);
    fake_answer(world->fake, 12, NULL);
    client_close(&follower);
    client_close(&waiter);
    client_close(&changer);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(records_are_exact),
        WITH_WORLD(records_that_are_lost_at_the_end_are_one_gap),
        WITH_WORLD(reading_begins_where_asked),
        WITH_WORLD(a_follower_ends_with_the_job),
        WITH_WORLD(events_come_at_changes_only),
        WITH_WORLD(rows_of_children_come_as_they_change),
        WITH_WORLD(another_question_of_a_child_is_told),
        WITH_WORLD(the_records_of_a_child_may_be_far_apart),
        WITH_WORLD(an_end_while_a_record_is_sent_is_seen),
        WITH_WORLD(a_removed_job_ends_its_followers),
        WITH_WORLD(a_slow_reader_gets_everything),
        WITH_WORLD(a_hundred_followers_at_once),
        WITH_WORLD(vanished_followers_are_noticed),
        WITH_WORLD(a_late_answer_finds_nobody),
        WITH_WORLD(closing_tells_the_followers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
