// SPDX-License-Identifier: MIT
// A buffer holds what was added, up to its ceiling; its first failure, of ceiling or
// memory, stays until it is cleared, and takes nothing of what was there before.
#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/base/alloc_gate.h"
#include "unit/base/random.h"

enum { ROUNDS = 200, STEPS = 200, MODEL_MAX = 4096 };

static void holds(struct buf *buf, const void *bytes, size_t len)
{
    assert_int_equal(buf->len, len);
    assert_true(buf->len <= buf->cap && buf->cap <= buf->max);
    if (len)
        assert_memory_equal(buf->ptr, bytes, len);
}

static void each_kind_of_bytes_is_appended(void **state)
{
    static const uint8_t expected[] = { 'a',  'b',  0,    'c',  'd',  0xff, 0x01, 0x02, 0x03, 0x04,
                                        0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, '-',  '7' };
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    holds(&buf, NULL, 0);
    assert_null(buf.ptr); // nothing is allocated before the first byte
    buf_add(&buf, NULL, 0);
    buf_add_slice(&buf, SLICE("ab\0"));
    buf_add_str(&buf, "cd");
    buf_add_byte(&buf, 0xff);
    buf_add_u32be(&buf, 0x01020304);
    buf_add_u64be(&buf, UINT64_C(0xf1f2f3f4f5f6f7f8));
    buf_addf(&buf, "%d", -7);
    holds(&buf, expected, sizeof(expected));
    assert_int_equal(read_u32be(buf.ptr + 6), 0x01020304);
    assert_true(read_u64be(buf.ptr + 10) == UINT64_C(0xf1f2f3f4f5f6f7f8));
    assert_true(slice_equal(buf_slice(&buf), slice_of(expected, sizeof(expected))));
    assert_int_equal(buf_failed(&buf), 0);
    buf_release(&buf);
}

static void a_ceiling_can_be_reached_and_not_passed(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 100);
    for (int i = 0; i < 100; i++)
        buf_add_byte(&buf, (uint8_t)i);
    assert_int_equal(buf_failed(&buf), 0);
    assert_int_equal(buf.len, 100);
    buf_add_byte(&buf, 0);
    assert_int_equal(buf_failed(&buf), -EFBIG);
    assert_int_equal(buf.len, 100);
    assert_true(buf.cap <= 100);
    buf_release(&buf);
}

static void the_first_failure_stays(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    buf_add_str(&buf, "12345678");
    buf_add_str(&buf, "9ab"); // too long by one: none of it is taken
    assert_int_equal(buf_failed(&buf), -EFBIG);
    buf_add_byte(&buf, '9'); // there is room for this one, but something is missing before it
    assert_null(buf_extend(&buf, 1));
    buf_addf(&buf, "%d", 1);
    assert_string_equal(buf_cstr(&buf), "");
    holds(&buf, "12345678", 8);

    buf_clear(&buf);
    assert_int_equal(buf_failed(&buf), 0);
    buf_add_str(&buf, "again");
    assert_string_equal(buf_cstr(&buf), "again");
    buf_release(&buf);
}

static void a_length_near_the_end_of_numbers_is_refused(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    buf_add_byte(&buf, 'x');
    assert_null(buf_extend(&buf, SIZE_MAX));
    assert_int_equal(buf_failed(&buf), -EFBIG);
    holds(&buf, "x", 1);
    buf_release(&buf);
}

static void no_memory_leaves_what_was_there(void **state)
{
    static const char text[] = "kept";
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    alloc_gate_shut();
    buf_add_str(&buf, text);
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    assert_int_equal(alloc_gate_refused(), 1);
    assert_string_equal(buf_cstr(&buf), "");
    alloc_gate_open();
    buf_add_str(&buf, text); // memory is back: the failure stays all the same
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    assert_int_equal(buf.len, 0);

    buf_clear(&buf);
    buf_add_str(&buf, text);
    alloc_gate_shut();
    assert_null(buf_extend(&buf, 1 << 20));
    alloc_gate_open();
    assert_int_equal(buf_failed(&buf), -ENOMEM);
    holds(&buf, text, 4);
    buf_release(&buf);
}

