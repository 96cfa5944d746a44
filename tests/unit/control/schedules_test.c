// SPDX-License-Identifier: MIT
// Schedules over the API: what is handed on, which shapes are refused, and every key of
// the row. What a schedule may be is for the model to say (tests/unit/model/schedule_test.c).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <cmocka.h>

#include "unit/control/ask.h"

#define JOB "\"job\":{\"type\":\"local\",\"params\":{\"shell\":\"df\"}}"

static const struct schedule nightly = {
    .uuid = { { 1 } }, .name = { (const uint8_t *)"nightly", 7 }, .kind = SCHEDULE_CRON,
    .cron_text = { (const uint8_t *)"30 2 * * *", 10 }, .enabled = true,
    .overlap = OVERLAP_QUEUE, .created_unix_ms = 1700000000000, .runs = 3, .last_job = 12,
    .last_unix_ms = 1700000000000, .skips = 2, .skip_unix_ms = 1700000000000, .skip_job = 12,
    .skip_state = JOB_RUNNING, .queue = { (const uint8_t *)"\0\0\1\x8b\xcf\xe5\x68\0", 8 },
    .failed_unix_ms = 1700000000000, .failure = { (const uint8_t *)"why", 3 },
    .keep = 5, .jitter_ms = 1000,
};

static void show_nightly(struct world *world)
{
    world->fake->schedules[0] = (struct schedule_view){ .schedule = &nightly, .unfinished = 1,
                                                        .next_unix_ms = { 1700000060000, 0 } };
    world->fake->schedule_count = 1;
}

static void a_schedule_and_its_job_are_handed_on(void **state)
{
    struct world *world = *state;
    const struct fake_change *change = &world->fake->changes[0];
    json_t *json;

    show_nightly(world);
    assert_int_equal(change_now(world, "POST", "/v1/schedules",
                                "{\"name\":\"nightly\",\"cron\":\"30 2 * * *\",\"timezone\":\"Europe/Berlin\","
                                "\"overlap\":\"replace\",\"missed\":\"skip\",\"jitter_ms\":7,\"keep\":9,"
                                "\"enabled\":false," JOB "}", 0, NULL, &json), 201);
    assert_string_equal(text_at(json, "name"), "nightly"); // the row as it is by then
    json_decref(json);
    assert_int_equal(change->change.kind, CHANGE_SCHEDULE_ADD);
    assert_string_equal(change->schedule_name, "nightly");
    assert_string_equal(change->cron, "30 2 * * *");
    assert_string_equal(change->timezone, "Europe/Berlin");
    assert_int_equal(change->schedule.kind, SCHEDULE_CRON);
    assert_int_equal(change->schedule.overlap, OVERLAP_REPLACE);
    assert_int_equal(change->schedule.missed, MISSED_SKIP);
    assert_int_equal(change->schedule.jitter_ms, 7);
    assert_int_equal(change->schedule.keep, 9);
    assert_false(change->schedule.enabled);
    assert_int_equal(change->change.type, JOB_LOCAL);
    assert_string_equal(change->params, "{\"shell\":\"df\"}");
}

static void what_is_not_said_is_the_usual(void **state)
{
    struct world *world = *state;
    const struct fake_change *changes = world->fake->changes;
    json_t *json;

    assert_int_equal(change_now(world, "POST", "/v1/schedules", "{\"name\":\"a\",\"every_ms\":60000," JOB "}",
                                0, NULL, &json), 201);
    json_decref(json);
    assert_int_equal(change_now(world, "POST", "/v1/schedules", "{\"name\":\"b\",\"at_boot\":true,\"cron\":null,"
                                JOB "}", 0, NULL, &json), 201);
    json_decref(json);
    assert_int_equal(changes[0].schedule.kind, SCHEDULE_EVERY);
    assert_int_equal(changes[0].schedule.every_ms, 60000);
    assert_true(changes[0].schedule.enabled);
    assert_int_equal(changes[0].schedule.overlap, OVERLAP_SKIP);
    assert_int_equal(changes[0].schedule.missed, MISSED_RUN_ONCE);
    assert_int_equal(changes[0].schedule.keep, 0);
    assert_int_equal(changes[1].schedule.kind, SCHEDULE_BOOT);
}

