// SPDX-License-Identifier: MIT
#include <errno.h>

#include "storage/keys.h"
#include "storage/tables.h"

static struct key script_key(const struct content_hash *hash)
{
    struct key key = key_tag(KEY_SCRIPT);

    key_add(&key, hash->bytes, sizeof(hash->bytes));
    return key;
}

void scripts_put(struct batch *batch, const struct content_hash *hash, struct slice text)
{
    struct key key = script_key(hash);

    batch_put(batch, key_slice(&key), text);
}

int scripts_get(struct store *store, const struct content_hash *hash, struct buf *ret,
                struct err *err)
{
    struct key key = script_key(hash);
    char text[CONTENT_HASH_TEXT];
    int rc = store_get(store, key_slice(&key), ret, err);

    if (rc < 0 && rc != -ENOENT)
        err_wrap(err, "script %s", content_hash_format(hash, text));
    return rc;
}

void scripts_del(struct batch *batch, const struct content_hash *hash)
{
    struct key key = script_key(hash);

    batch_del(batch, key_slice(&key));
}

struct scripts_scan {
    scripts_fn fn;
    void *arg;
};

static int on_script(void *arg, struct slice key, struct slice text, bool damaged)
{
    const struct scripts_scan *scan = arg;
    struct content_hash hash;

    (void)text, (void)damaged; // the key says it all
    if (!key_is_sound(key))
        return 0;
    memcpy(hash.bytes, key.ptr + 1, sizeof(hash.bytes));
    return scan->fn(scan->arg, &hash);
}

int scripts_scan(struct store *store, scripts_fn fn, void *arg, struct err *err)
{
    struct scripts_scan scan = { fn, arg };
    struct key from = key_tag(KEY_SCRIPT);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_script, &scan, err);
}
