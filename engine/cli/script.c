// SPDX-License-Identifier: MIT
#include "cli/script.h"

#include <errno.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/file.h"
#include "cli/modules.h"

static json_t *file_json(const char *path, struct err *err)
{
    struct buf text;
    json_t *json = NULL;

    if (file_read(path, &text, err) == 0) {
        json = json_pack("{s:s,s:s%}", "name", file_name(path), "text",
                         text.len ? (const char *)text.ptr : "", text.len);
        if (!json)
            err_set(err, ERR_SCRIPT, "%.200s is not UTF-8 text", path);
    }
    buf_release(&text);
    return json;
}

static int modules_set(const char *path, json_t *script, struct err *err)
{
    const json_t *text = json_object_get(script, "text");
    json_t *modules = modules_json(path, slice_of(json_string_value(text),
                                                  json_string_length(text)), err);

    if (!modules)
        return err->code;
    if (json_object_size(modules) == 0)
        json_decref(modules);
    else if (json_object_set_new(script, "modules", modules) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    return 0;
}

static bool is_bare(const char *path)
{
    return !strpbrk(path, "/.") && strcmp(path, "-") != 0 && access(path, F_OK) < 0 &&
           errno == ENOENT;
}

// The names of all that are shipped, for a message.
static void add_shipped(struct cli *cli, struct buf *names)
{
    json_t *answer = NULL;
    const json_t *name;
    struct err err;
    size_t i;

    if (call_try(cli, "GET", "/v1/scripts", NULL, &answer, &err))
        return;
    json_array_foreach(json_object_get(answer, "scripts"), i, name)
        buf_addf(names, "%s%s", i ? ", " : "", json_string_value(name));
    json_decref(answer);
}

static int refuse(struct cli *cli, const char *name)
{
    struct buf names;
    int exit_code;

    buf_init(&names, 0);
    add_shipped(cli, &names);
    exit_code = cli_error(cli, EXIT_USAGE, "there is no file %.200s, and no workflow of that name "
                          "is shipped; shipped are: %s", name, buf_cstr(&names));
    buf_release(&names);
    return exit_code;
}

static int shipped_json(struct cli *cli, const char *name, json_t **ret)
{
    struct buf path;
    struct err err;
    int exit_code;

    buf_init(&path, 0);
    buf_add_str(&path, "/v1/scripts/");
    path_add(&path, name);
    exit_code = call_try(cli, "GET", buf_cstr(&path), NULL, ret, &err);
    buf_release(&path);
    if (exit_code == EXIT_NO_JOB)
        return refuse(cli, name);
    return exit_code ? cli_error(cli, exit_code, "%s", err_text(&err)) : 0;
}

int script_json(struct cli *cli, const char *path, json_t **ret)
{
    struct err err = { 0 };

    if (*path && is_bare(path))
        return shipped_json(cli, path, ret);
    *ret = file_json(path, &err);
    if (*ret && modules_set(path, *ret, &err) == 0)
        return 0;
    json_decref(*ret);
    return cli_error(cli, EXIT_USAGE, "%s", err_text(&err));
}
