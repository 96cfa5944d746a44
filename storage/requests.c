// SPDX-License-Identifier: MIT
// Every answer has a row in the age index. A request is answered once; the core
// looks before it answers.
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

static struct key age_key(int64_t at_wall_ms, struct uuid request)
{
    struct key key = key_1(KEY_REQUEST_AGE, key_sign(at_wall_ms));

    key_add(&key, request.bytes, sizeof(request.bytes));
    return key;
}

void requests_put(struct batch *batch, struct uuid request, int64_t at_wall_ms,
                  struct slice answer)
{
    struct key key = key_uuid(KEY_REQUEST, request);
    struct key age = age_key(at_wall_ms, request);

    batch_put(batch, key_slice(&key), answer);
    batch_put(batch, key_slice(&age), slice_of(NULL, 0));
}

int requests_get(struct store *store, struct uuid request, struct buf *ret, struct err *err)
{
    struct key key = key_uuid(KEY_REQUEST, request);
    char text[UUID_TEXT];
    int rc = store_get(store, key_slice(&key), ret, err);

    if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "the answer to request %s", uuid_format(request, text));
    return rc;
}

struct expire {
    struct batch *batch;
    size_t left;
};

static int on_age(void *arg, struct slice age, struct slice bytes, bool damaged)
{
    struct expire *expire = arg;
    struct key key = key_tag(KEY_REQUEST);

    (void)bytes, (void)damaged; // the key says it all
    if (!key_is_sound(age))
        return 0;
    key_add(&key, age.ptr + 9, sizeof(struct uuid));
    batch_del(expire->batch, key_slice(&key));
    batch_del(expire->batch, age);
    return --expire->left == 0;
}

int requests_expire(struct store *store, struct batch *batch, int64_t before_wall_ms,
                    size_t limit, struct err *err)
{
    struct expire expire = { batch, limit };
    struct key from = key_tag(KEY_REQUEST_AGE);
    struct key to = key_1(KEY_REQUEST_AGE, key_sign(before_wall_ms));
    int rc;

    if (limit == 0)
        return 0;
    rc = store_scan(store, key_slice(&from), key_slice(&to), false, on_age, &expire, err);
    return rc < 0 ? rc : (int)(limit - expire.left);
}

static int on_counted(void *arg, struct slice age, struct slice bytes, bool damaged)
{
    size_t *count = arg;

    (void)age, (void)bytes, (void)damaged;
    ++*count;
    return 0;
}

int requests_count(struct store *store, size_t *ret, struct err *err)
{
    struct key from = key_tag(KEY_REQUEST_AGE);
    struct key to = key_prefix_end(from);

    *ret = 0;
    return store_scan(store, key_slice(&from), key_slice(&to), false, on_counted, ret, err);
}
