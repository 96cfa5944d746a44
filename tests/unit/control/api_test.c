// SPDX-License-Identifier: MIT
// Every route, its answers and its refusals, over a real socket against the fake port.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/control/ask.h"

static void status_tells_the_engine(void **state)
{
    struct world *world = *state;
    json_t *json;

    assert_int_equal(http(world, "GET", "/v1/status", NULL, &json), 200);
    assert_string_equal(text_at(json, "home"), world->dir);
    assert_string_equal(text_at(json, "socket"), world->socket_path);
    assert_int_equal(int_at(json, "uptime_s"), 12);
    assert_int_equal(int_at(json, "commits"), 120);
    assert_int_equal(int_at(json_object_get(json, "jobs"), "Running"), 2);
    assert_int_equal(int_at(json_object_get(json, "jobs"), "Failed"), 0);
    json_decref(json);
}

static void a_job_has_every_key(void **state)
{
    static const char *const keys[] = {
        "id", "uuid", "name", "type", "state", "reason", "host", "location", "command",
        "has_more", "unread", "bytes", "created", "started", "ended", "parent", "children",
        "exit_code", "failed", "total", "progress", "question", "meta",
        "notice", "failure", "questions", "schedule", "nominal",
    };
    struct world *world = *state;
    json_t *json, *child;

    fake_record_add(fake_job_add(world->fake, 12, "", JOB_RUNNING), "abc", 3);
    assert_int_equal(http(world, "GET", "/v1/jobs/12", NULL, &json), 200);
    assert_int_equal(http(world, "GET", "/v1/jobs/12:localhost", NULL, &child), 200);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_non_null(json_object_get(json, keys[i]));
        assert_non_null(json_object_get(child, keys[i]));
    }
    assert_int_equal(json_object_size(json), sizeof(keys) / sizeof(keys[0]));
    assert_string_equal(text_at(json, "name"), "Job12");
    assert_string_equal(text_at(json, "created"), "2023-11-14T22:13:20.000Z");
    assert_int_equal(int_at(json, "unread"), 1);
    assert_int_equal(int_at(json, "bytes"), 3);
    assert_true(json_is_true(json_object_get(json, "has_more")));
    assert_true(json_is_null(json_object_get(json, "exit_code")));
    assert_true(json_is_null(json_object_get(json, "ended")));
    assert_int_equal(json_integer_value(json_array_get(json_object_get(json, "children"), 0)), 13);
    assert_int_equal(int_at(child, "id"), 13);
    assert_int_equal(int_at(child, "parent"), 12);
    assert_string_equal(text_at(child, "host"), "localhost");
    json_decref(json);
    json_decref(child);
}

// A child tells how it came to a bad end; its job tells that in words.
static void a_failure_is_its_childs(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "", JOB_FAILED);
    json_t *json;

    job->child.failure = CHILD_UNREACHABLE;
    assert_int_equal(http(world, "GET", "/v1/jobs/13", NULL, &json), 200);
    assert_string_equal(text_at(json, "failure"), "unreachable");
    json_decref(json);
    assert_int_equal(http(world, "GET", "/v1/jobs/12", NULL, &json), 200);
    assert_true(json_is_null(json_object_get(json, "failure")));
    json_decref(json);
}

static void a_job_is_found_by_id_uuid_and_host(void **state)
{
    static const char *const same[] = { "/v1/jobs/13", "/v1/jobs/12:localhost",
                                        "/v1/jobs/020c0000-0000-0000-0000-000000000000" };
    struct world *world = *state;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(http(world, "GET", same[i], NULL, &json), 200);
        assert_int_equal(int_at(json, "id"), 13);
        json_decref(json);
    }
    check_error(world, "GET", "/v1/jobs/99", NULL, 404, "no_such_job", "99");
    check_error(world, "GET", "/v1/jobs/12:web01", NULL, 404, "no_such_job", "web01");
    check_error(world, "GET", "/v1/jobs/020c0000-0000-0000-0000-00000000ffff", NULL, 404,
                "no_such_job", "ffff");
    check_error(world, "GET", "/v1/jobs/disks", NULL, 400, "usage", "disks");
}

