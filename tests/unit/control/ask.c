// SPDX-License-Identifier: MIT
#include "unit/control/ask.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const char *text_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "(none)";
}

json_int_t int_at(const json_t *json, const char *key)
{
    const json_t *value_json = json_object_get(json, key);

    return json_is_integer(value_json) ? json_integer_value(value_json) : -999;
}

void check_error(struct world *world, const char *method, const char *path,
                        const char *body, int status, const char *code, const char *word)
{
    json_t *json;
    int got = http(world, method, path, body, &json);
    const json_t *error = json_object_get(json, "error");

    if (got != status || strcmp(text_at(error, "code"), code) != 0 ||
        !strstr(text_at(error, "message"), word))
        fail_msg("%s %s: %d %s: %s", method, path, got, text_at(error, "code"),
                 text_at(error, "message"));
    json_decref(json);
}

int change_now(struct world *world, const char *method, const char *path,
                      const char *body, uint64_t id, const struct err *err, json_t **ret)
{
    size_t changes = world->fake->change_count;
    struct client client;
    struct buf text;
    int status;

    client_request(&client, world, method, path, body);
    world_until(world, &world->fake->change_count, changes + 1);
    client_look(&client, world);
    assert_int_equal(client.raw.len, 0);
    assert_int_equal(fake_open_changes(world->fake), 1);
    fake_answer(world->fake, id, err);
    client_look(&client, world); // it is woken by the answer, not by a timer that comes by
    assert_true(client.eof);
    status = client_status(&client);
    buf_init(&text, 0);
    *ret = json_loads(client_body(&client, &text), 0, NULL);
    buf_release(&text);
    client_close(&client);
    return status;
}
