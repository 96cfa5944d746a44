// SPDX-License-Identifier: MIT
// Random batches over every implementation of store.h, compared with a model too
// simple to be wrong: an array of slots, one per possible key. After each batch
// the store must give what the model holds, by get and by scans of random ranges
// both ways; on LMDB the store is also closed and opened again now and then. A
// failing run prints its seed; PAWL_SEED=n runs that one alone.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "storage/lmdb_store.h"
#include "unit/storage/temp.h"

enum { SLOTS = 400, BATCHES = 60, SEEDS = 25, VALUE_MAX = 9000 };

struct slot {
    bool full;
    uint32_t len; // the value is made from these two
    uint64_t stamp;
};

struct world {
    struct temp temp;
    struct store *store;
    bool durable;
    uint64_t random;
    struct slot slots[SLOTS];
    uint64_t stamp;
    uint8_t value[VALUE_MAX];
    struct batch batch;
    struct buf got;
};

static uint64_t next(struct world *world)
{
    uint64_t x = world->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    world->random = x;
    return x * 0x2545f4914f6cdd1du >> 11;
}

static size_t pick(struct world *world, size_t n) { return (size_t)(next(world) % n); }

// Keys of several lengths whose order is the order of the slots; some are a
// prefix of the next.
static struct slice key_of(size_t slot, uint8_t bytes[STORE_KEY_MAX])
{
    size_t len = slot % 4 == 3 ? STORE_KEY_MAX : 3 + slot % 4;

    memset(bytes, 0, STORE_KEY_MAX);
    bytes[0] = 0x20;
    bytes[1] = (uint8_t)(slot / 4 / 256);
    bytes[2] = (uint8_t)(slot / 4 % 256);
    return slice_of(bytes, len);
}

static struct slice value_of(struct world *world, const struct slot *slot)
{
    for (uint32_t i = 0; i < slot->len; i++)
        world->value[i] = (uint8_t)(slot->stamp >> (i % 7) ^ i);
    return slice_of(world->value, slot->len);
}

static void random_put(struct world *world)
{
    size_t i = pick(world, SLOTS);
    uint8_t key[STORE_KEY_MAX];
    uint32_t len = (uint32_t)pick(world, pick(world, 8) ? 120 : VALUE_MAX);

    world->slots[i] = (struct slot){ true, len, ++world->stamp };
    batch_put(&world->batch, key_of(i, key), value_of(world, &world->slots[i]));
}

static void random_del(struct world *world)
{
    size_t i = pick(world, SLOTS);
    uint8_t key[STORE_KEY_MAX];

    world->slots[i].full = false;
    batch_del(&world->batch, key_of(i, key));
}

static void random_del_range(struct world *world)
{
    size_t from = pick(world, SLOTS), to = from + pick(world, SLOTS - from);
    uint32_t limit = (uint32_t)pick(world, 20), left = limit;
    uint8_t key_from[STORE_KEY_MAX], key_to[STORE_KEY_MAX];

    for (size_t i = from; i < to && left > 0; i++) {
        left -= world->slots[i].full;
        world->slots[i].full = false;
    }
    batch_del_range(&world->batch, key_of(from, key_from), key_of(to, key_to), limit);
}

// What the store thought a commit might need was never exceeded: LMDB has not had
// to make the file longer, and it is not shorter than its last page.
static void check_room(struct world *world)
{
    struct store_stat stat;

    store_stat(world->store, &stat);
    assert_int_equal(stat.bytes_file, lmdb_of(world->store)->file_bytes);
    assert_true(stat.bytes_used <= stat.bytes_file);
}

static void random_batch(struct world *world)
{
    for (size_t n = 1 + pick(world, 60); n > 0; n--) {
        size_t what = pick(world, 20);
        if (what < 13)
            random_put(world);
        else if (what < 19)
            random_del(world);
        else
            random_del_range(world);
    }
    commit(world->store, &world->batch);
    if (world->durable)
        check_room(world);
}

