// SPDX-License-Identifier: MIT
// Scripts: POST /v1/scripts/header, the header of a script text, for `run F.lua --help`;
// GET /v1/scripts and /v1/scripts/NAME, the workflows that are shipped.
#include <errno.h>
#include <string.h>

#include "control/api.h"
#include "control/json.h"
#include "model/value.h"

static int header_read(struct exchange *x, json_t **ret, struct err *err)
{
    const struct port *port = exchange_port(x);
    const json_t *name, *text;
    struct buf header;
    json_t *body;
    int rc = exchange_body(x, &body, err);

    if (rc < 0)
        return rc;
    name = json_object_get(body, "name");
    text = json_object_get(body, "text");
    if (!json_is_string(name) || !json_is_string(text))
        return err_set(err, ERR_USAGE, "the body needs the strings \"name\" and \"text\"");
    buf_init(&header, 0);
    rc = port->ops->header(port->core, slice_of(json_string_value(name), json_string_length(name)),
                           slice_of(json_string_value(text), json_string_length(text)), &header,
                           err);
    if (rc >= 0) {
        *ret = value_slice_to_json(buf_slice(&header));
        rc = *ret ? 0 : err_set(err, -ENOMEM, "the script's header cannot be shown as JSON");
    }
    buf_release(&header);
    return rc;
}

void api_scripts_header(struct exchange *x)
{
    struct err err = { 0 };
    json_t *header = NULL;

    if (header_read(x, &header, &err) < 0)
        exchange_fail(x, &err);
    else
        exchange_answer(x, MHD_HTTP_OK, header);
}

// ---- shipped workflows: "restart" is restart.lua

static size_t shipped_length(const struct embedded_file *file)
{
    return strcspn(file->name, ".");
}

void api_scripts_list(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    json_t *names = json_array();

    for (const struct embedded_file *f = port->ops->shipped(port->core); f->name; f++)
        json_array_append_new(names, json_stringn(f->name, shipped_length(f)));
    exchange_answer(x, MHD_HTTP_OK, json_pack("{s:o}", "scripts", names));
}

void api_scripts_get(struct exchange *x)
{
    const struct port *port = exchange_port(x);
    const char *name = exchange_selector(x);
    struct err err;

    for (const struct embedded_file *f = port->ops->shipped(port->core); f->name; f++)
        if (slice_is(slice_of((const uint8_t *)f->name, shipped_length(f)), name)) {
            exchange_answer(x, MHD_HTTP_OK, json_pack("{s:s,s:o}", "name", f->name, "text",
                                                      json_text(f->text)));
            return;
        }
    err_set(&err, -ENOENT, "no workflow called %.60s is shipped", name);
    exchange_fail(x, &err);
}
