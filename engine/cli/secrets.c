// SPDX-License-Identifier: MIT
// How: Ansible's own variables for passwords are known by how their names begin and end;
// what ansible-vault has encrypted by how its text begins, or by the key that Ansible's
// JSON has for it, however deep. The values may be the inventory's: each host gets
// a map of its own.
#include "cli/secrets.h"

#include <string.h>

static bool is_secret_name(const char *name)
{
    static const char *const ends[] = { "pass", "passwd", "password", "passphrase" };
    size_t len = strlen(name);

    if (strncmp(name, "ansible_", strlen("ansible_")) != 0)
        return false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t end = strlen(ends[i]);
        if (len > end && strcmp(name + len - end, ends[i]) == 0)
            return true;
    }
    return false;
}

static bool is_encrypted(const json_t *value)
{
    static const char vault[] = "$ANSIBLE_VAULT;";
    const char *key;
    json_t *part;
    size_t i;

    if (json_is_string(value))
        return strncmp(json_string_value(value), vault, sizeof(vault) - 1) == 0;
    json_array_foreach(value, i, part)
        if (is_encrypted(part))
            return true;
    json_object_foreach((json_t *)(uintptr_t)value, key, part)
        if (strcmp(key, "__ansible_vault") == 0 || is_encrypted(part))
            return true;
    return false;
}

static json_t *vars_without(json_t *vars, json_t *dropped)
{
    json_t *kept = json_object(), *value;
    const char *name;

    json_object_foreach(vars, name, value) {
        if (is_secret_name(name) || is_encrypted(value))
            json_object_set_new(dropped, name, json_true());
        else
            json_object_set(kept, name, value);
    }
    return kept;
}

void secrets_drop(json_t *hosts, struct buf *ret)
{
    json_t *dropped = json_object(), *host, *value;
    const char *name;
    size_t i;

    json_array_foreach(hosts, i, host) {
        json_t *vars = json_object_get(host, "vars");
        if (vars)
            json_object_set_new(host, "vars", vars_without(vars, dropped));
    }
    json_object_foreach(dropped, name, value)
        buf_addf(ret, "%s%.80s", ret->len ? ", " : "", name);
    json_decref(dropped);
}
