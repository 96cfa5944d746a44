// SPDX-License-Identifier: MIT
// POST /v1/jobs: a new job. Control checks shapes and encodes; what the values
// mean is for the engine and the workflow to say.
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "control/api.h"
#include "control/body.h"
#include "control/json.h"
#include "model/command.h"
#include "model/value.h"

enum { COMMAND_TEXT_MAX = 4096 };

// An object, encoded into its own buffer; absent or null: the empty map.
static int map_take(const json_t *body, const char *key, struct buf *buf, struct slice *ret,
                    struct err *err)
{
    const json_t *json = json_object_get(body, key);

    if (json && !json_is_null(json) && !json_is_object(json))
        return err_set(err, ERR_USAGE, "\"%s\" is not an object", key);
    if (!json_is_object(json))
        value_put_map(buf, 0);
    else if (value_from_json(json, buf, err) < 0)
        return err_wrap(err, "\"%s\"", key);
    if (buf_failed(buf))
        return err_set(err, buf_failed(buf), "\"%s\" is too large", key);
    *ret = buf_slice(buf);
    return 0;
}

static int strings_only(const json_t *body, const char *key, struct err *err)
{
    json_t *object = json_object_get(body, key);
    const char *name;
    json_t *json;

    json_object_foreach(object, name, json)
        if (!json_is_string(json))
            return err_set(err, ERR_USAGE, "\"%s\": the value of %.80s is not a string", key,
                           name);
    return 0;
}

static int type_take(const json_t *body, struct change *change, struct err *err)
{
    struct slice name = { 0 };

    if (body_text(body, "type", &name, err) < 0)
        return err->code;
    if (name.len == 0)
        return err_set(err, ERR_USAGE, "\"type\" is missing: local, remote or workflow");
    if (job_type_parse(name, &change->type) < 0 || change->type == JOB_CIM)
        return err_set(err, ERR_USAGE, "type \"%.*s\" cannot be started: local, remote or workflow",
                       (int)(name.len < 40 ? name.len : 40), (const char *)name.ptr);
    return 0;
}

static int script_take(const json_t *body, struct change *change, struct err *err)
{
    const json_t *script = json_object_get(body, "script");

    if (change->type != JOB_WORKFLOW)
        return script ? err_set(err, ERR_USAGE, "\"script\" belongs to type workflow; a local "
                                "or remote job has its script in \"params\"") : 0;
    if (!json_is_object(script))
        return err_set(err, ERR_USAGE, "\"script\" is missing: {\"name\", \"text\"}");
    if (body_text(script, "name", &change->script_name, err) < 0 ||
        body_text(script, "text", &change->script_text, err) < 0)
        return err->code;
    if (change->script_name.len == 0 || !json_object_get(script, "text"))
        return err_set(err, ERR_USAGE, "\"script\" needs \"name\" and \"text\"");
    return 0;
}

int api_name_take(const json_t *body, struct slice *ret, struct err *err)
{
    if (body_text(body, "name", ret, err) < 0)
        return err->code;
    if (ret->len > API_NAME_MAX)
        return err_set(err, ERR_USAGE, "the name has %zu bytes, at most %d are allowed", ret->len,
                       API_NAME_MAX);
    return 0;
}

static int texts_take(const json_t *body, struct change *change, struct err *err)
{
    if (api_name_take(body, &change->name, err) < 0 ||
        body_text(body, "command", &change->command, err) < 0 ||
        body_text(body, "cwd", &change->cwd, err) < 0)
        return err->code;
    if (change->cwd.len && change->cwd.ptr[0] != '/')
        return err_set(err, ERR_USAGE, "cwd \"%.*s\" is not an absolute path",
                       (int)(change->cwd.len < 200 ? change->cwd.len : 200),
                       (const char *)change->cwd.ptr);
    return 0;
}

static int options_take(const json_t *body, struct change *change, struct err *err)
{
    if (body_number(body, "timeout_ms", 0, &change->timeout_ms, err) < 0 ||
        body_bool(body, "auto_remove", &change->auto_remove, err) < 0 ||
        body_number(body, "connect_retry_ms", -1, &change->reach_ms, err) < 0)
        return err->code;
    // 0, "at once", is the shortest: what is stored as none is the usual.
    if (body_has(body, "connect_retry_ms") && change->reach_ms == 0)
        change->reach_ms = 1;
    return 0;
}

// JSON strings are UTF-8. What need not be, in a local job, may come as base64 under
// a key of its own; the engine and its workflow see the bytes under the plain key.
static int bytes_take(json_t *params, const char *key, const char *base64_key, struct err *err)
{
    const json_t *base64 = json_object_get(params, base64_key);
    size_t len = json_string_length(base64), n = 0;
    uint8_t *bytes;
    int rc;

    if (!base64)
        return 0;
    bytes = malloc(len + 1);
    if (!bytes)
        return err_set(err, -ENOMEM, "out of memory");
    if (!json_is_string(base64) ||
        sodium_base642bin(bytes, len + 1, json_string_value(base64), len, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) < 0)
        rc = err_set(err, ERR_USAGE, "\"params\": \"%s\" is not base64", base64_key);
    else
        rc = json_object_set_new(params, key, json_stringn_nocheck((const char *)bytes, n));
    free(bytes);
    json_object_del(params, base64_key);
    return rc < 0 && !err->code ? err_set(err, -ENOMEM, "out of memory") : rc;
}

