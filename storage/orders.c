// SPDX-License-Identifier: MIT
// Orders are kept by a digest of the host's name; the name in the value decides,
// should two names ever share a digest.
#include "storage/keys.h"
#include "storage/tables.h"

enum { ORDER_BYTES = 1 + 16 + 8 + 8 }; // before the host's name

static struct key host_key(struct slice host)
{
    struct content_hash digest = content_hash_of(host);
    struct key key = key_tag(KEY_ORDER);

    key_add(&key, digest.bytes, HOST_DIGEST_BYTES);
    return key;
}

static struct key order_key(struct slice host, uint64_t id)
{
    struct key key = host_key(host);

    key_add_u64(&key, id);
    return key;
}

void orders_put(struct batch *batch, struct slice host, const struct order *order)
{
    struct key key = order_key(host, order->id);
    size_t begun = batch_put_begin(batch, key_slice(&key));

    buf_add_byte(&batch->bytes, (uint8_t)order->kind);
    buf_add(&batch->bytes, order->job.bytes, sizeof(order->job.bytes));
    buf_add_u64be(&batch->bytes, order->intent_no);
    buf_add_u64be(&batch->bytes, (uint64_t)order->grace_ms);
    buf_add_slice(&batch->bytes, host);
    batch_put_end(batch, begun);
}

void orders_del(struct batch *batch, struct slice host, uint64_t order_id)
{
    struct key key = order_key(host, order_id);

    batch_del(batch, key_slice(&key));
}

struct orders_scan {
    struct slice host;
    orders_fn fn;
    void *arg;
    struct err *err;
};

static int on_order(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct orders_scan *scan = arg;
    struct order order = { 0 };

    if (!key_is_sound(key))
        return 0;
    order.id = read_u64be(key.ptr + 1 + HOST_DIGEST_BYTES);
    if (damaged || bytes.len < ORDER_BYTES)
        return err_set(scan->err, ERR_CORRUPT, "order %llu for host %.*s is damaged",
                       (unsigned long long)order.id, SLICE_ARG(scan->host));
    if (!slice_equal(slice_of(bytes.ptr + ORDER_BYTES, bytes.len - ORDER_BYTES), scan->host))
        return 0;
    order.kind = (enum order_kind)bytes.ptr[0];
    memcpy(order.job.bytes, bytes.ptr + 1, sizeof(order.job.bytes));
    order.intent_no = read_u64be(bytes.ptr + 17);
    order.grace_ms = (int64_t)read_u64be(bytes.ptr + 25);
    return scan->fn(scan->arg, &order);
}

int orders_scan(struct store *store, struct slice host, orders_fn fn, void *arg, struct err *err)
{
    struct orders_scan scan = { host, fn, arg, err };
    struct key from = host_key(host);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_order, &scan, err);
}

struct hosts_scan {
    orders_host_fn fn;
    void *arg;
};

static int on_host(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    const struct hosts_scan *scan = arg;

    if (!key_is_sound(key) || damaged || bytes.len < ORDER_BYTES)
        return 0; // orders_scan tells of it
    return scan->fn(scan->arg, slice_of(bytes.ptr + ORDER_BYTES, bytes.len - ORDER_BYTES));
}

int orders_hosts(struct store *store, orders_host_fn fn, void *arg, struct err *err)
{
    struct hosts_scan scan = { fn, arg };
    struct key from = key_tag(KEY_ORDER);
    struct key to = key_prefix_end(from);

    return store_scan(store, key_slice(&from), key_slice(&to), false, on_host, &scan, err);
}