static void check_list(struct world *world, const char *query, const char *ids)
{
    struct buf path, got;
    json_t *rows, *row;
    size_t i;

    buf_init(&path, 0);
    buf_init(&got, 0);
    buf_addf(&path, "/v1/jobs%s", query);
    assert_int_equal(http(world, "GET", buf_cstr(&path), NULL, &rows), 200);
    json_array_foreach(rows, i, row)
        buf_addf(&got, "%s%lld", i ? " " : "", (long long)int_at(row, "id"));
    if (strcmp(buf_cstr(&got), ids) != 0)
        fail_msg("%s: %s, not %s", query, buf_cstr(&got), ids);
    json_decref(rows);
    buf_release(&path);
    buf_release(&got);
}

static void a_list_is_filtered(void **state)
{
    struct world *world = *state;
    struct buf meta;

    buf_init(&meta, 0);
    value_put_map(&meta, 2);
    value_put_str(&meta, "n");
    value_put_int(&meta, 3);
    value_put_str(&meta, "team");
    value_put_str(&meta, "web");
    fake_job_add(world->fake, 1, "disks", JOB_RUNNING);
    fake_job_add(world->fake, 3, "web01", JOB_FAILED)->head.meta = buf_slice(&meta);
    fake_job_add(world->fake, 5, "web02", JOB_COMPLETED)->head.ended_unix_ms++;
    fake_job_add(world->fake, 7, "gone", JOB_COMPLETED)->head.removing = true;
    world->fake->jobs[1].head.type = JOB_WORKFLOW;

    check_list(world, "", "1 3 5");
    check_list(world, "?state=failed,completed", "3 5");
    check_list(world, "?state=Running&state=Failed", "1 3");
    check_list(world, "?type=workflow", "3");
    check_list(world, "?name=web*", "3 5");
    check_list(world, "?ids=5,1,7,99", "1 5");
    check_list(world, "?meta=team%3Dweb&meta=n%3D3", "3");
    check_list(world, "?meta=team%3Ddb", "");
    check_list(world, "?has_more=1", "1");
    check_list(world, "?has_more=0", "3 5");
    fake_record_add(&world->fake->jobs[2], "unread", 6); // it has ended
    check_list(world, "?has_more=1", "1 5");
    check_list(world, "?has_more=0", "3");
    check_list(world, "?newest=1", "5");
    check_list(world, "?after=2023-11-14T22:13:29.000Z", "5");
    check_list(world, "?before=2023-11-14T22:13:29.001Z", "3");
    check_list(world, "?children=1&name=disks", "1 2");
    check_list(world, "?child_state=Failed", "3 4");
    check_error(world, "GET", "/v1/jobs?state=Bogus", NULL, 400, "usage", "Bogus");
    check_error(world, "GET", "/v1/jobs?ids=x", NULL, 400, "usage", "\"x\"");
    check_error(world, "GET", "/v1/jobs?newest=-1", NULL, 400, "usage", "newest");
    check_error(world, "GET", "/v1/jobs?before=noon", NULL, 400, "usage", "noon");
    check_error(world, "GET", "/v1/jobs?meta=team", NULL, 400, "usage", "key=value");
    buf_release(&meta);
}

static void start_encodes_and_answers_after_the_commit(void **state)
{
    struct world *world = *state;
    const struct fake_change *change = &world->fake->changes[0];
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    assert_int_equal(change_now(world, "POST", "/v1/jobs",
                                "{\"type\":\"local\",\"name\":\"disks\",\"params\":"
                                "{\"shell\":\"df\",\"n\":[1,2.5,null]},\"meta\":{\"a\":\"b\"},"
                                "\"cwd\":\"/tmp\",\"env\":{\"X\":\"1\"},\"timeout_ms\":1500,"
                                "\"auto_remove\":true}", 12, NULL, &json), 201);
    assert_int_equal(int_at(json, "id"), 12);
    assert_int_equal(change->change.kind, CHANGE_START);
    assert_int_equal(change->change.type, JOB_LOCAL);
    assert_int_equal(change->change.timeout_ms, 1500);
    assert_true(change->change.auto_remove);
    assert_true(uuid_is_nil(change->change.request));
    assert_string_equal(change->name, "disks");
    assert_string_equal(change->cwd, "/tmp");
    assert_string_equal(change->params, "{\"n\":[1,2.5,null],\"shell\":\"df\"}");
    assert_string_equal(change->meta, "{\"a\":\"b\"}");
    assert_string_equal(change->env, "{\"X\":\"1\"}");
    json_decref(json);
}

