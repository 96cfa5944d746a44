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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_what_it_holds),
        cmocka_unit_test(it_moves_only_when_it_is_full),
        cmocka_unit_test(without_memory_it_stays_as_it_was),
        cmocka_unit_test(a_size_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
