// SPDX-License-Identifier: MIT
// Jobs on hosts over the API: what a start hands on, and which shapes it refuses. What a
// host is, is for the engine to say (tests/unit/model/target_test.c).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/control/ask.h"

static void hosts_are_handed_on(void **state)
{
    struct world *world = *state;
    const struct fake_change *change = &world->fake->changes[0];
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    assert_int_equal(change_now(world, "POST", "/v1/jobs",
                                "{\"type\":\"remote\",\"params\":{\"shell\":\"df\",\"stdin_b64\":\"gP8A\"},"
                                "\"hosts\":[{\"name\":\"web\",\"dest\":\"root@10.0.0.7\",\"vars\":"
                                "{\"a\":[1]}},{\"name\":\"db\"}]}", 12, NULL, &json), 201);
    json_decref(json);
    assert_int_equal(change->change.type, JOB_REMOTE);
    assert_string_equal(change->params, "{\"shell\":\"df\",\"stdin\":{\"b64\":\"gP8A\"}}");
    assert_string_equal(change->hosts, "[{\"dest\":\"root@10.0.0.7\",\"name\":\"web\",\"vars\":"
                                       "{\"a\":[1]}},{\"name\":\"db\"}]");
}

static void a_workflow_may_have_hosts(void **state)
{
    struct world *world = *state;
    const struct fake_change *changes = world->fake->changes;
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    assert_int_equal(change_now(world, "POST", "/v1/jobs",
                                "{\"type\":\"workflow\",\"script\":{\"name\":\"a.lua\",\"text\":\"x\"},"
                                "\"hosts\":[{\"name\":\"web\"}]}", 12, NULL, &json), 201);
    json_decref(json);
    assert_int_equal(changes[0].change.type, JOB_WORKFLOW);
    assert_string_equal(changes[0].hosts, "[{\"name\":\"web\"}]");
    assert_int_equal(change_now(world, "POST", "/v1/jobs",
                                "{\"type\":\"workflow\",\"script\":{\"name\":\"a.lua\",\"text\":\"x\"},"
                                "\"hosts\":null}", 12, NULL, &json), 201);
    json_decref(json);
    assert_int_equal(changes[1].change.hosts.len, 0);
}

static void how_long_hosts_are_waited_for(void **state)
{
    static const struct { const char *value; int64_t reach_ms; } given[] = {
        { "null", 0 }, { "0", 1 }, { "250", 250 }, { "-1", -1 },
    };
    struct world *world = *state;
    char body[256];
    json_t *json;

    fake_job_add(world->fake, 12, "disks", JOB_NOT_STARTED);
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        snprintf(body, sizeof(body), "{\"type\":\"remote\",\"hosts\":[{\"name\":\"web\"}],"
                                     "\"connect_retry_ms\":%s}", given[i].value);
        assert_int_equal(change_now(world, "POST", "/v1/jobs", body, 12, NULL, &json), 201);
        json_decref(json);
        assert_int_equal(world->fake->changes[i].change.reach_ms, given[i].reach_ms);
    }
    check_error(world, "POST", "/v1/jobs",
                "{\"type\":\"remote\",\"hosts\":[{\"name\":\"web\"}],\"connect_retry_ms\":-2}", 400,
                "usage", "connect_retry_ms");
}