static int local_bytes_take(json_t *body, const struct change *change, struct err *err)
{
    json_t *params = json_object_get(body, "params");

    if (change->type == JOB_WORKFLOW || !json_is_object(params))
        return 0;
    if (bytes_take(params, "stdin", "stdin_b64", err) < 0)
        return err->code;
    return bytes_take(params, "script", "script_b64", err);
}

// What a host is, is for the engine to say (model/target.h).
static int hosts_take(const json_t *body, struct start *start, struct change *change,
                      struct err *err)
{
    const json_t *hosts = json_object_get(body, "hosts");

    if (!hosts || json_is_null(hosts))
        return change->type != JOB_REMOTE ? 0 : err_set(err, ERR_USAGE, "\"hosts\" is missing: an "
                                                        "array of {\"name\", \"dest\", \"vars\"}");
    if (change->type == JOB_LOCAL)
        return err_set(err, ERR_USAGE, "\"hosts\" does not belong to type local; use remote");
    if (!json_is_array(hosts))
        return err_set(err, ERR_USAGE, "\"hosts\" is not an array");
    if (value_from_json(hosts, &start->hosts, err) < 0)
        return err_wrap(err, "\"hosts\"");
    if (buf_failed(&start->hosts))
        return err_set(err, buf_failed(&start->hosts), "\"hosts\" is too large");
    change->hosts = buf_slice(&start->hosts);
    return 0;
}

static int modules_take(json_t *body, struct start *start, struct change *change,
                        struct err *err)
{
    json_t *script = json_object_get(body, "script");

    if (!json_object_get(script, "modules"))
        return 0;
    if (strings_only(script, "modules", err) < 0)
        return err->code;
    return map_take(script, "modules", &start->modules, &change->modules, err);
}

// For people, where the caller has no text of its own for it.
static void command_name(struct start *start, struct change *change)
{
    struct command command = { 0 };
    struct value_doc doc;
    msgpack_object params;
    size_t at = 0;

    if (change->command.len)
        return;
    if (change->type == JOB_WORKFLOW) {
        change->command = change->script_name;
        return;
    }
    value_doc_init(&doc);
    if (value_parse(&doc, change->params, &at, &params, NULL) == 0) {
        command.argv = value_get(&params, "argv");
        command.shell = value_bytes(value_get(&params, "shell"));
        command.script = value_bytes(value_get(&params, "script"));
        command_text(&command, &start->command, COMMAND_TEXT_MAX);
        change->command = buf_slice(&start->command);
    }
    value_doc_release(&doc);
}

int start_read(json_t *body, struct start *start, struct change *change, struct err *err)
{
    static const char *const known[] = { "type", "name", "command", "script", "params", "meta",
                                         "cwd", "env", "timeout_ms", "auto_remove",
                                         "hosts", "connect_retry_ms", NULL };

    if (body_keys(body, known, err) < 0 || type_take(body, change, err) < 0 ||
        script_take(body, change, err) < 0 || texts_take(body, change, err) < 0 ||
        options_take(body, change, err) < 0 || strings_only(body, "env", err) < 0 ||
        local_bytes_take(body, change, err) < 0)
        return err->code;
    if (map_take(body, "params", &start->params, &change->params, err) < 0 ||
        map_take(body, "meta", &start->meta, &change->meta, err) < 0 ||
        map_take(body, "env", &start->env, &change->env, err) < 0 ||
        modules_take(body, start, change, err) < 0 || hosts_take(body, start, change, err) < 0)
        return err->code;
    command_name(start, change);
    return 0;
}

void start_init(struct start *start)
{
    buf_init(&start->params, 0);
    buf_init(&start->meta, 0);
    buf_init(&start->env, 0);
    buf_init(&start->modules, 0);
    buf_init(&start->hosts, 0);
    buf_init(&start->command, 0);
}

void start_release(struct start *start)
{
    buf_release(&start->params);
    buf_release(&start->meta);
    buf_release(&start->env);
    buf_release(&start->modules);
    buf_release(&start->hosts);
    buf_release(&start->command);
}

void api_jobs_start(struct exchange *x)
{
    struct change change = { .kind = CHANGE_START };
    struct err err = { 0 };
    struct start start;
    json_t *body;

    start_init(&start);
    if (exchange_body(x, &body, &err) < 0 || start_read(body, &start, &change, &err) < 0)
        exchange_fail(x, &err);
    else
        api_change_send(x, &change, MHD_HTTP_CREATED);
    start_release(&start);
}