static void a_formatted_text_comes_whole_or_not_at_all(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 8);
    buf_addf(&buf, "%s-%d", "abc", 123); // seven bytes, and room for vsnprintf's NUL
    holds(&buf, "abc-123", 7);
    buf_addf(&buf, "%d", 45);
    assert_int_equal(buf_failed(&buf), -EFBIG);
    holds(&buf, "abc-123", 7);
    buf_release(&buf);
}

static void a_c_string_ends_behind_the_bytes(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    assert_string_equal(buf_cstr(&buf), ""); // of an empty buffer, and no failure
    assert_int_equal(buf_failed(&buf), 0);
    for (int i = 0; i < 300; i++) {
        buf_add_byte(&buf, 'x');
        assert_int_equal(strlen(buf_cstr(&buf)), i + 1);
        assert_int_equal(buf.len, i + 1); // the NUL is not counted
    }
    buf_release(&buf);
}

static void bytes_are_dropped_and_cut(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    buf_add_str(&buf, "0123456789");
    buf_drop(&buf, 3);
    holds(&buf, "3456789", 7);
    buf_cut(&buf, 5);
    holds(&buf, "34567", 5);
    buf_drop(&buf, 0);
    buf_cut(&buf, 5);
    holds(&buf, "34567", 5);
    buf_drop(&buf, 5);
    holds(&buf, "", 0);
    buf_add_str(&buf, "new");
    holds(&buf, "new", 3);
    buf_release(&buf);
}

static void a_released_buffer_is_empty_and_usable(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 5);
    buf_add_str(&buf, "123456");
    buf_release(&buf);
    holds(&buf, NULL, 0);
    assert_null(buf.ptr);
    assert_int_equal(buf_failed(&buf), 0);
    buf_add_str(&buf, "12345");
    holds(&buf, "12345", 5);
    buf_add_byte(&buf, '6'); // the ceiling is the same as before
    assert_int_equal(buf_failed(&buf), -EFBIG);
    buf_release(&buf);
}

// One random call on the buffer and, unless it would pass the ceiling, on the model.
static size_t random_step(struct buf *buf, uint8_t *model, size_t len, uint64_t *seed)
{
    uint8_t bytes[64];
    size_t n = random_below(seed, sizeof(bytes));

    switch (random_below(seed, 5)) {
    case 0:
        n = random_below(seed, len + 1);
        buf_drop(buf, n);
        memmove(model, model + n, len - n);
        return len - n;
    case 1:
        n = len - random_below(seed, len / 4 + 1);
        buf_cut(buf, n);
        return n;
    default:
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)random_next(seed);
        if (len + n > MODEL_MAX)
            return len;
        buf_add(buf, bytes, n);
        memcpy(model + len, bytes, n);
        return len + n;
    }
}

static void any_sequence_matches_a_plain_array(void **state)
{
    static uint8_t model[MODEL_MAX];

    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = round * 977;
        struct buf buf;
        size_t len = 0;
        buf_init(&buf, MODEL_MAX);
        for (int step = 0; step < STEPS; step++) {
            len = random_step(&buf, model, len, &seed);
            holds(&buf, model, len);
        }
        assert_int_equal(buf_failed(&buf), 0);
        buf_release(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_bytes_is_appended),
        cmocka_unit_test(a_ceiling_can_be_reached_and_not_passed),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(a_length_near_the_end_of_numbers_is_refused),
        cmocka_unit_test(no_memory_leaves_what_was_there),
        cmocka_unit_test(a_formatted_text_comes_whole_or_not_at_all),
        cmocka_unit_test(a_c_string_ends_behind_the_bytes),
        cmocka_unit_test(bytes_are_dropped_and_cut),
        cmocka_unit_test(a_released_buffer_is_empty_and_usable),
        cmocka_unit_test(any_sequence_matches_a_plain_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
