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
