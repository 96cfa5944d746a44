// SPDX-License-Identifier: MIT
// Lists: every job once however many blocks they take, only the keys that are asked for, and
// rows that are JSON whatever is in them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/control/ask.h"

enum { JOBS = 400 };

static void add_jobs(struct world *world)
{
    static char command[1000];

    memset(command, 'c', sizeof(command));
    for (uint64_t i = 1; i <= JOBS; i++)
        fake_job_add(world->fake, 2 * i, "", JOB_COMPLETED)->head.command =
            slice_of(command, sizeof(command));
}

static void long_lists_have_every_job_once(void **state)
{
    struct world *world = *state;
    json_t *rows, *row;
    size_t i;

    add_jobs(world);
    assert_int_equal(http(world, "GET", "/v1/jobs", NULL, &rows), 200);
    assert_int_equal(json_array_size(rows), JOBS);
    json_array_foreach(rows, i, row) {
        assert_int_equal(int_at(row, "id"), 2 * (i + 1));
        assert_int_equal(json_string_length(json_object_get(row, "command")), 1000);
    }
    json_decref(rows);
}

// Read in blocks, so what goes meanwhile is not there, and what comes is.
static void a_list_is_what_is_there_when_it_is_read(void **state)
{
    struct world *world = *state;
    struct client client;
    struct buf body;

    add_jobs(world);
    client_request(&client, world, "GET", "/v1/jobs", NULL);
    world_turn(world);
    world->fake->jobs[JOBS - 1].head.removing = true;
    fake_job_add(world->fake, 2 * JOBS + 2, "late", JOB_RUNNING);
    client_read(&client, world, NULL);
    buf_init(&body, 0);
    assert_non_null(strstr(client_body(&client, &body), "{\"id\":798,"));
    assert_null(strstr((const char *)body.ptr, "{\"id\":800,"));
    assert_non_null(strstr((const char *)body.ptr, "{\"id\":802,"));
    buf_release(&body);
    client_close(&client);
}

static void rows_have_the_keys_that_are_asked_for(void **state)
{
    struct world *world = *state;
    struct client client;
    struct buf body;

    fake_record_add(fake_job_add(world->fake, 12, "disks", JOB_RUNNING), "abc", 3);
    client_request(&client, world, "GET", "/v1/jobs?children=1&fields=state,unread,id&fields=host",
                   NULL);
    client_read(&client, world, NULL);
    buf_init(&body, 0);
    assert_string_equal(client_body(&client, &body),
                        "{\"id\":12,\"state\":\"Running\",\"host\":null,\"unread\":1}\n"
                        "{\"id\":13,\"state\":\"Running\",\"host\":\"localhost\",\"unread\":1}\n");
    buf_release(&body);
    client_close(&client);
    check_error(world, "GET", "/v1/jobs?fields=id,nmae", NULL, 400, "usage", "\"nmae\"");
    check_error(world, "GET", "/v1/jobs?fields=", NULL, 400, "usage", "\"\"");
}

// The longest request there may be fits the memory of a connection.
static void as_many_ids_as_are_allowed_are_taken(void **state)
{
    struct world *world = *state;
    struct buf path;
    json_t *rows;

    fake_job_add(world->fake, 100000007, "last", JOB_RUNNING);
    buf_init(&path, 0);
    buf_add_str(&path, "/v1/jobs?ids=100000007");
    for (int i = 1; i < 4096; i++)
        buf_addf(&path, ",%d", 200000000 + i);
    assert_int_equal(http(world, "GET", buf_cstr(&path), NULL, &rows), 200);
    assert_int_equal(json_array_size(rows), 1);
    json_decref(rows);
    buf_add_str(&path, ",1");
    check_error(world, "GET", buf_cstr(&path), NULL, 400, "usage", "more than 4096");
    buf_release(&path);
}

static void rows_are_json_whatever_is_in_them(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "", JOB_FAILED);
    struct job_head *head = &job->head;
    json_t *row;

    head->name = SLICE("q\"\\\n\x1f\x7f\xc3\xa9");
    head->command = SLICE("bad \xff\xc0 end");
    head->reason = SLICE("");
    head->created_unix_ms = 951782400007; // a 29th of February
    head->started_unix_ms = 0;
    head->ended_unix_ms = INT64_C(253402300799999);
    head->exit_code = -9;
    head->progress_done = 3;
    head->progress_text = SLICE("half\t");
    head->meta = SLICE("\x81\xa1k\xc3"); // { k = true }
    assert_int_equal(http(world, "GET", "/v1/jobs/12", NULL, &row), 200);
    assert_string_equal(text_at(row, "name"), "q\"\\\n\x1f\x7f\xc3\xa9");
    assert_string_equal(text_at(row, "command"), "bad \xef\xbf\xbd\xef\xbf\xbd end");
    assert_true(json_is_null(json_object_get(row, "reason")));
    assert_string_equal(text_at(row, "created"), "2000-02-29T00:00:00.007Z");
    assert_true(json_is_null(json_object_get(row, "started")));
    assert_string_equal(text_at(row, "ended"), "9999-12-31T23:59:59.999Z");
    assert_int_equal(int_at(row, "exit_code"), -9);
    assert_string_equal(text_at(json_object_get(row, "progress"), "text"), "half\t");
    assert_int_equal(int_at(json_object_get(row, "progress"), "done"), 3);
    assert_true(json_is_true(json_object_get(json_object_get(row, "meta"), "k")));
    json_decref(row);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(long_lists_have_every_job_once),
        WITH_WORLD(a_list_is_what_is_there_when_it_is_read),
        WITH_WORLD(rows_have_the_keys_that_are_asked_for),
        WITH_WORLD(as_many_ids_as_are_allowed_are_taken),
        WITH_WORLD(rows_are_json_whatever_is_in_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