static void start_takes_bytes_as_base64(void **state)
{
    struct world *world = *state;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    assert_int_equal(change_now(world, "POST", "/v1/jobs",
                                "{\"type\":\"local\",\"params\":{\"stdin_b64\":\"gP8A\","
                                "\"script_b64\":\"YQ==\"}}", 12, NULL, &json), 201);
    json_decref(json);
    assert_string_equal(world->fake->changes[0].params,
                        "{\"script\":\"a\",\"stdin\":{\"b64\":\"gP8A\"}}");
    check_error(world, "POST", "/v1/jobs",
                "{\"type\":\"local\",\"params\":{\"stdin_b64\":\"?\"}}", 400, "usage", "base64");
}

static void start_refuses_wrong_bodies(void **state)
{
    static const char *const bodies[][2] = {
        { "{", "JSON" }, { "[]", "object" }, { "{}", "type" },
        { "{\"type\":\"cim\"}", "cim" }, { "{\"type\":\"lokal\"}", "lokal" },
        { "{\"type\":\"local\",\"parms\":{}}", "parms" },
        { "{\"type\":\"local\",\"params\":[]}", "params" },
        { "{\"type\":\"local\",\"cwd\":\"tmp\"}", "absolute" },
        { "{\"type\":\"local\",\"env\":{\"A\":1}}", "A" },
        { "{\"type\":\"local\",\"timeout_ms\":-1}", "timeout_ms" },
        { "{\"type\":\"local\",\"auto_remove\":1}", "auto_remove" },
        { "{\"type\":\"local\",\"script\":{}}", "script" },
        { "{\"type\":\"workflow\"}", "script" },
        { "{\"type\":\"workflow\",\"script\":{\"name\":\"a.lua\"}}", "text" },
        { "{\"type\":\"local\",\"name\":7}", "name" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        check_error(world, "POST", "/v1/jobs", bodies[i][0], 400, "usage", bodies[i][1]);
    assert_int_equal(world->fake->change_count, 0);
}

static void the_verbs_become_changes(void **state)
{
    static const struct {
        const char *method, *path, *body;
        enum change_kind kind;
    } verbs[] = {
        { "POST", "/v1/jobs/12/stop", "{\"force\":true,\"grace_ms\":250}", CHANGE_STOP },
        { "POST", "/v1/jobs/12/suspend", "{\"force\":true}", CHANGE_SUSPEND },
        { "POST", "/v1/jobs/12/resume", NULL, CHANGE_RESUME },
        { "POST", "/v1/jobs/12/signal", "{\"name\":\"go\",\"value\":{\"n\":1}}", CHANGE_SIGNAL },
        { "POST", "/v1/jobs/12/answer", "{\"answer\":true,\"question\":3}", CHANGE_ANSWER },
        { "POST", "/v1/jobs/12/mark", "{\"seq\":7,\"own\":true}", CHANGE_MARK },
        { "DELETE", "/v1/jobs/12?force=1", NULL, CHANGE_REMOVE },
        { "POST", "/v1/jobs/12/rename", "{\"name\":\"other\"}", CHANGE_RENAME },
    };
    struct world *world = *state;
    const struct fake_change *changes = world->fake->changes;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        assert_int_equal(change_now(world, verbs[i].method, verbs[i].path, verbs[i].body, 12,
                                    NULL, &json), 200);
        assert_int_equal(int_at(json, "id"), 12);
        assert_int_equal(changes[i].change.kind, verbs[i].kind);
        assert_int_equal(changes[i].change.job_id, 12);
        json_decref(json);
    }
    assert_true(changes[0].change.force);
    assert_int_equal(changes[0].change.grace_ms, 250);
    assert_true(changes[1].change.force);
    assert_string_equal(changes[3].signal_name, "go");
    assert_string_equal(changes[3].signal_value, "{\"n\":1}");
    assert_int_equal(changes[4].change.question_no, 3);
    assert_int_equal(changes[5].change.seq, 7);
    assert_true(changes[5].change.own);
    assert_true(changes[6].change.force);
    assert_string_equal(changes[7].name, "other");
}

// A child is received by itself: its own id is what the engine is told.
static void a_mark_of_a_child_is_its_own(void **state)
{
    struct world *world = *state;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    assert_int_equal(change_now(world, "POST", "/v1/jobs/12:localhost/mark", "{\"seq\":7}", 12,
                                NULL, &json), 200);
    assert_int_equal(world->fake->changes[0].change.job_id, 13);
    assert_false(world->fake->changes[0].change.own);
    json_decref(json);
}

static void a_retry_names_its_hosts(void **state)
{
    static const struct {
        const char *body;
        unsigned failures;
    } bodies[] = {
        { NULL, 1u << CHILD_FAILED | 1u << CHILD_UNREACHABLE | 1u << CHILD_UNREACHED },
        { "{\"failures\":[\"stopped\",\"unreachable\"],\"name\":\"again\"}",
          1u << CHILD_STOPPED | 1u << CHILD_UNREACHABLE },
    };
    struct world *world = *state;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_FAILED);
    fake_job_add(world->fake, 20, "disks", JOB_RUNNING);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(change_now(world, "POST", "/v1/jobs/12/retry", bodies[i].body, 20, NULL,
                                    &json), 201);
        assert_int_equal(int_at(json, "id"), 20); // the new one
        json_decref(json);
        assert_int_equal(world->fake->changes[i].change.kind, CHANGE_RETRY);
        assert_int_equal(world->fake->changes[i].change.job_id, 12);
        assert_int_equal(world->fake->changes[i].change.failures, bodies[i].failures);
    }
    assert_string_equal(world->fake->changes[1].name, "again");
    check_error(world, "POST", "/v1/jobs/12/retry", "{\"failures\":[]}", 400, "usage", "at least one");
    check_error(world, "POST", "/v1/jobs/12/retry", "{\"failures\":\"failed\"}", 400, "usage",
                "not an array");
    check_error(world, "POST", "/v1/jobs/12/retry", "{\"failures\":[\"gone\"]}", 400, "usage",
                "\"gone\" is none of");
    check_error(world, "POST", "/v1/jobs/12/retry", "{\"failures\":[1]}", 400, "usage", "none of");
    check_error(world, "POST", "/v1/jobs/12/retry", "{\"name\":1}", 400, "usage", "not a string");
    check_error(world, "POST", "/v1/jobs/99/retry", NULL, 404, "no_such_job", "99");
}

