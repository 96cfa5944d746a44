// SPDX-License-Identifier: MIT
// Host sets: what a text gives, what it may not be, and that a folded set is the set.
#include "model/hostset.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void names_of(const struct hostset *set, struct buf *ret)
{
    buf_clear(ret);
    for (size_t i = 0; i < set->count; i++)
        buf_addf(ret, "%s%s", i ? " " : "", set->names[i]);
}

static void gives(const char *text, const char *names, const char *folded)
{
    struct hostset set;
    struct err err = { 0 };
    struct buf buf;

    hostset_init(&set);
    buf_init(&buf, 0);
    if (hostset_add_text(&set, slice_str(text), &err) < 0)
        fail_msg("%s: %s", text, err.text);
    names_of(&set, &buf);
    assert_string_equal(buf_cstr(&buf), names);
    buf_clear(&buf);
    assert_int_equal(hostset_fold(&set, &buf, &err), 0);
    assert_string_equal(buf_cstr(&buf), folded);
    buf_release(&buf);
    hostset_release(&set);
}

static void texts_give_names_in_order(void **state)
{
    (void)state;
    gives("", "", "");
    gives(" , ,", "", "");
    gives("db1", "db1", "db1");
    gives("web[08-11,20],db1", "web08 web09 web10 web11 web20 db1", "web[08-11,20],db1");
    gives("web[8-11]", "web8 web9 web10 web11", "web[8-11]");
    gives("web[098-101]", "web098 web099 web100 web101", "web[098-101]");
    gives("b,a,b,a", "b a", "b,a");
    gives("r[1-2]-n[01-03].lan", "r1-n01.lan r1-n02.lan r1-n03.lan r2-n01.lan r2-n02.lan r2-n03.lan",
          "r[1-2]-n[01-03].lan");
    gives("web[3,1-2]", "web3 web1 web2", "web[3,1-2]");
    gives("host1 host2\thost3\n", "host1 host2 host3", "host[1-3]");
    gives("root@web[1-3]:2222", "root@web1:2222 root@web2:2222 root@web3:2222", "root@web[1-3]:2222");
    gives("[1-3]", "1 2 3", "[1-3]");
    gives("n[0-11]", "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11", "n[0-11]");
    gives("n[00-02,7]", "n00 n01 n02 n7", "n[00-02,7]");
}

static void what_is_excluded_is_not_there(void **state)
{
    (void)state;
    gives("web[1-4],!web3", "web1 web2 web4", "web[1-2,4]");
    gives("!web3,web[1-4]", "web1 web2 web4", "web[1-2,4]");
    gives("web[1-4],![1-9],!web[2-3]", "web1 web4", "web[1,4]");
    gives("a,!a", "", "");
    gives("!never", "", "");
}

// Folding never makes it longer.
static void a_pair_is_folded_when_it_gains(void **state)
{
    (void)state;
    gives("a1,a2", "a1 a2", "a1,a2");
    gives("web1,web2", "web1 web2", "web[1-2]");
    gives("1,3,5", "1 3 5", "1,3,5");
    gives("web1,db1,web2", "web1 db1 web2", "web1,db1,web2");
    gives("x1y1,x2y1,x1y2,x2y2", "x1y1 x2y1 x1y2 x2y2", "x[1-2]y1,x[1-2]y2");
}

static void refuses(const char *text, size_t len, int code, const char *why)
{
    struct hostset set;
    struct err err = { 0 };

    hostset_init(&set);
    assert_int_equal(hostset_add(&set, SLICE("kept"), &err), 0);
    assert_int_equal(hostset_add_text(&set, slice_of(text, len), &err), code);
    if (!strstr(err.text, why))
        fail_msg("'%s' is missing in: %s", why, err.text);
    assert_int_equal(set.count, 1); // as it was
    assert_true(hostset_has(&set, SLICE("kept")));
    hostset_release(&set);
}

