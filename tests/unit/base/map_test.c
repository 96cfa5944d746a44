// SPDX-License-Identifier: MIT
// A map is held against the plainest one, an array of pairs, under random calls. The
// keys of a round share their low 48 bits in a few groups: the table's mixing looks at
// no higher ones (while it has at most 65536 slots), so that a group is one long chain,
// and removals must shift its members back, across the table's end as well.
#include "base/map.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "unit/base/alloc_gate.h"
#include "unit/base/random.h"

enum { ROUNDS = 300, STEPS = 400, KEYS = 48 };

struct model {
    uint64_t keys[KEYS];
    void *values[KEYS]; // NULL: not in the map
    size_t count;
};

static void walk_sees_each_once(const struct map *map, const struct model *model)
{
    size_t at = 0, seen = 0;
    void *value;

    while ((value = map_next(map, &at))) {
        size_t i = 0;
        while (i < KEYS && model->values[i] != value)
            i++;
        assert_true(i < KEYS); // no value that is not in the model, and, by their number,
        seen++;                // none twice
    }
    assert_int_equal(seen, model->count);
}

static void matches(const struct map *map, const struct model *model)
{
    assert_int_equal(map->count, model->count);
    assert_true(map->count * 4 <= map->cap * 3);
    for (size_t i = 0; i < KEYS; i++)
        assert_ptr_equal(map_get(map, model->keys[i]), model->values[i]);
    walk_sees_each_once(map, model);
}

// Keys that are all different: `groups` low parts, each with many high parts.
static void keys_make(struct model *model, size_t groups, uint64_t *seed)
{
    uint64_t low = random_next(seed) & 0xffff;

    memset(model, 0, sizeof(*model));
    for (size_t i = 0; i < KEYS; i++)
        model->keys[i] = (low + i % groups) | (uint64_t)(i / groups) << 48;
}

static void random_step(struct map *map, struct model *model, char *objects, uint64_t *seed)
{
    size_t i = random_below(seed, KEYS);

    if (random_below(seed, 2)) {
        // One of two objects of this key: a put replaces, too.
        void *value = &objects[2 * i + random_below(seed, 2)];
        assert_int_equal(map_put(map, model->keys[i], value), 0);
        model->count += !model->values[i];
        model->values[i] = value;
    } else {
        assert_ptr_equal(map_take(map, model->keys[i]), model->values[i]);
        model->count -= model->values[i] != NULL;
        model->values[i] = NULL;
    }
}

static void any_sequence_matches_a_list_of_pairs(void **state)
{
    static char objects[2 * KEYS];

    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = round * 7919;
        struct model model;
        struct map map;
        keys_make(&model, 1 + round % 8, &seed);
        map_init(&map);
        for (int step = 0; step < STEPS; step++) {
            random_step(&map, &model, objects, &seed);
            matches(&map, &model);
        }
        map_release(&map);
        assert_null(map_get(&map, model.keys[0]));
    }
}

static void an_empty_map_answers(void **state)
{
    struct map map;
    size_t at = 0;

    (void)state;
    map_init(&map);
    assert_null(map_get(&map, 0));
    assert_null(map_take(&map, 7));
    assert_null(map_next(&map, &at));
    assert_null(map.slots); // and allocated nothing
    map_release(&map);
}

static void every_key_is_a_key(void **state)
{
    static const uint64_t keys[] = { 0, 1, UINT64_MAX, UINT64_C(1) << 63, UINT32_MAX };
    char objects[sizeof(keys) / sizeof(*keys)];
    struct map map;

    (void)state;
    map_init(&map);
    for (size_t i = 0; i < sizeof(objects); i++)
        assert_int_equal(map_put(&map, keys[i], &objects[i]), 0);
    for (size_t i = 0; i < sizeof(objects); i++)
        assert_ptr_equal(map_get(&map, keys[i]), &objects[i]);
    assert_int_equal(map.count, sizeof(objects));
    map_release(&map);
}

static void many_entries_are_found_again(void **state)
{
    enum { MANY = 20000 };
    static char objects[MANY];
    struct map map;

    (void)state;
    map_init(&map);
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(map_put(&map, i, &objects[i]), 0);
    for (uint64_t i = 0; i < MANY; i += 2)
        assert_ptr_equal(map_take(&map, i), &objects[i]);
    assert_int_equal(map.count, MANY / 2);
    for (uint64_t i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(&map, i), i % 2 ? &objects[i] : NULL);
    map_release(&map);
}

static void no_memory_leaves_the_map_as_it_was(void **state)
{
    char objects[64];
    struct map map;
    size_t n = 0;
    int rc;

    (void)state;
    map_init(&map);
    alloc_gate_shut();
    assert_int_equal(map_put(&map, 1, &objects[0]), -ENOMEM);
    alloc_gate_open();
    assert_null(map_get(&map, 1));
    assert_int_equal(map_put(&map, 0, &objects[0]), 0);

    alloc_gate_shut();
    for (n = 1; (rc = map_put(&map, n, &objects[n])) == 0; n++)
        assert_true(n < sizeof(objects) - 1);
    alloc_gate_open();
    assert_int_equal(rc, -ENOMEM);
    assert_int_equal(map.count, n);
    assert_null(map_get(&map, n));
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(map_get(&map, i), &objects[i]);
    assert_int_equal(map_put(&map, n, &objects[n]), 0); // and goes on when there is memory
    assert_ptr_equal(map_get(&map, n), &objects[n]);
    map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_matches_a_list_of_pairs),
        cmocka_unit_test(an_empty_map_answers),
        cmocka_unit_test(every_key_is_a_key),
        cmocka_unit_test(many_entries_are_found_again),
        cmocka_unit_test(no_memory_leaves_the_map_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