static void a_refused_change_says_why(void **state)
{
    static const struct {
        int code, status;
        const char *word;
    } refusals[] = {
        { ERR_STATE, 409, "wrong_state" }, { -ENOSPC, 503, "disk_full" },
        { ERR_USAGE, 400, "usage" },       { -ECANCELED, 503, "shutting_down" },
        { ERR_SCRIPT, 400, "script" },     { -EIO, 500, "internal" },
        { -ENOENT, 404, "no_such_job" },   { ERR_CORRUPT, 500, "damaged" },
        { -EAGAIN, 503, "busy" },
    };
    struct world *world = *state;

    fake_job_add(world->fake, 12, "disks", JOB_COMPLETED);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct err err = { 0 };
        json_t *json;
        world->fake->change_refusal = refusals[i].code;
        check_error(world, "POST", "/v1/jobs/12/stop", "{}", refusals[i].status,
                    refusals[i].word, "refused by the fake");
        world->fake->change_refusal = 0;
        err_set(&err, refusals[i].code, "later");
        assert_int_equal(change_now(world, "POST", "/v1/jobs/12/stop", "{}", 12, &err, &json),
                         refusals[i].status);
        assert_string_equal(text_at(json_object_get(json, "error"), "message"), "later");
        json_decref(json);
    }
}

static void the_verbs_refuse_wrong_bodies(void **state)
{
    struct world *world = *state;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    check_error(world, "POST", "/v1/jobs/12/stop", "{\"force\":1}", 400, "usage", "force");
    check_error(world, "POST", "/v1/jobs/12/stop", "{\"grace_ms\":\"1\"}", 400, "usage", "grace");
    check_error(world, "POST", "/v1/jobs/12/signal", "{}", 400, "usage", "name");
    check_error(world, "POST", "/v1/jobs/12/mark", "{}", 400, "usage", "seq");
    check_error(world, "POST", "/v1/jobs/12/rename", "{}", 400, "usage", "is missing");
    check_error(world, "POST", "/v1/jobs/12/rename", "{\"name\":7}", 400, "usage", "string");
    check_error(world, "POST", "/v1/jobs/12/mark", "{\"seq\":-4}", 400, "usage", "seq");
    check_error(world, "POST", "/v1/jobs/99/stop", "{}", 404, "no_such_job", "99");
    check_error(world, "DELETE", "/v1/jobs/13", NULL, 409, "wrong_state", "12");
    check_error(world, "DELETE", "/v1/jobs/99", NULL, 404, "no_such_job", "99");
    assert_int_equal(world->fake->change_count, 0);
}

