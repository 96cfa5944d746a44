// SPDX-License-Identifier: MIT
// A UUID's text and its bytes are one thing: each gives the other back, and nothing
// but 8-4-4-4-12 hex digits is taken.
#include "base/id.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "unit/base/random.h"

enum { ROUNDS = 10000 };

static struct uuid uuid_make(uint64_t *seed)
{
    uint8_t random[16];

    for (size_t i = 0; i < sizeof(random); i++)
        random[i] = (uint8_t)random_next(seed);
    return uuid_from_random(random);
}

static void text_and_bytes_give_each_other_back(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct uuid id = uuid_make(&seed), back = { 0 };
        char text[UUID_TEXT];
        assert_ptr_equal(uuid_format(id, text), text);
        assert_int_equal(strlen(text), UUID_TEXT - 1);
        assert_int_equal(uuid_parse(slice_str(text), &back), 0);
        assert_true(uuid_equal(id, back));
    }
}

// RFC 9562, section 5.4: four bits of version, two of variant, the rest is chance.
static void a_random_uuid_says_its_version(void **state)
{
    struct uuid none = uuid_from_random((const uint8_t[16]){ 0 });
    struct uuid all;
    uint8_t ones[16];
    char text[UUID_TEXT];

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    all = uuid_from_random(ones);
    assert_string_equal(uuid_format(none, text), "00000000-0000-4000-8000-000000000000");
    assert_string_equal(uuid_format(all, text), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

// The example of RFC 9562, appendix A.3, in both cases of letters.
static void both_cases_are_read_and_the_lower_is_written(void **state)
{
    struct uuid lower, upper;
    char text[UUID_TEXT];

    (void)state;
    assert_int_equal(uuid_parse(SLICE("919108f7-52d1-4320-9bac-f847db4148a8"), &lower), 0);
    assert_int_equal(uuid_parse(SLICE("919108F7-52D1-4320-9BAC-F847DB4148A8"), &upper), 0);
    assert_int_equal(lower.bytes[0], 0x91);
    assert_int_equal(lower.bytes[15], 0xa8);
    assert_true(uuid_equal(lower, upper));
    assert_string_equal(uuid_format(upper, text), "919108f7-52d1-4320-9bac-f847db4148a8");
}

static void nothing_else_is_a_uuid(void **state)
{
    static const char *const wrong[] = {
        "", "919108f7", "919108f7-52d1-4320-9bac-f847db4148a", // short by one
        "919108f7-52d1-4320-9bac-f847db4148a80",               // long by one
        "919108f752d143209bacf847db4148a8",                    // no dashes
        "919108f7-52d14320--9bac-f847db4148a8", "919108f75-2d1-4320-9bac-f847db4148a8",
        "919108f7-52d1-4320-9bac-f847db4148ag", "g19108f7-52d1-4320-9bac-f847db4148a8",
        "{19108f7-52d1-4320-9bac-f847db4148a}", " 19108f7-52d1-4320-9bac-f847db4148a8",
        "919108f7_52d1_4320_9bac_f847db4148a8", "+19108f7-52d1-4320-9bac-f847db4148a8",
    };
    uint64_t seed = 5;
    struct uuid before = uuid_make(&seed);

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct uuid id = before;
        if (uuid_parse(slice_str(wrong[i]), &id) != -EINVAL)
            fail_msg("taken: %s", wrong[i]);
        assert_true(uuid_equal(id, before)); // a refusal leaves it as it was
    }
    assert_int_equal(uuid_parse(slice_of(NULL, 0), &before), -EINVAL);
}

static void nil_is_all_zero(void **state)
{
    struct uuid id = { 0 };

    (void)state;
    assert_true(uuid_is_nil(id));
    id.bytes[15] = 1;
    assert_false(uuid_is_nil(id));
    assert_false(uuid_equal(id, (struct uuid){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_bytes_give_each_other_back),
        cmocka_unit_test(a_random_uuid_says_its_version),
        cmocka_unit_test(both_cases_are_read_and_the_lower_is_written),
        cmocka_unit_test(nothing_else_is_a_uuid),
        cmocka_unit_test(nil_is_all_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
