// SPDX-License-Identifier: MIT
// An array that grows keeps what it holds, also when there is no room for more.
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/base/alloc_gate.h"

struct numbers {
    uint64_t *items;
    size_t count, cap;
};

static int push(struct numbers *numbers, uint64_t number)
{
    uint64_t *items = array_room(numbers->items, numbers->count, &numbers->cap, sizeof(*items));

    if (!items)
        return -1;
    numbers->items = items;
    numbers->items[numbers->count++] = number;
    return 0;
}

static void check(const struct numbers *numbers, size_t count)
{
    assert_int_equal(numbers->count, count);
    assert_true(numbers->cap >= count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers->items[i], i * i);
}

static void it_keeps_what_it_holds(void **state)
{
    struct numbers numbers = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(push(&numbers, i * i), 0);
    check(&numbers, 10000);
    free(numbers.items);
}

static void it_moves_only_when_it_is_full(void **state)
{
    struct numbers numbers = { 0 };

    (void)state;
    push(&numbers, 0);
    alloc_gate_shut();
    for (uint64_t i = 1; i < numbers.cap; i++)
        assert_int_equal(push(&numbers, i * i), 0);
    assert_int_equal(alloc_gate_refused(), 0);
    alloc_gate_open();
    free(numbers.items);
}

static void without_memory_it_stays_as_it_was(void **state)
{
    struct numbers numbers = { 0 };
    size_t full;

    (void)state;
    alloc_gate_shut();
    assert_int_equal(push(&numbers, 0), -1);
    alloc_gate_open();
    check(&numbers, 0);
    assert_int_equal(push(&numbers, 0), 0);
    full = numbers.cap;
    for (uint64_t i = 1; i < full; i++)
        assert_int_equal(push(&numbers, i * i), 0);
    alloc_gate_shut();
    assert_int_equal(push(&numbers, 1), -1);
    alloc_gate_open();
    check(&numbers, full);
    assert_int_equal(push(&numbers, full * full), 0);
    check(&numbers, full + 1);
    free(numbers.items);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
    size_t cap = SIZE_MAX / 16, over = SIZE_MAX / 2 + 1;

    (void)state;
    assert_null(array_room(NULL, cap, &cap, 64)); // its bytes are more than there are
    assert_null(array_room(NULL, over, &over, 1)); // twice as many cannot be counted
    assert_true(cap == SIZE_MAX / 16 && over == SIZE_MAX / 2 + 1);
}

struct keyed {
    uint64_t key;
    char filler[3]; // items need not be numbers alone
};

static void sorted_items_are_found_and_put_in_their_place(void **state)
{
    struct keyed *items = NULL;
    size_t count = 0, cap = 0;

    (void)state;
    assert_int_equal(array_place(NULL, 0, sizeof(*items), 5), 0);
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t key = i * 37 % 200 * 2; // each even number once, in no order
        size_t at = array_place(items, count, sizeof(*items), key);
        items = array_insert(items, count, &cap, sizeof(*items), at);
        assert_non_null(items);
        items[at] = (struct keyed){ .key = key };
        count++;
    }
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(items[i].key, i * 2);
        assert_int_equal(array_place(items, count, sizeof(*items), i * 2), i);
        assert_int_equal(array_place(items, count, sizeof(*items), i * 2 + 1), i + 1);
    }
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_items_are_found_and_put_in_their_place),
        cmocka_unit_test(it_keeps_what_it_holds),
        cmocka_unit_test(it_moves_only_when_it_is_full),
        cmocka_unit_test(without_memory_it_stays_as_it_was),
        cmocka_unit_test(a_size_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