static void wrong_shapes_are_refused(void **state)
{
    static const char *const bodies[][2] = {
        { "{\"type\":\"remote\"}", "\"hosts\" is missing: an array of" },
        { "{\"type\":\"remote\",\"hosts\":null}", "\"hosts\" is missing: an array of" },
        { "{\"type\":\"remote\",\"hosts\":\"web\"}", "\"hosts\" is not an array" },
        { "{\"type\":\"remote\",\"hosts\":{\"name\":\"web\"}}", "\"hosts\" is not an array" },
        { "{\"type\":\"local\",\"hosts\":[{\"name\":\"web\"}]}", "does not belong to type local" },
        { "{\"type\":\"remote\",\"host\":[]}", "\"host\" is not known here" },
        { "{\"type\":\"remote\",\"hosts\":[{\"name\":\"web\"}],\"script\":{}}", "\"script\" belongs to type workflow" },
        { "{\"type\":\"remote\",\"hosts\":[{\"name\":\"web\"}],\"params\":{\"stdin_b64\":\"?\"}}", "base64" },
        { "{\"type\":\"cim\",\"hosts\":[]}", "local, remote or workflow" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        check_error(world, "POST", "/v1/jobs", bodies[i][0], 400, "usage", bodies[i][1]);
    assert_int_equal(world->fake->change_count, 0);
}

// Deeper than a value may be: refused here, with the key's name.
static void variables_nested_too_deep_are_refused(void **state)
{
    struct world *world = *state;
    struct buf body;

    buf_init(&body, 0);
    buf_add_str(&body, "{\"type\":\"remote\",\"hosts\":[{\"name\":\"web\",\"vars\":{\"a\":");
    for (int i = 0; i < VALUE_DEPTH_MAX; i++)
        buf_add_str(&body, "[");
    for (int i = 0; i < VALUE_DEPTH_MAX; i++)
        buf_add_str(&body, "]");
    buf_add_str(&body, "}}]}");
    check_error(world, "POST", "/v1/jobs", buf_cstr(&body), 400, "usage", "\"hosts\"");
    buf_release(&body);
}

// ---- POST /v1/hosts/check

static void tell(struct world *world, const struct host_check *seen)
{
    world->fake->check_fn(world->fake->check_arg, seen);
}

static void each_host_is_told_as_it_answers(void **state)
{
    struct world *world = *state;
    struct host_check well = {
        .index = 1, .reached = true, .boot_id = SLICE("b-1"), .user = SLICE("root"),
        .uid = SLICE("0"), .shell = SLICE("sh"), .kernel = SLICE("Linux 6.1"),
        .spool = SLICE("/a:b"), .free_bytes = 4096, .attempts = 2, .running = 1, .orders = 3,
    };
    struct client client;
    struct buf body;

    buf_init(&body, 0);
    client_request(&client, world, "POST", "/v1/hosts/check",
                   "{\"hosts\":[{\"name\":\"web\"},{\"name\":\"db\",\"dest\":\"me@10.0.0.7\"}],"
                   "\"timeout_ms\":250,\"connect_retry_ms\":-1}");
    world_turn(world);
    assert_string_equal(world->fake->check_hosts,
                        "[{\"name\":\"web\"},{\"dest\":\"me@10.0.0.7\",\"name\":\"db\"}]");
    assert_int_equal(world->fake->check_timeout_ms, 250);
    assert_int_equal(world->fake->check_retry_ms, -1);
    tell(world, &well);
    client_read(&client, world, "\"orders\":3");
    assert_false(client.eof);
    tell(world, &(struct host_check){ .index = 0, .reason = SLICE("Connection refused") });
    client_read(&client, world, NULL);
    assert_string_equal(
        client_body(&client, &body),
        "{\"host\":\"db\",\"dest\":\"me@10.0.0.7\",\"reached\":true,\"reason\":null,\"boot_id\":"
        "\"b-1\",\"user\":\"root\",\"uid\":0,\"kernel\":\"Linux 6.1\",\"shell\":\"sh\",\"spool\":"
        "\"/a:b\",\"free_bytes\":4096,\"attempts\":2,\"running\":1,\"orders\":3}\n"
        "{\"host\":\"web\",\"dest\":\"web\",\"reached\":false,\"reason\":\"Connection refused\","
        "\"boot_id\":null,\"user\":null,\"uid\":null,\"kernel\":null,\"shell\":null,\"spool\":null,"
        "\"free_bytes\":null,\"attempts\":null,\"running\":null,\"orders\":null}\n");
    assert_null(world->fake->check_fn); // nobody is told any more
    client_close(&client);
    buf_release(&body);
}

static void a_client_that_leaves_ends_its_check(void **state)
{
    struct world *world = *state;
    struct client client;

    client_request(&client, world, "POST", "/v1/hosts/check", "{\"hosts\":[{\"name\":\"web\"}]}");
    world_turn(world);
    assert_non_null(world->fake->check_fn);
    assert_int_equal(world->fake->check_timeout_ms, 60000);
    assert_int_equal(world->fake->check_retry_ms, 0);
    client_close(&client);
    world_until_idle(world);
    assert_null(world->fake->check_fn);
}

static void wrong_checks_are_refused(void **state)
{
    static const char *const bodies[][2] = {
        { "{}", "\"hosts\"" },
        { "{\"hosts\":[]}", "at least one" },
        { "{\"hosts\":{\"name\":\"web\"}}", "\"hosts\"" },
        { "{\"hosts\":[{\"name\":\"web\"}],\"timeout_ms\":-1}", "\"timeout_ms\"" },
        { "{\"hosts\":[{\"name\":\"web\"}],\"connect_retry_ms\":\"x\"}", "\"connect_retry_ms\"" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        check_error(world, "POST", "/v1/hosts/check", bodies[i][0], 400, "usage", bodies[i][1]);
    world->fake->check_refusal = ERR_USAGE;
    check_error(world, "POST", "/v1/hosts/check", "{\"hosts\":[{\"name\":\"-x\"}]}", 400, "usage",
                "refused by the fake");
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(hosts_are_handed_on),
        WITH_WORLD(a_workflow_may_have_hosts),
        WITH_WORLD(how_long_hosts_are_waited_for),
        WITH_WORLD(wrong_shapes_are_refused),
        WITH_WORLD(variables_nested_too_deep_are_refused),
        WITH_WORLD(each_host_is_told_as_it_answers),
        WITH_WORLD(a_client_that_leaves_ends_its_check),
        WITH_WORLD(wrong_checks_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
