// SPDX-License-Identifier: MIT
// The store in memory: a skip list of copied rows, for simulation and tests.
// A commit first makes all nodes its puts will need, which may fail, and then
// changes the list, which cannot: so a batch is applied whole or not at all.
// Heights come from a counter-driven generator inside the store, so that two runs
// of a simulation build the same list. One mutex covers every call.
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "storage/store.h"

enum { HEIGHT_MAX = 16 }; // 2^16 rows before the search slows down noticeably

// Allocated with `height` links, then key and value bytes behind them.
struct node {
    struct node *prev; // on the lowest level; NULL: the first
    size_t key_len, value_len;
    int height;
    struct node *next[];
};

struct memory_store {
    struct store store; // first
    pthread_mutex_t lock;
    struct node *head[HEIGHT_MAX];
    struct node *last;
    uint64_t random; // state of the height generator, never 0
    uint64_t commits, puts, deletes, bytes;
};

// Where a key is or would go: the link to follow on each level.
struct place {
    struct node **links[HEIGHT_MAX];
    struct node *before; // NULL: the place is at the front
};

static struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)(void *)store;
}

static uint8_t *node_bytes(const struct node *node)
{
    return (uint8_t *)(uintptr_t)(node->next + node->height);
}

static struct slice node_key(const struct node *node)
{
    return slice_of(node_bytes(node), node->key_len);
}

static struct slice node_value(const struct node *node)
{
    return slice_of(node_bytes(node) + node->key_len, node->value_len);
}

static int next_height(struct memory_store *memory)
{
    int height = 1;
    uint64_t x = memory->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    memory->random = x;
    while (height < HEIGHT_MAX && (x & 3) == 0) { // one in four goes a level up
        height++;
        x >>= 2;
    }
    return height;
}

static struct node *node_new(struct memory_store *memory, struct slice key, struct slice value)
{
    int height = next_height(memory);
    size_t links_bytes = (size_t)height * sizeof(struct node *);
    struct node *node = malloc(sizeof(*node) + links_bytes + key.len + value.len);

    if (!node)
        return NULL;
    *node = (struct node){ .key_len = key.len, .value_len = value.len, .height = height };
    memcpy(node_bytes(node), key.ptr, key.len);
    if (value.len)
        memcpy(node_bytes(node) + key.len, value.ptr, value.len);
    return node;
}

// Finds the first node with a key not below this one (NULL: none), and its place.
static struct node *list_seek(struct memory_store *memory, struct slice key, struct place *place)
{
    struct node **links = memory->head;

    place->before = NULL;
    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (links[level] && slice_compare(node_key(links[level]), key) < 0) {
            place->before = links[level];
            links = links[level]->next;
        }
        place->links[level] = &links[level];
    }
    return *place->links[0];
}

static void list_unlink(struct memory_store *memory, struct node *node, struct place *place)
{
    for (int level = 0; level < node->height; level++)
        *place->links[level] = node->next[level];
    if (node->next[0])
        node->next[0]->prev = node->prev;
    else
        memory->last = node->prev;
    memory->bytes -= node->key_len + node->value_len;
    free(node);
}

static void list_put(struct memory_store *memory, struct node *node)
{
    struct place place;
    struct node *old = list_seek(memory, node_key(node), &place);

    if (old && slice_equal(node_key(old), node_key(node)))
        list_unlink(memory, old, &place);
    for (int level = 0; level < node->height; level++) {
        node->next[level] = *place.links[level];
        *place.links[level] = node;
    }
    node->prev = place.before;
    if (node->next[0])
        node->next[0]->prev = node;
    else
        memory->last = node;
    memory->bytes += node->key_len + node->value_len;
    memory->puts++;
}

static void list_del(struct memory_store *memory, struct slice key)
{
    struct place place;
    struct node *node = list_seek(memory, key, &place);

    if (!node || !slice_equal(node_key(node), key))
        return;
    list_unlink(memory, node, &place);
    memory->deletes++;
}

static void list_del_range(struct memory_store *memory, const struct batch_item *item)
{
    struct place place;
    struct node *node;

    for (uint32_t n = 0; n < item->limit; n++) {
        node = list_seek(memory, item->key, &place);
        if (!node || slice_compare(node_key(node), item->value) >= 0)
            return;
        list_unlink(memory, node, &place);
        memory->deletes++;
    }
}

// The nodes of all puts of the batch, chained through prev in order.
static int nodes_make(struct memory_store *memory, const struct batch *batch, struct node **ret)
{
    struct node **end = ret;
    struct batch_item item;

    *ret = NULL;
    for (size_t at = 0; batch_next(batch, &at, &item);) {
        if (item.op != BATCH_PUT)
            continue;
        *end = node_new(memory, item.key, item.value);
        if (!*end)
            return -ENOMEM;
        end = &(*end)->prev;
    }
    return 0;
}

