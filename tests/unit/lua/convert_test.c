// SPDX-License-Identifier: MIT
// Lua values to bytes and back: equal bytes for equal values, in any state; a
// property test over seeded random values; and what is refused, with its path.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 300, DEPTH = 4 };

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void put_random(struct buf *buf, uint64_t *seed, int depth);

static void put_random_scalar(struct buf *buf, uint64_t *seed)
{
    uint64_t n = next_random(seed);
    uint8_t bytes[40];

    switch (n % 6) {
    case 0: value_put_bool(buf, n & 64); return;
    case 1: value_put_int(buf, (int64_t)(next_random(seed) << (n % 40)) - (1 << 30)); return;
    case 2: value_put_real(buf, (double)(int64_t)n / 1000.5); return;
    case 3: value_put_int(buf, n & 1 ? INT64_MAX : INT64_MIN); return;
    default:
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)next_random(seed);
        value_put_bytes(buf, slice_of(bytes, n / 6 % sizeof(bytes)));
    }
}

// Maps get one integer key and names in order: the canonical form.
static void put_random_map(struct buf *buf, uint64_t *seed, int depth)
{
    uint64_t names = next_random(seed) % 6;
    char name[8];

    value_put_map(buf, (size_t)names + 1);
    value_put_int(buf, -3);
    put_random(buf, seed, depth - 1);
    for (uint64_t i = 0; i < names; i++) {
        snprintf(name, sizeof(name), "k%d", (int)i);
        value_put_str(buf, name);
        put_random(buf, seed, depth - 1);
    }
}

static void put_random(struct buf *buf, uint64_t *seed, int depth)
{
    uint64_t n = next_random(seed) % 3;

    if (depth == 0 || n == 0) {
        put_random_scalar(buf, seed);
    } else if (n == 1) {
        uint64_t count = next_random(seed) % 5;
        value_put_array(buf, (size_t)count);
        for (uint64_t i = 0; i < count; i++)
            put_random(buf, seed, depth - 1);
    } else {
        put_random_map(buf, seed, depth);
    }
}

static void test_what_comes_in_goes_out_unchanged(void **state)
{
    uint64_t seed = 20240607;
    struct drive d;
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct outcome outcome = { .kind = OUTCOME_VALUE };
        buf_clear(&bytes);
        put_random(&bytes, &seed, DEPTH);
        outcome.value = buf_slice(&bytes);
        drive_open(&d, "return (wait_signal 'v')");
        drive_start(&d, 0);
        assert_int_equal(drive_outcome(&d, 0, &outcome), 0);
        if (d.effect.failed)
            fail_msg("round %d: %.*s", round, SLICE_ARG(d.effect.message));
        assert_int_equal(d.effect.value.len, bytes.len);
        assert_memory_equal(d.effect.value.ptr, bytes.ptr, bytes.len);
        drive_close(&d);
    }
    buf_release(&bytes);
}

static void test_equal_tables_have_equal_bytes_however_they_were_built(void **state)
{
    struct drive a, b;

    (void)state;
    assert_string_equal(drive_run(&a, "local t = {} for i = 1, 50 do t['key' .. i] = i end t[1.5] = true t[3] = 'x' return t"), "");
    assert_string_equal(drive_run(&b, "local t = { [3] = 'x' } for i = 90, 1, -1 do t['key' .. i] = i end\n"
                                      "for i = 51, 90 do t['key' .. i] = nil end t[1.5] = true return t"), "");
    assert_int_equal(a.effect.value.len, b.effect.value.len);
    assert_memory_equal(a.effect.value.ptr, b.effect.value.ptr, a.effect.value.len);
    drive_close(&a);
    drive_close(&b);
}

static void check_json(const char *expression, const char *expected)
{
    char text[256];
    struct drive d;

    snprintf(text, sizeof(text), "return %s", expression);
    assert_string_equal(drive_run(&d, text), "");
    assert_string_equal(drive_end(&d), expected);
    drive_close(&d);
}

static void test_lists_and_maps(void **state)
{
    (void)state;
    check_json("{}", "[]");
    check_json("{ 1, 'a', { 2 } }", "[1,\"a\",[2]]");
    check_json("{ 1, nil, 3 }", "{\"1\":1,\"3\":3}");
    check_json("{ 1, x = 2 }", "{\"1\":1,\"x\":2}");
    check_json("{ [2] = 'b' }", "{\"2\":\"b\"}");
    check_json("(function() local t = { 1, 2, 3 } t[3] = nil t[4] = nil return t end)()", "[1,2]");
    check_json("{ [0] = 'a', [true] = 1 }", "{\"0\":\"a\",\"true\":1}");
    check_json("0/0", "null");
}

static void test_nan_is_one(void **state)
{
    struct drive a, b;

    (void)state;
    drive_run(&a, "return { 0/0 }");
    drive_run(&b, "return { -(0/0) }");
    assert_memory_equal(a.effect.value.ptr, b.effect.value.ptr, a.effect.value.len);
    drive_close(&a);
    drive_close(&b);
}

static void test_refusals_name_the_path(void **state)
{
    static const char *const cases[][2] = {
        { "emit(print)", "emit: a function cannot be stored" },
        { "emit { a = { b = { 1, 2, print } } }", "emit: .a.b[3]: a function cannot be stored" },
        { "emit { ['x y'] = { [-1] = localhost } }", "emit: [\"x y\"][-1]: an object cannot be stored" },
        { "emit { { coroutine.create(print) } }", "emit: [1][1]: a coroutine cannot be stored" },
        { "local t = {} t.me = { t } emit(t)", "emit: .me[1]: a table that contains itself cannot be stored" },
        { "emit { x = setmetatable({}, {}) }", "emit: .x: a table with a metatable cannot be stored" },
        { "emit { y = { [{}] = 1 } }", "emit: .y: a key that is a table cannot be stored" },
        { "local t = {} for i = 1, 31 do t = { t } end emit(t)",
          "emit: [1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]: "
          "tables nested this deep cannot be stored (30 at most)" },
        { "emit(('x'):rep(300000))", "emit: the value takes 300005 bytes; 262144 are allowed" },
        { "json.encode { f = print }", "json.encode: .f: a function cannot be stored" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected), "test.lua:1: %s", cases[i][1]);
        drive_check_fails(cases[i][0], expected);
    }
    drive_check_prints("local t = {} for i = 1, 29 do t = { t } end emit(t)",
                       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
}

static void test_damaged_bytes_stop_the_state(void **state)
{
    struct outcome outcome = { .kind = OUTCOME_VALUE, .value = SLICE("\xd9\x7fshort") };
    struct drive d;

    (void)state;
    drive_open(&d, "pcall(wait_signal, 'v') print 'survived'");
    drive_start(&d, 0);
    assert_int_equal(drive_outcome(&d, 0, &outcome), ERR_CORRUPT);
    assert_string_equal(drive_notes(&d), "");
    drive_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_in_goes_out_unchanged),
        cmocka_unit_test(test_equal_tables_have_equal_bytes_however_they_were_built),
        cmocka_unit_test(test_lists_and_maps),
        cmocka_unit_test(test_nan_is_one),
        cmocka_unit_test(test_refusals_name_the_path),
        cmocka_unit_test(test_damaged_bytes_stop_the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
