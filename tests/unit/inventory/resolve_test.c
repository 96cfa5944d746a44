// SPDX-License-Identifier: MIT
// What a set means: by example, and held against a naive model for random inventories
// and random sets.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/base/random.h"
#include "unit/inventory/fixture.h"

static const char example[] =
    "gate\n[web]\nweb[01:04]\n[db]\ndb[1:2]\n[prod:children]\nweb\ndb\n[canary]\nweb03\ndb2\n"
    "[web-eu]\n";

static void items_add_and_take_away(void **state)
{
    static const char *const sets[][2] = {
        { "@all", "gate web01 web02 web03 web04 db1 db2" },
        { "@web,db1", "web01 web02 web03 web04 db1" },
        { "@web,!web03", "web01 web02 web04" },
        { "!web03 @web", "web01 web02 web04" },
        { "@prod,!@canary", "web01 web02 web04 db1" },
        { "@canary,@web", "web03 db2 web01 web02 web04" },
        { "web*", "web01 web02 web03 web04" },
        { "*2,gate", "web02 db2 gate" },
        { "db?,web0?", "db1 db2 web01 web02 web03 web04" },
        { "@all,!*", "" },
        { "@all,!web*,!gate", "db1 db2" },
        { "web[01-03],new[1-3],!*1", "web02 web03 new2 new3" },
        { "@all,!@all", "" },
        { "", "" },
        { " , ", "" },
        { "elsewhere,root@web01:22", "elsewhere root@web01:22" },
        { "@web,!never,!n*", "web01 web02 web03 web04" },
        { "@web-eu", "" },
        { "gate,gate,@ungrouped", "gate" },
    };
    struct inventory *inv = fixture_open("hosts.ini", example);

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        fixture_names(inv, sets[i][0], sets[i][1]);
    inventory_free(inv);
}

static void mistakes_are_told(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini", example);

    (void)state;
    fixture_refuses_set(inv, "@wbe", -ENOENT, "@wbe: no such group in /");
    fixture_refuses_set(inv, "@wbe", -ENOENT, "did you mean 'web'?");
    fixture_refuses_set(inv, "@web,!@canari", -ENOENT, "did you mean 'canary'?");
    fixture_refuses_set(inv, "@", -ENOENT, "no such group");
    fixture_refuses_set(inv, "x*", -ENOENT, "\"x*\": no host of ");
    fixture_refuses_set(inv, "web", ERR_USAGE, "that is a group of ");
    fixture_refuses_set(inv, "all", ERR_USAGE, "write @all");
    fixture_refuses_set(inv, "!web,@all", ERR_USAGE, "write @web");
    fixture_refuses_set(inv, "web*[1-2]", ERR_USAGE, "a pattern with * or ? has no brackets");
    fixture_refuses_set(inv, "@all,!web?[1-2]", ERR_USAGE, "has no brackets");
    fixture_refuses_set(inv, "web[3-1]", ERR_USAGE, "a range goes upwards");
    fixture_refuses_set(inv, "web1,-v", ERR_USAGE, "is no host");
    fixture_refuses_set(inv, "!", ERR_USAGE, "stands behind it");
    fixture_refuses_set(inv, "!!a", ERR_USAGE, "stands behind it");
    fixture_refuses_set(inv, "x[1-999999]", -E2BIG, "more than 100000 names");
    inventory_free(inv);
}

static void without_an_inventory_names_are_hosts(void **state)
{
    struct inventory *inv;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(inventory_open(NULL, &inv, &err), 0);
    fixture_names(inv, "a[1-3],all,!a2,!*3", "a1 all");
    fixture_refuses_set(inv, "@web", -ENOENT, "a group needs an inventory, and there is none");
    fixture_refuses_set(inv, "@all", -ENOENT, "a group needs an inventory, and there is none");
    fixture_refuses_set(inv, "a*", -ENOENT, "no host of an inventory, for there is none");
    inventory_free(inv);
}

// ---- patterns against a naive matcher

static bool naive_fits(const char *pattern, const char *name)
{
    if (*pattern == 0)
        return *name == 0;
    if (*pattern == '*')
        return naive_fits(pattern + 1, name) || (*name && naive_fits(pattern, name + 1));
    return *name && (*pattern == '?' || *pattern == *name) && naive_fits(pattern + 1, name + 1);
}

// ---- the model: hosts h0 .. and groups g0 .. as tables of yes and no; a group has only
// groups of a higher number in it, so that there is no circle

enum { HOSTS = 12, GROUPS = 7, ROUNDS = 400, ITEMS = 6 };