static void nodes_free(struct node *nodes)
{
    while (nodes) {
        struct node *rest = nodes->prev;
        free(nodes);
        nodes = rest;
    }
}

static void batch_apply(struct memory_store *memory, const struct batch *batch,
                        struct node *nodes)
{
    struct batch_item item;

    for (size_t at = 0; batch_next(batch, &at, &item);) {
        switch (item.op) {
        case BATCH_PUT: {
            struct node *node = nodes;
            assert(node); // nodes_make made one for each put
            nodes = node->prev;
            list_put(memory, node);
            break;
        }
        case BATCH_DEL: list_del(memory, item.key); break;
        case BATCH_DEL_RANGE: list_del_range(memory, &item); break;
        }
    }
    assert(!nodes);
    memory->commits++;
}

static int memory_commit(struct store *store, const struct batch *batch, struct err *err)
{
    struct memory_store *memory = memory_of(store);
    struct node *nodes;
    int rc;

    pthread_mutex_lock(&memory->lock);
    rc = nodes_make(memory, batch, &nodes);
    if (rc < 0) {
        nodes_free(nodes);
        err_set(err, rc, "a batch of %zu operations needs more memory than there is",
                batch->count);
    } else {
        batch_apply(memory, batch, nodes);
    }
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static int memory_get(struct store *store, struct slice key, struct buf *ret, struct err *err)
{
    struct memory_store *memory = memory_of(store);
    struct place place;
    struct node *node;
    int rc = -ENOENT;

    pthread_mutex_lock(&memory->lock);
    node = list_seek(memory, key, &place);
    if (node && slice_equal(node_key(node), key)) {
        buf_add_slice(ret, node_value(node));
        rc = buf_failed(ret);
        if (rc < 0)
            err_set(err, rc, "a value of %zu bytes does not fit where it is wanted: %s",
                    node->value_len, err_name(rc));
    }
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

// The last node below `to`; an empty `to` is the end.
static struct node *list_last_before(struct memory_store *memory, struct slice to)
{
    struct place place;

    if (to.len == 0)
        return memory->last;
    list_seek(memory, to, &place);
    return place.before;
}

static int memory_scan(struct store *store, struct slice from, struct slice to, bool reverse,
                       store_row_fn fn, void *arg, struct err *err)
{
    struct memory_store *memory = memory_of(store);
    struct place place;
    struct node *node;
    int rc = 0;

    (void)err; // nothing can fail here but fn, which speaks for itself
    pthread_mutex_lock(&memory->lock);
    node = reverse ? list_last_before(memory, to) : list_seek(memory, from, &place);
    for (; node && rc == 0; node = reverse ? node->prev : node->next[0]) {
        if (reverse ? slice_compare(node_key(node), from) < 0
                    : to.len && slice_compare(node_key(node), to) >= 0)
            break;
        rc = fn(arg, node_key(node), node_value(node), false);
    }
    pthread_mutex_unlock(&memory->lock);
    return rc < 0 ? rc : 0;
}

static int memory_reserve(struct store *store, uint64_t bytes, struct err *err)
{
    (void)store, (void)bytes, (void)err; // memory is met by the commit itself
    return 0;
}

static int memory_backup(struct store *store, const char *path, struct err *err)
{
    (void)store;
    return err_set(err, -EOPNOTSUPP, "backup to %s: a store in memory keeps no files to copy",
                   path);
}

static void memory_stat(struct store *store, struct store_stat *ret)
{
    struct memory_store *memory = memory_of(store);

    pthread_mutex_lock(&memory->lock);
    *ret = (struct store_stat){ .commits = memory->commits, .puts = memory->puts,
                                .deletes = memory->deletes, .bytes_used = memory->bytes };
    pthread_mutex_unlock(&memory->lock);
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);

    for (struct node *node = memory->last; node;) {
        struct node *rest = node->prev;
        free(node);
        node = rest;
    }
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct store_ops memory_ops = {
    .commit = memory_commit,
    .get = memory_get,
    .scan = memory_scan,
    .reserve = memory_reserve,
    .backup = memory_backup,
    .stat = memory_stat,
    .close = memory_close,
};

int store_memory_open(struct store **ret, struct err *err)
{
    struct memory_store *memory = calloc(1, sizeof(*memory));

    *ret = NULL;
    if (!memory)
        return err_set(err, -ENOMEM, "no memory for a store");
    pthread_mutex_init(&memory->lock, NULL);
    memory->store.ops = &memory_ops;
    memory->random = 0x9e3779b97f4a7c15u;
    *ret = &memory->store;
    return 0;
}
