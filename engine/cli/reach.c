// SPDX-License-Identifier: MIT
// How: ssh takes the first value that it finds for an option, so what stands on the
// command line goes before what the inventory has.
#include "cli/reach.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/call.h"
#include "model/hostset.h"
#include "model/ssh_option.h"

static bool is_local(const json_t *host) { return strcmp(row_text(host, "dest"), "localhost") == 0; }

// ---- who

static int user_check(const char *user, struct err *err)
{
    struct buf text;
    bool sound;

    if (!user)
        return 0;
    buf_init(&text, 0);
    buf_addf(&text, "%s@h", user);
    sound = !buf_failed(&text) && hostset_is_name(buf_slice(&text)) && !strchr(user, '@');
    buf_release(&text);
    return sound ? 0 : err_set(err, ERR_USAGE, "--user \"%.60s\" is no user's name: letters, digits, "
                               "'.', '_' and '-' are", user);
}

// Not to say so of this machine would run the command there as somebody else than was meant.
static int user_set(const char *user, json_t *host, struct err *err)
{
    const char *dest = row_text(host, "dest");
    json_t *json;

    if (!user || strchr(dest, '@'))
        return 0;
    if (is_local(host))
        return err_set(err, ERR_USAGE, "localhost is reached without a login: --user %.60s does not "
                       "hold there; --as USER runs a command as another user", user);
    json = json_sprintf("%s@%s", user, dest);
    return json && json_object_set_new(host, "dest", json) == 0
               ? 0 : err_set(err, -ENOMEM, "out of memory");
}

// ---- options of ssh

static int option_add(json_t *list, const char *option, struct err *err)
{
    if (ssh_option_check(slice_str(option), err) < 0)
        return err->code;
    return json_array_append_new(list, json_string(option)) < 0
               ? err_set(err, ERR_USAGE, "the text is not UTF-8") : 0;
}

static json_t *options_json(const struct options *options, struct err *err)
{
    json_t *list = json_array();
    const char *option;
    size_t at = 0;

    while ((option = option_next(options, "ssh-option", &at)))
        if (option_add(list, option, err) < 0) {
            err_wrap(err, "--ssh-option %.80s", option);
            json_decref(list);
            return NULL;
        }
    return list;
}

static const char *key_of(const json_t *host)
{
    const json_t *vars = json_object_get(host, "vars");
    const char *path = row_text(vars, "ansible_ssh_private_key_file");

    return *path ? path : row_text(vars, "ansible_private_key_file");
}

// As Ansible does: a path that is not absolute is seen from where we are.
static void key_path(const char *path, struct buf *ret)
{
    char here[PATH_MAX];

    if (*path != '/' && *path != '~' && *path != '%' && getcwd(here, sizeof(here)))
        buf_addf(ret, "%s/", here);
    buf_add_str(ret, path);
}

static int key_add(const json_t *host, json_t *list, struct err *err)
{
    const char *path = key_of(host);
    struct buf option;
    int rc;

    if (!*path)
        return 0;
    buf_init(&option, 0);
    buf_add_str(&option, "IdentityFile=\"");
    key_path(path, &option);
    buf_add_str(&option, "\"");
    rc = strchr(path, '"') ? err_set(err, ERR_USAGE, "ssh takes no path with a quotation mark")
                           : option_add(list, buf_cstr(&option), err);
    buf_release(&option);
    return rc < 0 ? err_wrap(err, "host %.200s: the private key %.200s", row_text(host, "name"), path)
                  : 0;
}

static int options_set(const json_t *given, json_t *host, struct err *err)
{
    json_t *list = json_copy((json_t *)(uintptr_t)given);
    int rc = is_local(host) ? 0 : key_add(host, list, err);

    if (rc == 0 && json_array_size(list) && !is_local(host))
        rc = json_object_set(host, "ssh", list) < 0 ? err_set(err, -ENOMEM, "out of memory") : 0;
    json_decref(list);
    return rc;
}

int reach_hosts(const struct options *options, json_t *hosts, struct err *err)
{
    const char *user = option_text(options, "user");
    json_t *given = options_json(options, err), *host;
    int rc = given ? user_check(user, err) : err->code;
    size_t i;

    json_array_foreach(hosts, i, host) {
        if (rc == 0)
            rc = user_set(user, host, err);
        if (rc == 0)
            rc = options_set(given, host, err);
    }
    json_decref(given);
    return rc;
}

// ---- how long

int reach_retry(const struct options *options, json_t *body, struct err *err)
{
    const char *text = option_text(options, "connect-retry");
    long long ms = -1;

    if (!text)
        return 0;
    if (strcmp(text, "forever") != 0 && option_duration(options, "connect-retry", -1, &ms, err) < 0)
        return err_set(err, ERR_USAGE, "--connect-retry %.60s: a duration like 90, 10m or 1h30m, or "
                       "forever, is expected", text);
    return json_object_set_new(body, "connect_retry_ms", json_integer(ms)) < 0
               ? err_set(err, -ENOMEM, "out of memory") : 0;
}
