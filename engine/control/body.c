// SPDX-License-Identifier: MIT
#include "control/body.h"

#include <string.h>

int body_keys(json_t *body, const char *const known[], struct err *err)
{
    const char *key;
    json_t *json;

    json_object_foreach(body, key, json) {
        const char *const *at = known;
        while (*at && strcmp(*at, key) != 0)
            at++;
        if (!*at)
            return err_set(err, ERR_USAGE, "\"%.80s\" is not known here; see docs/http-api.md", key);
    }
    return 0;
}

bool body_has(const json_t *body, const char *key)
{
    const json_t *json = json_object_get(body, key);

    return json && !json_is_null(json);
}

int body_text(const json_t *body, const char *key, struct slice *ret, struct err *err)
{
    const json_t *json = json_object_get(body, key);

    if (!body_has(body, key))
        return 0;
    if (!json_is_string(json))
        return err_set(err, ERR_USAGE, "\"%s\" is not a string", key);
    *ret = slice_of(json_string_value(json), json_string_length(json));
    return 0;
}

int body_bool(const json_t *body, const char *key, bool *ret, struct err *err)
{
    const json_t *json = json_object_get(body, key);

    if (!body_has(body, key))
        return 0;
    if (!json_is_boolean(json))
        return err_set(err, ERR_USAGE, "\"%s\" is not true or false", key);
    *ret = json_is_true(json);
    return 0;
}

int body_number(const json_t *body, const char *key, int64_t least, int64_t *ret,
                struct err *err)
{
    const json_t *json = json_object_get(body, key);

    if (!body_has(body, key))
        return 0;
    if (!json_is_integer(json) || json_integer_value(json) < least)
        return err_set(err, ERR_USAGE, "\"%s\" is not a whole number from %lld", key,
                       (long long)least);
    *ret = json_integer_value(json);
    return 0;
}
