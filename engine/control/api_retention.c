// SPDX-License-Identifier: MIT
// GET, PUT /v1/retention: how long finished jobs are kept.
#include "control/api.h"
#include "control/body.h"
#include "control/query.h"

static json_t *bound_json(int64_t bound)
{
    return bound < 0 ? json_null() : json_integer(bound);
}

// The bounds that are set, and what is over these (NULL: over those). NULL: failed.
static json_t *retention_json(const struct port *port, const struct retention *bounds,
                              struct err *err)
{
    struct retention_view view;

    if (port->ops->retention(port->core, bounds, &view, err) < 0)
        return NULL;
    return json_pack("{s:o,s:o,s:o,s:I,s:I,s:I,s:I}", "age_ms", bound_json(view.bounds.age_ms),
                     "count", bound_json(view.bounds.count), "bytes",
                     bound_json(view.bounds.bytes), "finished", (json_int_t)view.finished,
                     "finished_bytes", (json_int_t)view.finished_bytes, "due",
                     (json_int_t)view.due, "due_bytes", (json_int_t)view.due_bytes);
}

// What would be over these bounds: of those that are not given, none.
static int bounds_query(const struct exchange *x, struct retention *ret, bool *given,
                        struct err *err)
{
    if (query_number(x, "age_ms", -1, &ret->age_ms, err) < 0 ||
        query_number(x, "count", -1, &ret->count, err) < 0 ||
        query_number(x, "bytes", -1, &ret->bytes, err) < 0)
        return err->code;
    *given = ret->age_ms >= 0 || ret->count >= 0 || ret->bytes >= 0;
    return 0;
}

void api_retention_get(struct exchange *x)
{
    struct retention bounds;
    struct err err = { 0 };
    json_t *json = NULL;
    bool given = false;

    if (bounds_query(x, &bounds, &given, &err) == 0)
        json = retention_json(exchange_port(x), given ? &bounds : NULL, &err);
    if (json)
        exchange_answer(x, MHD_HTTP_OK, json);
    else
        exchange_fail(x, &err);
}

static int bound_take(const json_t *body, const char *key, int64_t *ret, struct err *err)
{
    const json_t *json = json_object_get(body, key);

    if (!json)
        return 0;
    if (!json_is_null(json) && (!json_is_integer(json) || json_integer_value(json) < 0))
        return err_set(err, ERR_USAGE, "\"%s\" is neither a whole number from 0 nor null", key);
    *ret = json_is_null(json) ? -1 : json_integer_value(json);
    return 0;
}

// A bound that is absent stays as it is.
static int bounds_read(struct exchange *x, struct retention *ret, struct err *err)
{
    const struct port *port = exchange_port(x);
    static const char *const known[] = { "age_ms", "count", "bytes", NULL };
    struct retention_view view;
    json_t *body;
    int rc = exchange_body(x, &body, err);

    if (rc >= 0)
        rc = body_keys(body, known, err);
    if (rc >= 0)
        rc = port->ops->retention(port->core, NULL, &view, err);
    if (rc < 0)
        return rc;
    *ret = view.bounds;
    if (bound_take(body, "age_ms", &ret->age_ms, err) < 0 ||
        bound_take(body, "count", &ret->count, err) < 0 ||
        bound_take(body, "bytes", &ret->bytes, err) < 0)
        return err->code;
    return 0;
}

void api_retention_put(struct exchange *x)
{
    struct change change = { .kind = CHANGE_RETENTION };
    struct err err = { 0 };

    if (bounds_read(x, &change.retention, &err) < 0)
        exchange_fail(x, &err);
    else
        api_change_send(x, &change, MHD_HTTP_OK);
}
