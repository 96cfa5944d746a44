// SPDX-License-Identifier: MIT
// pawl run: a workflow. It is followed unless -d says otherwise; Ctrl-C leaves it
// running. `pawl run FILE --help` prints the workflow's own parameters.
#include <errno.h>
#include <stdlib.h>

#include "cli/bodies.h"
#include "cli/call.h"
#include "cli/file.h"
#include "cli/follow.h"
#include "cli/hosts.h"
#include "cli/local_params.h"
#include "cli/reach.h"
#include "cli/render.h"
#include "cli/script.h"
#include "cli/table.h"
#include "cli/text.h"

// ---- its parameters, shown
static void default_show(const json_t *param, struct buf *out)
{
    const json_t *json = json_object_get(param, "default");
    char *text = json && !json_is_null(json) ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

    if (text)
        buf_addf(out, "default %s", text);
    else if (row_true(param, "required"))
        buf_add_str(out, "required");
    free(text);
}

static void param_row(struct table *table, const json_t *param)
{
    struct buf text;

    buf_init(&text, 0);
    buf_addf(&text, "  %s=", row_text(param, "name"));
    table_add(table, buf_slice(&text), NULL);
    table_add(table, slice_str(row_text(param, "type")), NULL);
    buf_clear(&text);
    default_show(param, &text);
    table_add(table, buf_slice(&text), NULL);
    table_add(table, slice_str(row_text(param, "about")), NULL);
    buf_release(&text);
}

// A workflow may come from anybody.
static void about_show(const struct cli *cli, const json_t *header, struct buf *out)
{
    const char *about = row_text(header, "about");

    if (!*about)
        return;
    if (cli->out_tty)
        text_escape(slice_str(about), ESCAPE_INDENT, out);
    else
        buf_add_str(out, about);
    buf_add_str(out, "\n\n");
}

static int header_show(struct cli *cli, const char *path, const json_t *header)
{
    static const struct table_column columns[] = {
        { "Parameters:", 0, 0, 0 }, { "", 0, 0, 0 }, { "", 0, 0, 0 }, { "", 0, 20, 1 },
    };
    const json_t *params = json_object_get(header, "params");
    struct table table;
    struct buf out;
    json_t *param;
    size_t i;
    int exit_code;

    buf_init(&out, 0);
    buf_add_str(&out, "Usage: pawl run ");
    text_escape(slice_str(path), ESCAPE_ALL, &out);
    buf_add_str(&out, " [key=value]...\n\n");
    about_show(cli, header, &out);
    table_init(&table, columns, 4);
    json_array_foreach(params, i, param)
        param_row(&table, param);
    if (json_array_size(params) > 0)
        table_draw(&table, cli_width(cli), false, &out);
    else
        buf_add_str(&out, "It has no parameters.\n");
    exit_code = print_buf(cli, &out);
    table_release(&table);
    buf_release(&out);
    return exit_code;
}

static int run_help(struct cli *cli, const char *path)
{
    json_t *script, *header;
    int exit_code = script_json(cli, path, &script);

    if (exit_code)
        return exit_code;
    exit_code = call(cli, "POST", "/v1/scripts/header", script, &header);
    json_decref(script);
    if (exit_code)
        return exit_code;
    if (option_is_set(&cli->options, "json"))
        print_json(header);
    else
        exit_code = header_show(cli, path, header);
    json_decref(header);
    return exit_code;
}

// ---- starting it
// Parameters from the file first; those on the command line win.
static json_t *params_json(const struct options *options, struct err *err)
{
    const char *path = option_text(options, "params");
    json_t *params = NULL;
    struct buf text;

    if (!path)
        return json_object();
    if (file_read(path, &text, err) == 0) {
        json_error_t at;
        params = json_loadb(text.len ? (const char *)text.ptr : "", text.len, 0, &at);
        if (!params)
            err_set(err, ERR_USAGE, "%.200s:%d: %.120s", path, at.line, at.text);
        else if (!json_is_object(params))
            err_set(err, ERR_USAGE, "%.200s is not a JSON object", path);
    }
    buf_release(&text);
    if (json_is_object(params))
        return params;
    json_decref(params);
    return NULL;
}

