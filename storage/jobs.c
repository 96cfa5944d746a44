// SPDX-License-Identifier: MIT
// Heads, and the two indexes that lead to them: by uuid to an id, and from the id
// of a job or child to the job's.
#include <errno.h>

#include "storage/fixed.h"
#include "storage/tables.h"

void jobs_put(struct batch *batch, const struct job_head *head)
{
    struct key key = key_1(KEY_HEAD, head->id);
    size_t begun = batch_put_begin(batch, key_slice(&key));

    head_encode(head, &batch->bytes);
    batch_put_end(batch, begun);
}

void jobs_index_put(struct batch *batch, uint64_t id, struct uuid uuid, uint64_t parent_id)
{
    struct key by_uuid = key_uuid(KEY_UUID, uuid);
    struct key by_id = key_1(KEY_PARENT, id);

    fixed_put(batch, &by_uuid, &id, 1);
    fixed_put(batch, &by_id, &parent_id, 1);
}

void jobs_index_del(struct batch *batch, uint64_t id, struct uuid uuid)
{
    struct key by_uuid = key_uuid(KEY_UUID, uuid);
    struct key by_id = key_1(KEY_PARENT, id);

    batch_del(batch, key_slice(&by_uuid));
    batch_del(batch, key_slice(&by_id));
}

void jobs_del(struct batch *batch, uint64_t id)
{
    struct key key = key_1(KEY_HEAD, id);

    batch_del(batch, key_slice(&key));
}

int jobs_get(struct store *store, uint64_t id, struct buf *ret, struct err *err)
{
    struct key key = key_1(KEY_HEAD, id);
    int rc = store_get(store, key_slice(&key), ret, err);

    if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "job %llu: its head", (unsigned long long)id);
    return rc;
}

struct jobs_scan {
    jobs_fn fn;
    void *arg;
};

static int on_head(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct jobs_scan *scan = arg;

    if (!key_is_sound(key))
        return 0; // nobody's: only the check of the store can tell
    return scan->fn(scan->arg, key_u64(key, 0), bytes, damaged);
}

int jobs_scan(struct store *store, uint64_t from, bool reverse, jobs_fn fn, void *arg,
              struct err *err)
{
    struct jobs_scan scan = { fn, arg };
    struct key at = key_1(KEY_HEAD, from);
    struct key first = key_tag(KEY_HEAD);
    struct key end = key_prefix_end(first);

    if (reverse)
        end = key_after(at);
    else
        first = at;
    return store_scan(store, key_slice(&first), key_slice(&end), reverse, on_head, &scan, err);
}

int jobs_parent(struct store *store, uint64_t id, uint64_t *ret, struct err *err)
{
    struct key key = key_1(KEY_PARENT, id);
    int rc = fixed_get(store, &key, ret, 1, err);

    if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "id %llu: its place in the index", (unsigned long long)id);
    return rc;
}

int jobs_by_uuid(struct store *store, struct uuid uuid, uint64_t *ret, struct err *err)
{
    struct key key = key_uuid(KEY_UUID, uuid);
    char text[UUID_TEXT];
    int rc = fixed_get(store, &key, ret, 1, err);

    if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "uuid %s: its place in the index", uuid_format(uuid, text));
    return rc;
}
