// SPDX-License-Identifier: MIT
// Ansible's YAML: groups, values by YAML 1.1, anchors, and mistakes with their line.
#include "unit/inventory/fixture.h"

static void groups_hold_hosts_children_and_vars(void **state)
{
    struct inventory *inv = fixture_open("hosts.yaml",
        "---\n"
        "all:\n"
        "  hosts:\n"
        "    gate:\n"
        "  vars: {user: x}\n"
        "  children:\n"
        "    prod:\n"
        "      children:\n"
        "        web:\n"
        "          hosts:\n"
        "            web[01:02]:2222: {weight: 3}\n"
        "            web03: ~\n"
        "        db: {hosts: [db1, db2], vars: }\n"
        "    empty:\n"
        "other: {hosts: single}\n");

    (void)state;
    fixture_names(inv, "@all", "gate web01 web02 web03 db1 db2 single");
    fixture_names(inv, "@prod", "web01 web02 web03 db1 db2");
    fixture_names(inv, "@empty", "");
    fixture_names(inv, "@ungrouped", "gate");
    fixture_host(inv, "web01", "dest", "\"web01:2222\"");
    fixture_host(inv, "web01", "groups", "[\"prod\",\"web\"]");
    fixture_host(inv, "web01", "vars", "{\"ansible_port\":2222,\"user\":\"x\",\"weight\":3}");
    fixture_host(inv, "single", "groups", "[\"other\"]");
    inventory_free(inv);
}

static void values_are_yaml_1_1(void **state)
{
    struct inventory *inv = fixture_open("hosts.yml",
        "all: {hosts: {h: {a: 1, b: -0x1f, c: 0644, d: 0b11, e: 1_000, f: yes, g: Off, h: ~,\n"
        "  i: '5', j: 1.5, k: 1e3, l: .5, m: .inf, n: 12:30, o: 2026-01-31, p: !!str 7, q: 09,\n"
        "  r: [1, {x: null}], s: \"a\\nb\", t: !unsafe '{{ x }}', u: 99999999999999999999, v: 1.,\n"
        "  w: -, x: 0o17, y: +4, z: !vault 7}}}\n");

    (void)state;
    fixture_host(inv, "h", "vars",
                 "{\"a\":1,\"b\":-31,\"c\":420,\"d\":3,\"e\":1000,\"f\":true,\"g\":false,\"h\":null,"
                 "\"i\":\"5\",\"j\":1.5,\"k\":\"1e3\",\"l\":0.5,\"m\":\".inf\",\"n\":\"12:30\","
                 "\"o\":\"2026-01-31\",\"p\":\"7\",\"q\":\"09\",\"r\":[1,{\"x\":null}],"
                 "\"s\":\"a\\nb\",\"t\":\"{{ x }}\",\"u\":\"99999999999999999999\",\"v\":1.0,"
                 "\"w\":\"-\",\"x\":\"0o17\",\"y\":4,\"z\":\"7\"}");
    inventory_free(inv);
}

static void aliases_and_merges(void **state)
{
    struct inventory *inv = fixture_open("hosts.yaml",
        "web:\n"
        "  hosts: &hosts\n"
        "    a: &one {x: 1, y: 1}\n"
        "    b: {<<: *one, y: 2}\n"
        "    c: {<<: [{x: 5}, *one], z: &name three}\n"
        "copy: {hosts: *hosts, vars: {n: *name}}\n");

    (void)state;
    fixture_names(inv, "@copy", "a b c");
    fixture_host(inv, "b", "vars", "{\"n\":\"three\",\"x\":1,\"y\":2}");
    fixture_host(inv, "c", "vars", "{\"n\":\"three\",\"x\":5,\"y\":1,\"z\":\"three\"}");
    inventory_free(inv);
}

