// SPDX-License-Identifier: MIT
// pawl retention: how long finished jobs are kept.
#include "base/duration.h"
#include "base/size.h"
#include "cli/call.h"
#include "cli/render.h"

// ---- what is asked
static int bound_of(const struct options *options, const char *name, int64_t *ret,
                    struct err *err)
{
    const char *text = option_text(options, name);
    long long number;

    *ret = -1;
    if (strcmp(text, "none") == 0)
        return 0;
    if (strcmp(name, "age") == 0 && !duration_from_text(slice_str(text), ret))
        return err_set(err, ERR_USAGE, "--age %.60s: none, or " DURATION_EXPECTED, text);
    if (strcmp(name, "bytes") == 0 && !size_from_text(slice_str(text), ret))
        return err_set(err, ERR_USAGE, "--bytes %.60s: none, or " SIZE_EXPECTED, text);
    if (strcmp(name, "count") != 0)
        return 0;
    if (option_number(options, name, -1, &number, NULL) < 0)
        return err_set(err, ERR_USAGE, "--count %.60s: none, or a whole number from 0", text);
    *ret = number;
    return 0;
}

static const struct {
    const char *option, *key;
} bounds[] = { { "age", "age_ms" }, { "count", "count" }, { "bytes", "bytes" } };
enum { BOUNDS = 3 };

static bool is_any_given(const struct options *options)
{
    for (size_t i = 0; i < BOUNDS; i++)
        if (option_is_set(options, bounds[i].option))
            return true;
    return false;
}

// The given ones, as a body; with --none the others are taken away.
static int body_make(const struct options *options, json_t *body, struct err *err)
{
    bool none = option_is_set(options, "none");
    int64_t bound;

    for (size_t i = 0; i < BOUNDS; i++) {
        if (none || !option_is_set(options, bounds[i].option)) {
            if (none)
                json_object_set_new(body, bounds[i].key, json_null());
            continue;
        }
        if (bound_of(options, bounds[i].option, &bound, err) < 0)
            return err->code;
        json_object_set_new(body, bounds[i].key, bound < 0 ? json_null() : json_integer(bound));
    }
    return 0;
}

// What would be removed under them, and nothing is.
static void query_make(const json_t *body, struct buf *path)
{
    char mark = '?';

    for (size_t i = 0; i < BOUNDS; i++) {
        const json_t *bound = json_object_get(body, bounds[i].key);
        if (!json_is_integer(bound))
            continue;
        buf_addf(path, "%c%s=%lld", mark, bounds[i].key, (long long)json_integer_value(bound));
        mark = '&';
    }
}

// ---- what is shown
static void sum_show(const json_t *json, const char *label, const char *count, const char *bytes,
                     struct buf *out)
{
    char size[SIZE_TEXT];
    long long n = row_int(json, count);

    buf_addf(out, "%s%lld finished job%s, %s\n", label, n, n == 1 ? "" : "s",
             size_format((uint64_t)row_int(json, bytes), size));
}

static void bounds_show(const json_t *json, struct buf *out)
{
    char text[DURATION_TEXT], size[SIZE_TEXT];
    bool some = false;

    if (json_is_integer(json_object_get(json, "age_ms"))) {
        long long ms = row_int(json, "age_ms");
        buf_addf(out, "age      jobs are removed %s after their end\n",
                 ms > 0 ? duration_format(ms, text) : "0s");
        some = true;
    }
    if (json_is_integer(json_object_get(json, "count"))) {
        buf_addf(out, "count    the newest %lld are kept\n", row_int(json, "count"));
        some = true;
    }
    if (json_is_integer(json_object_get(json, "bytes"))) {
        buf_addf(out, "bytes    they hold %s at most\n",
                 size_format((uint64_t)row_int(json, "bytes"), size));
        some = true;
    }
    if (!some)
        buf_add_str(out, "No bound is set: finished jobs stay until somebody removes them.\n");
}

static int retention_show(struct cli *cli, const json_t *json, bool asked)
{
    struct buf out;
    int exit_code;

    buf_init(&out, 0);
    if (!asked)
        bounds_show(json, &out);
    sum_show(json, "kept     ", "finished", "finished_bytes", &out);
    if (asked || row_int(json, "due") > 0)
        sum_show(json, asked ? "would be removed: " : "removing ", "due", "due_bytes", &out);
    exit_code = print_buf(cli, &out);
    buf_release(&out);
    return exit_code;
}

static int retention_call(struct cli *cli, const json_t *body)
{
    const struct options *options = &cli->options;
    bool dry = option_is_set(options, "dry-run");
    bool sets = !dry && json_object_size(body) > 0;
    struct buf path;
    json_t *json;
    int exit_code;

    buf_init(&path, 0);
    buf_add_str(&path, "/v1/retention");
    if (dry)
        query_make(body, &path);
    exit_code = call(cli, sets ? "PUT" : "GET", buf_cstr(&path), sets ? body : NULL, &json);
    buf_release(&path);
    if (exit_code)
        return exit_code;
    if (option_is_set(options, "json"))
        print_json(json);
    else
        exit_code = retention_show(cli, json, dry);
    json_decref(json);
    return exit_code;
}

int verb_retention(struct cli *cli)
{
    const struct options *options = &cli->options;
    struct err err = { 0 };
    json_t *body;
    int exit_code;

    if (cli_arguments_check(cli, 0))
        return EXIT_USAGE;
    if (option_is_set(options, "none") && is_any_given(options))
        return cli_error(cli, EXIT_USAGE, "--none takes all bounds away: give it alone, or a "
                         "single bound as none, like --age none");
    if (option_is_set(options, "dry-run") && !is_any_given(options))
        return cli_error(cli, EXIT_USAGE, "--dry-run needs the bounds to be tried: --age, "
                         "--count or --bytes");
    body = json_object();
    if (body_make(options, body, &err) < 0)
        exit_code = cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    else
        exit_code = retention_call(cli, body);
    json_decref(body);
    return exit_code;
}
