// SPDX-License-Identifier: MIT
// Files with damaged bytes: whatever comes of them is an inventory that keeps its
// promises or a sentence, never a crash; with a sanitizer, never a leak.
#include "unit/base/random.h"
#include "unit/inventory/fixture.h"

static const char *const files[][2] = {
    { "hosts.ini", "a:22 x='y z' l=\"[1, {'k': (2, 'q')}]\"\n[web]\nw[01:09:2]-[a:c] ansible_port=23\n"
                   "[p:children]\nweb\n[p:vars]\nansible_user = u\nn = {'a': 1.5}\n" },
    { "hosts.yaml", "all:\n  hosts: {a: &x {n: [1, yes, 0x1f, ~], s: \"q\\n\"}, 'b[1:3]': {<<: *x}}\n"
                    "  children:\n    web: {hosts: {c: *x}, vars: {p: 1.5}}\n" },
    { "hosts.lua", "return { hosts = { 'w[1-3]', { name = 'd', port = 2, vars = { x = { 1 } } } },\n"
                   "groups = { g = { hosts = 'd', children = { 'k' } }, k = { 'w1' } } }\n" },
};

static void keeps_its_promises(const struct inventory *inv)
{
    struct hostset names;
    struct err err = { 0 };

    hostset_init(&names);
    assert_int_equal(inventory_resolve(inv, SLICE("@all"), &names, &err), 0);
    assert_int_equal(names.count, inventory_host_count(inv));
    for (size_t i = 0; i < names.count; i++) {
        json_t *row = inventory_host_json(inv, names.names[i], &err);
        assert_true(hostset_is_name(slice_str(names.names[i])));
        if (!row)
            assert_true(err.text[0] != 0);
        else
            assert_true(hostset_is_name(slice_str(json_string_value(json_object_get(row, "dest")))));
        json_decref(row);
    }
    hostset_release(&names);
}

static void damage(uint8_t *bytes, size_t *len, uint64_t *seed)
{
    static const char likely[] = "[]{}:,'\"\\#=*&!<>|-\n\t 019ax\0\xff";
    size_t at = random_below(seed, *len), n;

    switch (random_below(seed, 4)) {
    case 0: // another byte
        bytes[at] = (uint8_t)likely[random_below(seed, sizeof(likely))];
        break;
    case 1: // a piece is missing
        n = 1 + random_below(seed, *len - at);
        memmove(bytes + at, bytes + at + n, *len - at - n);
        *len -= n;
        break;
    case 2: // a piece stands twice
        n = 1 + random_below(seed, *len - at < 40 ? *len - at : 40);
        memmove(bytes + at + n, bytes + at, *len - at);
        *len += n;
        break;
    default: // any byte
        bytes[at] = (uint8_t)random_next(seed);
        break;
    }
}

enum { TEXT_MAX = 1024, CHANGES = 5, TRIES = 3000 };

static void damaged_files_harm_nobody(void **state)
{
    uint64_t seed = 20261122;
    int taken = 0, refused = 0;

    (void)state;
    for (int i = 0; i < TRIES; i++) {
        const char *const *file = files[random_below(&seed, 3)];
        uint8_t bytes[TEXT_MAX];
        size_t len = strlen(file[1]), changes = 1 + random_below(&seed, CHANGES);
        struct inventory *inv;
        struct err err = { 0 };
        memcpy(bytes, file[1], len);
        while (changes-- && len)
            damage(bytes, &len, &seed);
        if (fixture_try(file[0], slice_of(bytes, len), false, &inv, &err) == 0) {
            keeps_its_promises(inv);
            inventory_free(inv);
            taken++;
        } else {
            assert_true(err.text[0] != 0);
            refused++;
        }
    }
    assert_true(taken > TRIES / 20 && refused > TRIES / 20); // both were tried
}

static void the_files_are_whole_to_begin_with(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct inventory *inv = fixture_open(files[i][0], files[i][1]);
        keeps_its_promises(inv);
        inventory_free(inv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_are_whole_to_begin_with),
        cmocka_unit_test(damaged_files_harm_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