static void mistakes_are_told_with_their_line(void **state)
{
    static const char *const bad[][2] = {
        { "a: [1\n", ".yaml:2: " },
        { "- a\n", ".yaml:1: an inventory is a map of groups" },
        { "all:\n  host:\n    a:\n", ".yaml:2: group all: host is no part of a group; hosts, "
                                     "children and vars are; did you mean 'hosts'?" },
        { "all: web1\n", ".yaml:1: group all: hosts:, children: or vars: is expected" },
        { "all:\n  children: [web]\n", ".yaml:2: children are a map" },
        { "all:\n  hosts:\n    a: 5\n", ".yaml:3: variables are a map" },
        { "all:\n  vars: [1]\n", ".yaml:2: variables are a map" },
        { "all:\n  hosts: [[a]]\n", ".yaml:2: the name of a host is expected" },
        { "all: {hosts: {? [a] : 1}}\n", "a key is a text" },
        { "all:\n  hosts:\n    \"-v\":\n", ".yaml:3: \"-v\" is no " },
        { "all:\n  hosts:\n    a b:\n", ".yaml:3: \"a b\" is no " },
        { "all: {children: {all: }}\n", ".yaml:1: the group all is above" },
        { "a: {children: {b: {children: {a: }}}}\n", "is in itself" },
        { "all:\n  vars: {x: *nothing}\n", ".yaml:2: *nothing: no &nothing stands before it" },
        { "all: &a {children: {b: *a}}\n", "no &a stands before it" },
        { "all: {vars: {x: !python/object:os.system 1}}\n", "means nothing here" },
        { "all: {vars: {x: !!binary aGk=}}\n", "means nothing here" },
        { "all: {vars: {<<: 1}}\n", "<< takes a map" },
        { "all: {vars: {\"a\\0b\": 1}}\n", "a NUL byte" },
        { "plugin: aws_ec2\nregions: [x]\n", ".yaml:1: this configures a plugin of Ansible" },
        { "all: {}\n---\nall: {}\n", ".yaml:3: a second document" },
        { "all: {vars: {x: \xff}}\n", ".yaml:1: " },
        { "\"\": {}\n", "is no name of a group" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        fixture_refuses("hosts.yaml", bad[i][0], bad[i][1]);
}

static void empty_ones_have_nobody(void **state)
{
    static const char *const empty[] = { "", "# x\n", "---\n", "~\n", "{}\n", "all:\n",
                                         "all: {hosts: }\n", "all: {children: , vars: }\n" };

    (void)state;
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct inventory *inv = fixture_open("hosts.yaml", empty[i]);
        assert_int_equal(inventory_host_count(inv), 0);
        fixture_names(inv, "@all", "");
        inventory_free(inv);
    }
}

// Ten aliases, each of ten of the one before: ten thousand million values.
static void laughs_are_bounded(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 0);
    buf_add_str(&text, "all:\n  vars:\n    a0: &a0 x\n");
    for (int i = 1; i <= 10; i++) {
        buf_addf(&text, "    a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buf_addf(&text, "*a%d,", i - 1);
        buf_add_str(&text, "]\n");
    }
    fixture_refuses("hosts.yaml", buf_cstr(&text), "more than 2000000 values");
    buf_clear(&text);
    buf_add_str(&text, "g0: &g0 {hosts: {h: }}\n");
    for (int i = 1; i <= 30; i++)
        buf_addf(&text, "g%d: &g%d {children: {x%d: *g%d, y%d: *g%d}}\n", i, i, i, i - 1, i, i - 1);
    fixture_refuses("hosts.yaml", buf_cstr(&text), "more than 2000000 values");
    buf_release(&text);
}

static void nesting_is_bounded(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 0);
    buf_add_str(&text, "all: {vars: {x: ");
    for (int i = 0; i < 5000; i++)
        buf_add_byte(&text, '[');
    fixture_refuses("hosts.yaml", buf_cstr(&text), "nested more than 64 deep");
    buf_clear(&text);
    buf_add_str(&text, "all: {vars: {a0: &a0 [1],\n");
    for (int i = 1; i <= 70; i++)
        buf_addf(&text, "a%d: &a%d [*a%d],\n", i, i, i - 1);
    buf_add_str(&text, "}}\n");
    fixture_refuses("hosts.yaml", buf_cstr(&text), "nested more than 64 deep, aliases followed");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_hold_hosts_children_and_vars),
        cmocka_unit_test(values_are_yaml_1_1),
        cmocka_unit_test(aliases_and_merges),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(empty_ones_have_nobody),
        cmocka_unit_test(laughs_are_bounded),
        cmocka_unit_test(nesting_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