static void wrong_shapes_are_refused(void **state)
{
    static const struct { const char *body, *word; } wrong[] = {
        { "{\"name\":\"a\"," JOB "}", "when is it due" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"cron\":\"@daily\"," JOB "}", "when is it due" },
        { "{\"name\":\"a\",\"at_boot\":false," JOB "}", "when is it due" },
        { "{\"name\":7,\"every_ms\":1000," JOB "}", "name" },
        { "{\"name\":\"a\",\"every_ms\":\"1s\"," JOB "}", "every_ms" },
        { "{\"name\":\"a\",\"at_boot\":1," JOB "}", "at_boot" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"overlap\":\"both\"," JOB "}", "skip, queue" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"missed\":\"all\"," JOB "}", "run-once" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"keep\":0," JOB "}", "keep" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"colour\":1," JOB "}", "colour" },
        { "{\"name\":\"a\",\"every_ms\":1000}", "job" },
        { "{\"name\":\"a\",\"every_ms\":1000,\"job\":{\"type\":\"none\"}}", "none" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_error(world, "POST", "/v1/schedules", wrong[i].body, 400, "usage", wrong[i].word);
    assert_int_equal(world->fake->change_count, 0);
}

static void a_row_has_every_key(void **state)
{
    static const char *const keys[] = {
        "uuid", "name", "cron", "timezone", "every_ms", "at_boot", "overlap", "missed", "jitter_ms",
        "keep", "enabled", "type", "command", "created", "next", "last", "runs", "unfinished",
        "last_job", "queue", "skipped", "missed_last", "failure", "notice",
    };
    struct world *world = *state;
    json_t *row, *rows;

    show_nightly(world);
    assert_int_equal(http(world, "GET", "/v1/schedules/nightly", NULL, &row), 200);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_non_null(json_object_get(row, keys[i]));
    assert_int_equal(json_object_size(row), sizeof(keys) / sizeof(keys[0]));
    assert_string_equal(text_at(row, "overlap"), "queue");
    assert_string_equal(json_string_value(json_array_get(json_object_get(row, "next"), 0)),
                        "2023-11-14T22:14:20.000Z");
    assert_int_equal(json_array_size(json_object_get(row, "next")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(row, "queue"), 0)),
                        "2023-11-14T22:13:20.000Z");
    assert_int_equal(int_at(json_object_get(row, "skipped"), "count"), 2);
    assert_string_equal(text_at(json_object_get(row, "skipped"), "state"), "Running");
    assert_string_equal(text_at(json_object_get(row, "failure"), "reason"), "why");
    assert_true(json_is_null(json_object_get(row, "every_ms")));
    assert_int_equal(http(world, "GET", "/v1/schedules", NULL, &rows), 200);
    assert_int_equal(json_array_size(rows), 1);
    assert_true(json_equal(json_array_get(rows, 0), row));
    json_decref(row);
    json_decref(rows);
}

static void expect_change(struct world *world, const char *method, const char *path,
                          enum change_kind kind, uint64_t id, int status)
{
    const struct fake_change *change = &world->fake->changes[world->fake->change_count];
    json_t *json;

    assert_int_equal(change_now(world, method, path, NULL, id, NULL, &json), status);
    assert_int_equal(change->change.kind, kind);
    assert_string_equal(change->schedule_name, "nightly");
    assert_string_equal(text_at(json, "name"), id ? "disks" : "nightly");
    json_decref(json);
}

static void what_is_asked_of_one_is_handed_on(void **state)
{
    struct world *world = *state;

    show_nightly(world);
    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    expect_change(world, "POST", "/v1/schedules/nightly/enable", CHANGE_SCHEDULE_ENABLE, 0, 200);
    expect_change(world, "POST", "/v1/schedules/nightly/disable", CHANGE_SCHEDULE_DISABLE, 0, 200);
    expect_change(world, "POST", "/v1/schedules/nightly/run", CHANGE_SCHEDULE_RUN, 12, 201);
    expect_change(world, "DELETE", "/v1/schedules/nightly", CHANGE_SCHEDULE_REMOVE, 0, 200);
}

static void one_that_is_not_there_is_told(void **state)
{
    struct world *world = *state;

    check_error(world, "GET", "/v1/schedules/none", NULL, 404, "no_such_schedule", "none");
    world->fake->change_refusal = -ESRCH;
    check_error(world, "POST", "/v1/schedules/none/run", NULL, 404, "no_such_schedule", "refused");
    check_error(world, "POST", "/v1/schedules/none", NULL, 405, "method_not_allowed", "POST");
}

static void jobs_are_found_by_their_schedule(void **state)
{
    struct world *world = *state;
    json_t *rows;

    fake_job_add(world->fake, 1, "a", JOB_RUNNING);
    fake_job_add(world->fake, 3, "b", JOB_RUNNING);
    world->fake->jobs[1].head.schedule = SLICE("nightly");
    world->fake->jobs[1].head.nominal_unix_ms = 1700000000000;
    assert_int_equal(http(world, "GET", "/v1/jobs?schedule=night*", NULL, &rows), 200);
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(int_at(json_array_get(rows, 0), "id"), 3);
    assert_string_equal(text_at(json_array_get(rows, 0), "schedule"), "nightly");
    assert_string_equal(text_at(json_array_get(rows, 0), "nominal"), "2023-11-14T22:13:20.000Z");
    json_decref(rows);
    assert_int_equal(http(world, "GET", "/v1/jobs?schedule=*", NULL, &rows), 200);
    assert_int_equal(json_array_size(rows), 1); // not those of nobody
    json_decref(rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(a_schedule_and_its_job_are_handed_on),
        TEST(what_is_not_said_is_the_usual),
        TEST(wrong_shapes_are_refused),
        TEST(a_row_has_every_key),
        TEST(what_is_asked_of_one_is_handed_on),
        TEST(one_that_is_not_there_is_told),
        TEST(jobs_are_found_by_their_schedule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
