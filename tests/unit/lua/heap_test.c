// SPDX-License-Identifier: MIT
// The heap of a Lua state under random calls: what is in a block stays in it, blocks
// do not overlap, and a heap that may not grow any more still frees and shrinks.
#include "lua/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/base/random.h"

enum { SEEDS = 60, STEPS = 3000, BLOCKS = 64, SIZE_MAX_TESTED = 5000 };

struct block {
    unsigned char *ptr; // NULL: there is none
    size_t size;
    unsigned char fill;
};

static void fill(struct block *block, size_t from)
{
    if (block->size > from)
        memset(block->ptr + from, block->fill, block->size - from);
}

static void check(const struct block *block, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(block->ptr[i], block->fill);
    assert_int_equal((uintptr_t)block->ptr % HEAP_GRAIN, 0);
}

// Small sizes are the most common, as in Lua, and those about the border are there.
static size_t some_size(uint64_t *random)
{
    switch (random_below(random, 8)) {
    case 0: return 0;
    case 1: return 1 + random_below(random, SIZE_MAX_TESTED);
    case 2: return HEAP_SMALL_MAX - 2 + random_below(random, 5);
    default: return 1 + random_below(random, 200);
    }
}

static void resize(struct heap *heap, struct block *block, size_t size, bool may_fail)
{
    size_t kept = block->size < size ? block->size : size;
    unsigned char *ptr = heap_resize(heap, block->ptr, block->size, size);

    if (!ptr && size) {
        assert_true(may_fail);
        assert_true(size > block->size);
        check(block, block->size);
        return;
    }
    *block = (struct block){ ptr, size, block->fill };
    check(block, kept);
    fill(block, kept);
}

static void run(uint64_t seed, size_t held_max)
{
    struct heap heap = { .held_max = held_max };
    struct block blocks[BLOCKS] = { 0 };
    uint64_t random = seed;

    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i].fill = (unsigned char)(i + 1);
    for (int step = 0; step < STEPS; step++) {
        struct block *block = &blocks[random_below(&random, BLOCKS)];
        check(block, block->size);
        resize(&heap, block, some_size(&random), held_max != 0);
        if (held_max)
            assert_true(heap.held <= held_max);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        check(&blocks[i], blocks[i].size);
        if (i % 2)
            resize(&heap, &blocks[i], 0, false);
    }
    heap_drop(&heap); // the even ones are not freed: the leak checker judges
    assert_int_equal(heap.held, 0);
}

static void test_blocks_keep_what_is_in_them(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, 0);
}

static void test_a_full_heap_still_frees_and_shrinks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, 24 * 1024);
}

static void test_freed_blocks_are_used_again(void **state)
{
    struct heap heap = { 0 };
    void *blocks[100];
    size_t held;

    (void)state;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 100; i++)
            assert_non_null(blocks[i] = heap_resize(&heap, NULL, 0, 8 * (i + 1)));
        if (round == 0)
            held = heap.held;
        assert_int_equal(heap.held, held);
        for (size_t i = 0; i < 100; i++)
            assert_null(heap_resize(&heap, blocks[i], 8 * (i + 1), 0));
    }
    heap_drop(&heap);
}

static void test_a_dropped_heap_can_be_used(void **state)
{
    struct heap heap = { .held_max = 20 * 1024 };

    (void)state;
    for (int round = 0; round < 3; round++) {
        while (heap_resize(&heap, NULL, 0, 512))
            continue;
        assert_true(heap.held <= heap.held_max && heap.held > heap.held_max / 4);
        heap_drop(&heap);
    }
    assert_int_equal(heap.held_max, 20 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_keep_what_is_in_them),
        cmocka_unit_test(test_a_full_heap_still_frees_and_shrinks),
        cmocka_unit_test(test_freed_blocks_are_used_again),
        cmocka_unit_test(test_a_dropped_heap_can_be_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