static void the_request_id_is_passed_on(void **state)
{
    static const char good[] =
        "POST /v1/jobs/12/resume HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Pawl-Request: 00112233-4455-4677-8899-aabbccddeeff\r\nContent-Length: 0\r\n\r\n";
    static const char bad[] =
        "POST /v1/jobs/12/resume HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Pawl-Request: 42\r\nContent-Length: 0\r\n\r\n";
    struct world *world = *state;
    struct client client;
    char text[UUID_TEXT];

    fake_job_add(world->fake, 12, "disks", JOB_SUSPENDED);
    client_open(&client, world);
    client_send(&client, world, bad, sizeof(bad) - 1);
    client_read(&client, world, NULL);
    assert_int_equal(client_status(&client), 400);
    assert_int_equal(world->fake->change_count, 0);
    client_close(&client);
    client_open(&client, world);
    client_send(&client, world, good, sizeof(good) - 1);
    world_until(world, &world->fake->change_count, 1);
    fake_answer(world->fake, 12, NULL);
    client_read(&client, world, NULL);
    assert_int_equal(client_status(&client), 200);
    assert_string_equal(uuid_format(world->fake->changes[0].change.request, text),
                        "00112233-4455-4677-8899-aabbccddeeff");
    client_close(&client);
}

static void steps_are_lines(void **state)
{
    struct world *world = *state;
    json_t *lines, *first, *second;

    fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    assert_int_equal(http(world, "GET", "/v1/jobs/12/steps", NULL, &lines), 200);
    assert_int_equal(json_array_size(lines), 2);
    first = json_array_get(lines, 0);
    second = json_array_get(lines, 1);
    assert_string_equal(text_at(first, "strand"), "1.2");
    assert_string_equal(text_at(first, "kind"), "run");
    assert_string_equal(text_at(first, "state"), "done");
    assert_string_equal(text_at(first, "outcome"), "exit");
    assert_int_equal(int_at(first, "code"), 0);
    assert_string_equal(text_at(first, "ended"), "2023-11-14T22:13:21.000Z");
    assert_string_equal(text_at(second, "kind"), "command");
    assert_string_equal(text_at(second, "state"), "running");
    assert_true(json_is_null(json_object_get(second, "outcome")));
    json_decref(lines);
    check_error(world, "GET", "/v1/jobs/99/steps", NULL, 404, "no_such_job", "99");
}

static void a_script_shows_its_header(void **state)
{
    struct world *world = *state;
    json_t *json;

    assert_int_equal(http(world, "POST", "/v1/scripts/header",
                          "{\"name\":\"a.lua\",\"text\":\"hello\"}", &json), 200);
    assert_string_equal(text_at(json, "about"), "hello");
    json_decref(json);
    check_error(world, "POST", "/v1/scripts/header",
                "{\"name\":\"a.lua\",\"text\":\"syntax error\"}", 400, "script", "a.lua:1:");
    check_error(world, "POST", "/v1/scripts/header", "{\"name\":\"a.lua\"}", 400, "usage", "text");
}

static void wait_answers_when_it_is_so(void **state)
{
    struct world *world = *state;
    struct fake_job *job = fake_job_add(world->fake, 12, "disks", JOB_RUNNING);
    struct client client;
    struct buf text;
    json_t *json;

    client_request(&client, world, "GET", "/v1/jobs/12/wait?for=finished", NULL);
    world_until(world, &world->fake->watch_count, 1);
    fake_job_set(job, JOB_SUSPENDED);
    fake_commit(world->fake, 12);
    client_look(&client, world);
    assert_int_equal(client.raw.len, 0);
    fake_job_set(job, JOB_COMPLETED);
    fake_commit(world->fake, 12);
    client_read(&client, world, NULL);
    buf_init(&text, 0);
    json = json_loads(client_body(&client, &text), 0, NULL);
    assert_true(json_is_true(json_object_get(json, "reached")));
    assert_true(json_is_false(json_object_get(json, "timed_out")));
    assert_int_equal(int_at(json_array_get(json_object_get(json, "done"), 0), "id"), 12);
    json_decref(json);
    buf_release(&text);
    client_close(&client);
}