static int command_set(const struct options *options, json_t *body, struct err *err)
{
    struct buf text;
    json_t *json;

    buf_init(&text, 0);
    buf_add_str(&text, file_name(options->args[0]));
    for (size_t i = 1; i < options->arg_count; i++)
        buf_addf(&text, " %.200s", options->args[i]);
    json = json_stringn((const char *)text.ptr, text.len);
    buf_release(&text);
    if (!json || json_object_set_new(body, "command", json) < 0)
        return err_set(err, ERR_USAGE, "the command line is not UTF-8");
    return 0;
}

static int body_fill(const struct options *options, json_t *body, struct err *err)
{
    json_t *params = params_json(options, err);

    if (!params || json_object_set_new(body, "params", params) < 0)
        return err->code ? err->code : err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 1; i < options->arg_count; i++)
        if (json_set_pair(params, options->args[i], "parameter", err) < 0)
            return err->code;
    if (command_set(options, body, err) < 0)
        return err->code;
    if (reach_retry(options, body, err) < 0)
        return err->code;
    return job_body(options, body, err);
}

static int hosts_set(struct cli *cli, json_t *body)
{
    const char *set = option_text(&cli->options, "hosts");
    json_t *hosts;
    int exit_code = set ? hosts_json(cli, set, &hosts) : 0;

    if (!set && (option_is_set(&cli->options, "user") || option_is_set(&cli->options, "ssh-option")))
        return cli_error(cli, EXIT_USAGE, "--user and --ssh-option are for the hosts of --hosts SET; "
                         "what a script names is reached as ~/.ssh/config says");
    if (set && exit_code == 0 && json_object_set_new(body, "hosts", hosts) < 0)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    return exit_code;
}

static int body_make(struct cli *cli, json_t *body)
{
    struct err err = { 0 };

    if (body_fill(&cli->options, body, &err) < 0)
        return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
    return hosts_set(cli, body);
}

int run_body(struct cli *cli, json_t **ret)
{
    json_t *body, *script;
    int exit_code;

    if (cli->options.arg_count == 0)
        return cli_error(cli, EXIT_USAGE, "which workflow? pawl run FILE.lua [key=value]..., or "
                         "one that is shipped: pawl run restart --help; pawl help run tells more");
    exit_code = script_json(cli, cli->options.args[0], &script);
    if (exit_code)
        return exit_code;
    body = json_pack("{s:s,s:o}", "type", "workflow", "script", script);
    if (!body)
        return cli_error(cli, EXIT_ENGINE, "out of memory");
    exit_code = body_make(cli, body);
    if (exit_code)
        json_decref(body);
    else
        *ret = body;
    return exit_code;
}

static int run_start(struct cli *cli)
{
    json_t *body = NULL, *row;
    int exit_code = run_body(cli, &body);

    if (exit_code)
        return exit_code;
    exit_code = call(cli, "POST", "/v1/jobs", body, &row);
    json_decref(body);
    if (exit_code)
        return exit_code;
    exit_code = option_is_set(&cli->options, "detach") ? print_job(cli, row)
                                                       : follow_started(cli, row);
    json_decref(row);
    return exit_code;
}

int verb_run(struct cli *cli)
{
    const struct options *options = &cli->options;

    if (options->arg_count == 0 && option_is_set(options, "help")) {
        command_help(cli->command, stdout);
        return 0;
    }
    if (options->arg_count == 0 || !*options->args[0])
        return cli_error(cli, EXIT_USAGE, "which workflow? pawl run FILE.lua [key=value]..., or "
                         "one that is shipped: pawl run restart --help; pawl help run tells more");
    return option_is_set(options, "help") ? run_help(cli, options->args[0]) : run_start(cli);
}
