// SPDX-License-Identifier: MIT
#include "model/target.h"

#include "model/hostset.h"

struct target target_of(const value *v)
{
    struct target ret = {
        .name = value_bytes(value_get(v, "name")),
        .dest = value_bytes(value_get(v, "dest")),
        .vars = value_get(v, "vars"),
        .ssh = value_get(v, "ssh"),
    };

    if (!ret.dest.len)
        ret.dest = ret.name;
    if (value_is_nil(ret.vars))
        ret.vars = NULL;
    if (value_is_nil(ret.ssh))
        ret.ssh = NULL;
    return ret;
}

// ---- keys

void target_key(const struct target *target, struct buf *ret)
{
    bool local = slice_is(target->dest, "localhost");

    buf_add_slice(ret, target->dest);
    for (size_t i = 0; !local && i < value_count(target->ssh); i++) {
        buf_add_byte(ret, '\n');
        buf_add_slice(ret, value_bytes(value_at(target->ssh, i)));
    }
}

struct slice target_key_dest(struct slice key)
{
    const uint8_t *end = key.len ? memchr(key.ptr, '\n', key.len) : NULL;

    return end ? slice_of(key.ptr, (size_t)(end - key.ptr)) : key;
}

// ---- are they right

static int check_options(const struct target *target, struct err *err)
{
    if (target->ssh && target->ssh->type != MSGPACK_OBJECT_ARRAY)
        return err_set(err, ERR_USAGE, "host %.*s: \"ssh\" must be an array of strings",
                       SLICE_ARG(target->name));
    if (value_count(target->ssh) > SSH_OPTIONS_MAX)
        return err_set(err, ERR_USAGE, "host %.*s has %zu options of ssh, at most %d are allowed",
                       SLICE_ARG(target->name), value_count(target->ssh), SSH_OPTIONS_MAX);
    for (size_t i = 0; i < value_count(target->ssh); i++) {
        struct slice option = value_bytes(value_at(target->ssh, i));
        if (ssh_option_check(option, err) < 0)
            return err_wrap(err, "host %.*s: \"%.*s\"", SLICE_ARG(target->name),
                            option.len < 80 ? (int)option.len : 80,
                            option.len ? (const char *)option.ptr : "");
    }
    return 0;
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
    if (check_options(&target, err) < 0)
        return err->code;
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
