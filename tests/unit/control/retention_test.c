// SPDX-License-Identifier: MIT
// GET and PUT /v1/retention: bounds that are given are set, the others stay, and wrong ones
// are refused by their names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/control/ask.h"

static void it_is_shown(void **state)
{
    struct world *world = *state;
    json_t *json;

    assert_int_equal(http(world, "GET", "/v1/retention", NULL, &json), 200);
    assert_true(json_is_null(json_object_get(json, "age_ms")));
    assert_true(json_is_null(json_object_get(json, "count")));
    assert_true(json_is_null(json_object_get(json, "bytes")));
    assert_int_equal(int_at(json, "finished"), 7);
    assert_int_equal(int_at(json, "finished_bytes"), 700);
    assert_int_equal(int_at(json, "due"), 0);
    json_decref(json);
    assert_int_equal(http(world, "GET", "/v1/retention?count=5", NULL, &json), 200);
    assert_true(json_is_null(json_object_get(json, "count"))); // it is not set
    assert_int_equal(int_at(json, "due"), 2);
    assert_int_equal(int_at(json, "due_bytes"), 200);
    json_decref(json);
}

static void bounds_that_are_not_given_stay(void **state)
{
    struct world *world = *state;
    const struct retention *asked = &world->fake->changes[0].change.retention;
    json_t *json;

    world->fake->retention = (struct retention){ .age_ms = 5, .count = 3, .bytes = -1 };
    assert_int_equal(change_now(world, "PUT", "/v1/retention",
                                "{\"count\":null,\"bytes\":1024}", 0, NULL, &json), 200);
    assert_int_equal(int_at(json, "finished"), 7);
    json_decref(json);
    assert_int_equal(world->fake->changes[0].change.kind, CHANGE_RETENTION);
    assert_int_equal(asked->age_ms, 5);
    assert_int_equal(asked->count, -1);
    assert_int_equal(asked->bytes, 1024);
}

static void wrong_bounds_are_refused(void **state)
{
    struct world *world = *state;

    check_error(world, "PUT", "/v1/retention", "{\"age_ms\":-1}", 400, "usage", "age_ms");
    check_error(world, "PUT", "/v1/retention", "{\"count\":1.5}", 400, "usage", "count");
    check_error(world, "PUT", "/v1/retention", "{\"bytes\":\"1G\"}", 400, "usage", "bytes");
    check_error(world, "PUT", "/v1/retention", "{\"age\":1}", 400, "usage", "age");
    check_error(world, "PUT", "/v1/retention", "[]", 400, "usage", "object");
    check_error(world, "GET", "/v1/retention?count=x", NULL, 400, "usage", "count");
    check_error(world, "DELETE", "/v1/retention", NULL, 405, "method_not_allowed", "DELETE");
    assert_int_equal(world->fake->change_count, 0);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(it_is_shown),
        WITH_WORLD(bounds_that_are_not_given_stay),
        WITH_WORLD(wrong_bounds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