static void hostile_names_are_refused(void **state)
{
    static const char *const bad[] = {
        "-oProxyCommand=x", "a,-v", "-l@web", "root@-web", "a;b", "$(x)", "`x`", "a|b", "a&b", "a'b",
        "a\"b", "a\\b", "../etc", "a/b", "a*", "a?", "~", "a@b@c", "@", "a@", "web:", "web:0",
        "web:65536", "web:99999999", "web:2x", "web:1:2", ":22", ".hidden", "\xc3\xa4", "a\x01",
        "a\x7f", "a=b", "a%b", "{a,b}", "a]b", "!", "!!a", "!-v",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct hostset set;
        struct err err = { 0 };
        hostset_init(&set);
        if (hostset_add_text(&set, slice_str(bad[i]), &err) != ERR_USAGE)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(set.count, 0);
        hostset_release(&set);
    }
    refuses("a\0b", 3, ERR_USAGE, "is no host");
    refuses("@web", 4, ERR_USAGE, "a group needs an inventory");
}

static void broken_brackets_are_told(void **state)
{
    static const char *const bad[][2] = {
        { "web[1-3", "a bracket is not closed" },   { "web[]", "a bracket holds numbers" },
        { "web[1,]", "a bracket holds numbers" },   { "web[a-c]", "a bracket holds numbers" },
        { "web[1-]", "a range is two numbers" },    { "web[3-1]", "a range goes upwards" },
        { "web[1-2-3]", "a range is two numbers" }, { "web[01-100]", "the same width" },
        { "web[1-02]", "the same width" },          { "web[1234567890]", "at most 9 digits" },
        { "web[1 - 3]", "at most 9 digits" },       { "a[[1-2]]", "a bracket holds numbers" },
        { "[1][1][1][1][1][1][1][1][1]", "too many brackets" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        refuses(bad[i][0], strlen(bad[i][0]), ERR_USAGE, bad[i][1]);
}

static void expansion_is_bounded(void **state)
{
    char longest[HOSTSET_NAME_MAX + 8];
    clock_t begun = clock();

    (void)state;
    memset(longest, 'a', sizeof(longest));
    refuses("w[1-999999999]", 14, -E2BIG, "more than 100000 names");
    refuses("[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]", 40, -E2BIG, "more than 100000 names");
    refuses("a[1-60000],a[1-60000]", 21, -E2BIG, "more than 100000 names"); // said twice counts
    refuses("!a[1-999999999]", 15, -E2BIG, "more than 100000 names");
    refuses(longest, HOSTSET_NAME_MAX + 1, ERR_USAGE, "too long");
    memcpy(longest + HOSTSET_NAME_MAX - 1, "[10]", 4);
    refuses(longest, HOSTSET_NAME_MAX + 3, ERR_USAGE, "too long");
    assert_true(clock() - begun < 5 * CLOCKS_PER_SEC);
}

static void sets_are_joined_and_parted(void **state)
{
    struct hostset a, b;
    struct buf buf;
    struct err err;

    (void)state;
    hostset_init(&a);
    hostset_init(&b);
    buf_init(&buf, 0);
    assert_int_equal(hostset_add_text(&a, SLICE("x[1-3]"), &err), 0);
    assert_int_equal(hostset_add_text(&b, SLICE("x[5,2-4]"), &err), 0);
    assert_int_equal(hostset_union(&a, &b, &err), 0);
    names_of(&a, &buf);
    assert_string_equal(buf_cstr(&buf), "x1 x2 x3 x5 x4");
    hostset_exclude(&a, &b);
    names_of(&a, &buf);
    assert_string_equal(buf_cstr(&buf), "x1");
    assert_false(hostset_has(&a, SLICE("x2")));
    assert_int_equal(hostset_add(&a, SLICE("x2"), &err), 0); // and may come back
    assert_true(hostset_has(&a, SLICE("x2")));
    assert_false(hostset_has(&a, SLICE("x")));
    buf_release(&buf);
    hostset_release(&a);
    hostset_release(&b);
}

// ---- the property: a folded text gives the same set

static uint32_t roll(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void add_random(struct hostset *set, uint64_t *seed)
{
    unsigned start = roll(seed) % 120, count = 1 + roll(seed) % 12, step = 1 + roll(seed) % 2;
    unsigned kind = roll(seed) % 7;
    struct err err;
    char name[64];

    for (unsigned i = 0; i < count; i++) {
        unsigned n = start + i * step, m = 1 + roll(seed) % 3;
        switch (kind) {
        case 0: snprintf(name, sizeof(name), "n%u", n); break;
        case 1: snprintf(name, sizeof(name), "n%02u", n); break;
        case 2: snprintf(name, sizeof(name), "r%u-n%03u", m, n); break;
        case 3: snprintf(name, sizeof(name), "r%u-n%u.lan", n, m); break;
        case 4: snprintf(name, sizeof(name), "%u", n); break;
        case 5: snprintf(name, sizeof(name), "u%u@h%u:%u", m, n, 1 + n); break;
        default: snprintf(name, sizeof(name), "a%u%sb%u", n, m == 1 ? "." : "-0", n); break;
        }
        assert_int_equal(hostset_add(set, slice_str(name), &err), 0);
    }
}

static void check_fold(const struct hostset *set)
{
    struct hostset back;
    struct buf folded, plain, again;
    struct err err = { 0 };

    hostset_init(&back);
    buf_init(&folded, 0);
    buf_init(&plain, 0);
    buf_init(&again, 0);
    assert_int_equal(hostset_fold(set, &folded, &err), 0);
    if (hostset_add_text(&back, buf_slice(&folded), &err) < 0)
        fail_msg("%s: %s", buf_cstr(&folded), err.text);
    names_of(set, &plain);
    names_of(&back, &again);
    assert_string_equal(buf_cstr(&plain), buf_cstr(&again));
    assert_true(folded.len <= plain.len);
    buf_release(&folded);
    buf_release(&plain);
    buf_release(&again);
    hostset_release(&back);
}

static void a_folded_set_is_the_set(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 3000; i++) {
        struct hostset set;
        uint64_t seed = i;
        hostset_init(&set);
        for (unsigned n = roll(&seed) % 6; n > 0; n--)
            add_random(&set, &seed);
        check_fold(&set);
        hostset_release(&set);
    }
}

// The largest sets, and the least foldable, in time that is linear.
static void large_sets_are_folded_quickly(void **state)
{
    static const char *const formats[] = { "web%u", "%u", "a%u.b%u" };
    clock_t begun = clock();

    (void)state;
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        struct hostset set;
        struct err err;
        char name[64];
        hostset_init(&set);
        for (unsigned i = 0; i < HOSTSET_MAX; i++) {
            if (f == 0)
                snprintf(name, sizeof(name), "web%u", 2 * i);
            else if (f == 1)
                snprintf(name, sizeof(name), "%u", 2 * i);
            else
                snprintf(name, sizeof(name), "a%u.b%u", i, i % 7);
            assert_int_equal(hostset_add(&set, slice_str(name), &err), 0);
        }
        assert_int_equal(hostset_add(&set, SLICE("one-more"), &err), -E2BIG);
        check_fold(&set);
        hostset_release(&set);
    }
    assert_true(clock() - begun < 20 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_give_names_in_order),
        cmocka_unit_test(what_is_excluded_is_not_there),
        cmocka_unit_test(a_pair_is_folded_when_it_gains),
        cmocka_unit_test(hostile_names_are_refused),
        cmocka_unit_test(broken_brackets_are_told),
        cmocka_unit_test(expansion_is_bounded),
        cmocka_unit_test(sets_are_joined_and_parted),
        cmocka_unit_test(a_folded_set_is_the_set),
        cmocka_unit_test(large_sets_are_folded_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