static void compare_get(struct world *world, size_t i)
{
    uint8_t key[STORE_KEY_MAX];
    int rc = store_get(world->store, key_of(i, key), &world->got, NULL);

    assert_int_equal(rc, world->slots[i].full ? 0 : -ENOENT);
    if (rc == 0)
        assert_true(slice_equal(buf_slice(&world->got), value_of(world, &world->slots[i])));
}

struct walk {
    struct world *world;
    size_t at, end; // slots still to come: at <= i < end
    bool reverse;
    size_t stop_after; // rows
};

static bool walk_to_full(struct walk *walk, size_t *ret)
{
    while (walk->at < walk->end) {
        *ret = walk->reverse ? --walk->end : walk->at++;
        if (walk->world->slots[*ret].full)
            return true;
    }
    return false;
}

static int on_row(void *arg, struct slice key, struct slice bytes, bool damaged)
{
    struct walk *walk = arg;
    uint8_t expected[STORE_KEY_MAX];
    size_t i = 0;

    assert_false(damaged);
    assert_true(walk_to_full(walk, &i));
    assert_true(slice_equal(key, key_of(i, expected)));
    assert_true(slice_equal(bytes, value_of(walk->world, &walk->world->slots[i])));
    return --walk->stop_after == 0;
}

static void compare_scan(struct world *world, size_t from, size_t to, bool reverse)
{
    uint8_t key_from[STORE_KEY_MAX], key_to[STORE_KEY_MAX];
    struct walk walk = { world, from, to, reverse, 1 + pick(world, 2 * SLOTS) };
    struct slice end = to < SLOTS ? key_of(to, key_to) : slice_of(NULL, 0);
    size_t missed;

    assert_int_equal(store_scan(world->store, key_of(from, key_from), end, reverse, on_row,
                                &walk, NULL), 0);
    if (walk.stop_after)
        assert_false(walk_to_full(&walk, &missed));
}

static void compare(struct world *world)
{
    for (int i = 0; i < 20; i++)
        compare_get(world, pick(world, SLOTS));
    for (int i = 0; i < 4; i++) {
        size_t from = pick(world, SLOTS), to = from + pick(world, SLOTS - from + 1);
        compare_scan(world, from, to, i & 1);
    }
    compare_scan(world, 0, SLOTS, pick(world, 2));
}

static void world_open(struct world *world)
{
    // A small first map: growing it is part of every run.
    struct store_lmdb_options options = { .create = true, .map_bytes = 64 * 1024 };
    struct err err = { 0 };
    int rc = world->durable ? store_lmdb_open(&world->store, world->temp.home, &options, &err)
                            : store_memory_open(&world->store, &err);

    if (rc < 0)
        fail_msg("%s", err_text(&err));
}

static void run(struct world *world)
{
    world_open(world);
    for (int i = 0; i < BATCHES; i++) {
        random_batch(world);
        compare(world);
        if (world->durable && pick(world, 10) == 0) {
            store_close(world->store);
            world_open(world);
            compare(world);
        }
    }
    for (size_t i = 0; i < SLOTS; i++)
        compare_get(world, i);
    store_close(world->store);
}

static void run_seed(uint64_t seed, bool durable)
{
    struct world *world = test_calloc(1, sizeof(*world));

    print_message("seed %llu\n", (unsigned long long)seed);
    world->durable = durable;
    world->random = seed * 0x9e3779b97f4a7c15u | 1;
    temp_init(&world->temp);
    batch_init(&world->batch);
    buf_init(&world->got, 0);
    run(world);
    buf_release(&world->got);
    batch_release(&world->batch);
    temp_release(&world->temp);
    test_free(world);
}

static void run_seeds(bool durable)
{
    const char *one = getenv("PAWL_SEED");

    if (one)
        run_seed(strtoull(one, NULL, 10), durable);
    for (uint64_t seed = 1; !one && seed <= SEEDS; seed++)
        run_seed(seed, durable);
}

static void test_memory(void **state) { (void)state; run_seeds(false); }
static void test_lmdb(void **state) { (void)state; run_seeds(true); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_lmdb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