static void check_wait(struct world *world, const char *path, bool reached, bool timed_out,
                       size_t done, size_t pending)
{
    json_t *json;

    assert_int_equal(http(world, "GET", path, NULL, &json), 200);
    assert_int_equal(json_is_true(json_object_get(json, "reached")), reached);
    assert_int_equal(json_is_true(json_object_get(json, "timed_out")), timed_out);
    assert_int_equal(json_array_size(json_object_get(json, "done")), done);
    assert_int_equal(json_array_size(json_object_get(json, "pending")), pending);
    json_decref(json);
}

static void wait_knows_what_cannot_come(void **state)
{
    struct world *world = *state;

    fake_job_add(world->fake, 1, "a", JOB_COMPLETED);
    fake_job_add(world->fake, 3, "b", JOB_BLOCKED);
    fake_job_add(world->fake, 5, "c", JOB_RUNNING);
    check_wait(world, "/v1/jobs/1/wait", true, false, 1, 0);
    check_wait(world, "/v1/jobs/1/wait?for=Suspended", false, false, 0, 1);
    check_wait(world, "/v1/jobs/3/wait", false, false, 0, 1);
    check_wait(world, "/v1/jobs/3/wait?for=Blocked", true, false, 1, 0);
    check_wait(world, "/v1/jobs/5/wait?timeout_ms=0", false, true, 0, 1);
    check_wait(world, "/v1/jobs/5/wait?timeout_ms=30", false, true, 0, 1);
    check_wait(world, "/v1/wait?ids=1,5&timeout_ms=30", false, true, 1, 1);
    check_wait(world, "/v1/wait?ids=1,5&any=1", true, false, 1, 1);
    check_wait(world, "/v1/wait?ids=3,5", false, false, 0, 2);
    check_wait(world, "/v1/wait?ids=3,5&any=1&timeout_ms=30", false, true, 0, 2);
    check_wait(world, "/v1/wait?ids=6&timeout_ms=0", false, true, 0, 1);
    check_error(world, "GET", "/v1/wait", NULL, 400, "usage", "ids");
    check_error(world, "GET", "/v1/wait?ids=1,99", NULL, 404, "no_such_job", "99");
    check_error(world, "GET", "/v1/jobs/1/wait?for=ever", NULL, 400, "usage", "ever");
}

static void wrong_paths_and_methods(void **state)
{
    struct world *world = *state;

    check_error(world, "GET", "/", NULL, 404, "no_such_path", "/");
    check_error(world, "GET", "/v1/jobs/", NULL, 404, "no_such_path", "/v1/jobs/");
    check_error(world, "GET", "/v1/jobs/1/records/2", NULL, 404, "no_such_path", "records");
    check_error(world, "PUT", "/v1/jobs", "{}", 405, "method_not_allowed", "PUT");
    check_error(world, "GET", "/v1/jobs/1/stop", NULL, 405, "method_not_allowed", "GET");
}

static void shutdown_is_asked_once(void **state)
{
    struct world *world = *state;
    json_t *json;

    assert_int_equal(http(world, "POST", "/v1/shutdown", "", &json), 202);
    assert_true(json_is_true(json_object_get(json, "shutting_down")));
    json_decref(json);
    world_turn(world);
    assert_int_equal(world->fake->shutdowns, 1);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(status_tells_the_engine),
        WITH_WORLD(a_job_has_every_key),
        WITH_WORLD(a_failure_is_its_childs),
        WITH_WORLD(a_job_is_found_by_id_uuid_and_host),
        WITH_WORLD(a_list_is_filtered),
        WITH_WORLD(start_encodes_and_answers_after_the_commit),
        WITH_WORLD(start_takes_bytes_as_base64),
        WITH_WORLD(start_refuses_wrong_bodies),
        WITH_WORLD(the_verbs_become_changes),
        WITH_WORLD(a_mark_of_a_child_is_its_own),
        WITH_WORLD(a_retry_names_its_hosts),
        WITH_WORLD(a_refused_change_says_why),
        WITH_WORLD(the_verbs_refuse_wrong_bodies),
        WITH_WORLD(the_request_id_is_passed_on),
        WITH_WORLD(steps_are_lines),
        WITH_WORLD(a_script_shows_its_header),
        WITH_WORLD(wait_answers_when_it_is_so),
        WITH_WORLD(wait_knows_what_cannot_come),
        WITH_WORLD(wrong_paths_and_methods),
        WITH_WORLD(shutdown_is_asked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