struct model {
    bool host_in[GROUPS][HOSTS], group_in[GROUPS][GROUPS];
};

static void host_name(size_t i, char text[8]) { snprintf(text, 8, "h%c%c", "abc"[i % 3], "xyzw"[i / 3]); }

static void model_roll(struct model *m, uint64_t *seed)
{
    for (size_t g = 0; g < GROUPS; g++) {
        for (size_t h = 0; h < HOSTS; h++)
            m->host_in[g][h] = random_below(seed, 4) == 0;
        for (size_t k = 0; k < GROUPS; k++)
            m->group_in[g][k] = k > g && random_below(seed, 4) == 0;
    }
}

static struct inventory *model_open(const struct model *m)
{
    struct inventory *inv;
    struct buf text;
    char name[8];

    buf_init(&text, 0);
    for (size_t h = 0; h < HOSTS; h++) {
        host_name(h, name);
        buf_addf(&text, "%s\n", name);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        buf_addf(&text, "[g%zu]\n", g);
        for (size_t h = 0; h < HOSTS; h++) {
            host_name(h, name);
            buf_addf(&text, m->host_in[g][h] ? "%s\n" : "# not %s\n", name);
        }
        buf_addf(&text, "[g%zu:children]\n", g);
        for (size_t k = 0; k < GROUPS; k++)
            buf_addf(&text, m->group_in[g][k] ? "g%zu\n" : "; not g%zu\n", k);
    }
    inv = fixture_open("hosts.ini", buf_cstr(&text));
    buf_release(&text);
    return inv;
}

static bool model_has(const struct model *m, size_t group, size_t host)
{
    bool has = m->host_in[group][host];

    for (size_t k = 0; !has && k < GROUPS; k++)
        has = m->group_in[group][k] && model_has(m, k, host);
    return has;
}

// One item at random: its text, and the hosts that it means.
static void item_roll(const struct model *m, uint64_t *seed, struct buf *text, bool means[HOSTS])
{
    static const char *const patterns[] = { "h*", "?a*", "*x", "ha?", "*b*", "h?y", "*" };
    size_t kind = random_below(seed, 3), pick;
    char name[8];

    pick = random_below(seed, kind == 0 ? GROUPS : kind == 1 ? HOSTS : 7);
    for (size_t h = 0; h < HOSTS; h++) {
        host_name(h, name);
        means[h] = kind == 0   ? model_has(m, pick, h)
                   : kind == 1 ? h == pick : naive_fits(patterns[pick], name);
    }
    host_name(pick % HOSTS, name);
    if (kind == 0)
        buf_addf(text, "@g%zu", pick);
    else
        buf_add_str(text, kind == 1 ? name : patterns[pick]);
}

static void one_set(const struct model *m, const struct inventory *inv, uint64_t *seed)
{
    bool wanted[HOSTS] = { false }, taken[HOSTS] = { false };
    size_t items = 1 + random_below(seed, ITEMS), count = 0;
    struct hostset names;
    struct err err = { 0 };
    struct buf text;
    char name[8];

    buf_init(&text, 0);
    for (size_t i = 0; i < items; i++) {
        bool means[HOSTS], take = random_below(seed, 3) == 0;
        buf_add_str(&text, i ? "," : "");
        buf_add_str(&text, take ? "!" : "");
        item_roll(m, seed, &text, means);
        for (size_t h = 0; h < HOSTS; h++)
            *(take ? &taken[h] : &wanted[h]) |= means[h];
    }
    hostset_init(&names);
    if (inventory_resolve(inv, buf_slice(&text), &names, &err) < 0)
        fail_msg("%s is refused: %s", buf_cstr(&text), err_text(&err));
    for (size_t h = 0; h < HOSTS; h++) {
        host_name(h, name);
        count += wanted[h] && !taken[h];
        if (hostset_has(&names, slice_str(name)) != (wanted[h] && !taken[h]))
            fail_msg("%s: %s is wrong", buf_cstr(&text), name);
    }
    assert_int_equal(names.count, count); // and each once
    hostset_release(&names);
    buf_release(&text);
}

static void random_sets_mean_what_the_model_says(void **state)
{
    uint64_t seed = 20261122;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct model m;
        struct inventory *inv;
        model_roll(&m, &seed);
        inv = model_open(&m);
        for (int i = 0; i < 20; i++)
            one_set(&m, inv, &seed);
        inventory_free(inv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_add_and_take_away),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(without_an_inventory_names_are_hosts),
        cmocka_unit_test(random_sets_mean_what_the_model_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
