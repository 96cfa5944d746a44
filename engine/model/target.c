// SPDX-License-Identifier: MIT
#include "model/target.h"

#include "model/hostset.h"

struct target target_of(const value *v)
{
    struct target ret = {
        .name = value_bytes(value_get(v, "name")),
        .dest = value_bytes(value_get(v, "dest")),
        .vars = value_get(v, "vars"),
    };

    if (!ret.dest.len)
        ret.dest = ret.name;
    if (value_is_nil(ret.vars))
        ret.vars = NULL;
    return ret;
}

static int check_one(struct hostset *seen, const value *v, struct err *err)
{
    struct target target = target_of(v);
    const value *dest = value_get(v, "dest");
    size_t before = seen->count;
    int rc;

    if (!target.name.len)
        return err_set(err, ERR_USAGE, "host %zu is not an object with a \"name\"", before + 1);
    if (!value_is_nil(dest) && dest->type != MSGPACK_OBJECT_STR)
        return err_set(err, ERR_USAGE, "host %.*s: its destination must be a string",
                       SLICE_ARG(target.name));
    if (!hostset_is_name(target.dest))
        return err_set(err, ERR_USAGE, "host %.*s: its destination '%.*s' is not of the form "
                       "[user@]address[:port]", SLICE_ARG(target.name), SLICE_ARG(target.dest));
    if (target.vars && target.vars->type != MSGPACK_OBJECT_MAP)
        return err_set(err, ERR_USAGE, "host %.*s: its variables must be an object",
                       SLICE_ARG(target.name));
    rc = hostset_add(seen, target.name, err);
    if (rc == 0 && seen->count == before)
        return err_set(err, ERR_USAGE, "host %.*s is named twice", SLICE_ARG(target.name));
    return rc;
}

int targets_check(struct slice bytes, struct value_doc *doc, struct err *err)
{
    struct hostset seen;
    msgpack_object v;
    size_t at = 0;
    int rc = value_parse(doc, bytes, &at, &v, err);

    if (rc < 0)
        return rc;
    if (v.type != MSGPACK_OBJECT_ARRAY || value_count(&v) == 0)
        return err_set(err, ERR_USAGE, "the hosts must be an array of at least one host");
    hostset_init(&seen);
    for (size_t i = 0; rc == 0 && i < value_count(&v); i++)
        rc = check_one(&seen, value_at(&v, i), err);
    hostset_release(&seen);
    return rc;
}
