// SPDX-License-Identifier: MIT
// How: the texts are a list that grows while it is walked: first the script, then
// each module that was found in it. All names are relative to the script's own
// directory, also those in modules; names cannot lead out of it.
#include "cli/modules.h"

#include <errno.h>
#include <stdio.h>

#include "base/require.h"
#include "cli/file.h"

struct modules {
    const char *script; // path
    json_t *texts;
};

static int read_module(const struct modules *m, struct slice name, const char *who, unsigned line,
                       struct err *err)
{
    char path[MODULE_NAME_MAX + 8], key[MODULE_NAME_MAX + 1];
    struct buf full, text;
    json_t *json = NULL;
    int rc;

    require_path(name, path);
    snprintf(key, sizeof(key), "%.*s", SLICE_ARG(name));
    buf_init(&full, 0);
    buf_addf(&full, "%.*s%s", (int)(file_name(m->script) - m->script), m->script, path);
    rc = file_read(buf_cstr(&full), &text, err);
    if (rc == 0) {
        json = json_stringn(text.len ? (const char *)text.ptr : "", text.len);
        rc = json ? json_object_set_new(m->texts, key, json)
                  : err_set(err, ERR_SCRIPT, "%.200s is not UTF-8 text", buf_cstr(&full));
    }
    buf_release(&text);
    buf_release(&full);
    return rc < 0 ? err_wrap(err, "%.100s:%u: require \"%s\"", who, line, key) : 0;
}

static int scan(const struct modules *m, struct slice text, const char *who, struct err *err)
{
    struct require require = { 0 };
    char key[MODULE_NAME_MAX + 1];

    while (require_next(text, &require)) {
        snprintf(key, sizeof(key), "%.*s", SLICE_ARG(require.name));
        if (!require_is_name(require.name))
            return err_set(err, ERR_USAGE, "%.100s:%u: require \"%.60s\": a module's name is "
                           "words of letters, digits, _ and -, joined by dots", who, require.line,
                           key);
        if (json_object_get(m->texts, key))
            continue;
        if (json_object_size(m->texts) == MODULES_MAX)
            return err_set(err, ERR_USAGE, "%.100s:%u: more than %d modules", who, require.line,
                           MODULES_MAX);
        if (read_module(m, require.name, who, require.line, err) < 0)
            return err->code;
    }
    return 0;
}

// A name whose text has not been searched yet, or NULL. The object grows meanwhile,
// so that no iterator into it would last.
static const char *next_unseen(const json_t *texts, const json_t *seen)
{
    const char *name;
    json_t *text;

    json_object_foreach((json_t *)(uintptr_t)texts, name, text)
        if (!json_object_get(seen, name))
            return name;
    return NULL;
}

static int scan_modules(const struct modules *m, json_t *seen, struct err *err)
{
    const char *name;

    while ((name = next_unseen(m->texts, seen))) {
        json_t *text = json_object_get(m->texts, name);
        char path[MODULE_NAME_MAX + 8];
        require_path(slice_str(name), path);
        if (json_object_set_new(seen, name, json_true()) < 0)
            return err_set(err, -ENOMEM, "out of memory");
        if (scan(m, slice_of(json_string_value(text), json_string_length(text)), path, err) < 0)
            return err->code;
    }
    return 0;
}

json_t *modules_json(const char *path, struct slice text, struct err *err)
{
    struct modules m = { path, json_object() };
    json_t *seen = json_object();
    int rc = m.texts && seen ? scan(&m, text, file_name(path), err)
                             : err_set(err, -ENOMEM, "out of memory");

    if (rc == 0)
        rc = scan_modules(&m, seen, err);
    json_decref(seen);
    if (rc == 0)
        return m.texts;
    json_decref(m.texts);
    return NULL;
}
