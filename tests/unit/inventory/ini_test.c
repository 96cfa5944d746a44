// SPDX-License-Identifier: MIT
// Ansible's INI: what its lines mean, and that a mistake is told with its line.
#include "unit/inventory/fixture.h"

static void sections_say_what_lines_are(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "\xef\xbb\xbf# a comment behind a byte order mark\n"
        "; and another\r\n"
        "gate\n"
        "[web]   # the front\n"
        "web[01:03]\r\n"
        "\n"
        "[prod:children]\n"
        "web   # for now\n"
        " db\n"
        "[ db ]\n"
        "db1\n"
        "[web:vars]\n"
        " port = 80 \n");

    (void)state;
    fixture_names(inv, "@all", "gate web01 web02 web03 db1");
    fixture_names(inv, "@prod", "web01 web02 web03 db1");
    fixture_names(inv, "@ungrouped", "gate");
    fixture_host(inv, "web02", "groups", "[\"prod\",\"web\"]");
    fixture_host(inv, "web02", "vars", "{\"port\":80}");
    fixture_host(inv, "gate", "groups", "[\"ungrouped\"]");
    inventory_free(inv);
}

static void ranges_and_ports(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "a[1:3]\nb[08:10].lan:2222\nc-[a:c]\nd[1:9:4]\n[x:z]e[:1]\nf[C:D] ansible_port=23\n"
        "g:22 ansible_port=24\n");

    (void)state;
    fixture_names(inv, "@all", "a1 a2 a3 b08.lan b09.lan b10.lan c-a c-b c-c d1 d5 d9 "
                               "xe0 xe1 ye0 ye1 ze0 ze1 fC fD g");
    fixture_host(inv, "b09.lan", "dest", "\"b09.lan:2222\"");
    fixture_host(inv, "fD", "dest", "\"fD:23\"");
    fixture_host(inv, "g", "dest", "\"g:24\"");
    inventory_free(inv);
}

static void values_are_what_python_reads(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "h a=1 b=-2 c=1.5 d=True e=None f=true g=007 h='x y' i=\"q\\\"r\" j=a\\ b k= l=a=b "
        "m=\"[1, 'two', {'k': (3, 4)}]\" n=\"'5'\" o=[1 p=1e3 q=1_000 r=v#not\n"
        "[all:vars]\n"
        "s = two words # no comment\n"
        "t = \"quoted\"\n"
        "u = {'a': [True, None], 'b': \"x\\ty\",}\n"
        "v = 99999999999999999999\n"
        "w = nan\n");

    (void)state;
    fixture_host(inv, "h", "vars",
                 "{\"a\":1,\"b\":-2,\"c\":1.5,\"d\":true,\"e\":null,\"f\":\"true\",\"g\":\"007\","
                 "\"h\":\"x y\",\"i\":\"q\\\"r\",\"j\":\"a b\",\"k\":\"\",\"l\":\"a=b\","
                 "\"m\":[1,\"two\",{\"k\":[3,4]}],\"n\":\"5\",\"o\":\"[1\",\"p\":1000.0,"
                 "\"q\":\"1_000\",\"r\":\"v\",\"s\":\"two words # no comment\",\"t\":\"quoted\","
                 "\"u\":{\"a\":[true,null],\"b\":\"x\\ty\"},\"v\":\"99999999999999999999\","
                 "\"w\":\"nan\"}");
    inventory_free(inv);
}

static void a_host_said_twice_is_one(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "[a]\nh x=1 y=1\n[b]\nh x=2\n[a]\nh\n");

    (void)state;
    fixture_names(inv, "@all", "h");
    fixture_host(inv, "h", "groups", "[\"a\",\"b\"]");
    fixture_host(inv, "h", "vars", "{\"x\":2,\"y\":1}");
    inventory_free(inv);
}

static void mistakes_are_told_with_their_line(void **state)
{
    static const char *const bad[][2] = {
        { "a\nb c\n", ".ini:2: \"c\": name=value is expected" },
        { "a x='1\n", ".ini:1: a quote (') is not closed" },
        { "[web:wars]\n", ".ini:1: [web:wars]: a section is" },
        { "[]\n", ".ini:1: \"\" is no name of a group" },
        { "[web]\na\n[wbe:vars]\nx=1\n", ".ini:3: there is no section [wbe]; did you mean 'web'?" },
        { "[a:children]\nb\n", ".ini:2: there is no section [b]" },
        { "[a:children]\nb\n[b:children]\na\n", ".ini: the group " },
        { "[a:children]\na\n", "is in itself" },
        { "[a:children]\nall\n", ".ini:2: the group all is above every other" },
        { "[ungrouped:children]\na\n[a]\n", ".ini:2: the group ungrouped holds" },
        { "[web:vars]\nx\n[web]\n", ".ini:2: \"x\": name=value" },
        { "\n\nweb[3:1]\n", ".ini:3: host \"web[3:1]\": a range goes upwards" },
        { "web[1:3\n", "a bracket is not closed" },
        { "web[01-03]\n", "a bracket holds a range, as in web[01:12]" },
        { "web[1]\n", "a bracket holds a range" },
        { "web[a:3]\n", "a bracket holds a range" },
        { "web[a:F]\n", "a range of letters" },
        { "web[01:100]\n", "the same width" },
        { "web[1:9:0]\n", "the step of a range" },
        { "web[1:999999999]\n", "more than 100000" },
        { "[1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2]x\n", "too many brackets" },
        { "web:0\n", "a port is a number" },
        { "web:70000\n", "a port is a number" },
        { "fe80::1\n", "an IPv6 address goes into ~/.ssh/config" },
        { "[2001:db8::1]:22\n", ".ini:1: host \"[2001:db8::1]:22\": " },
        { "-oProxyCommand=x\n", ".ini:1: \"-oProxyCommand=x\" is no " },
        { "a;b\n", "is no host" },
        { "$(x)\n", "is no host" },
        { "a =1\n", "a variable's name has" },
        { "a x=\xff\n", "the value of x is not UTF-8" },
        { "a \xff=1\n", "is not UTF-8" },
        { "$ANSIBLE_VAULT;1.1;AES256\n3061\n", "encrypted by ansible-vault" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        fixture_refuses("hosts.ini", bad[i][0], bad[i][1]);
}

static void a_file_without_an_ending_is_told_by_its_text(void **state)
{
    struct inventory *inv = fixture_open("hosts", "# x\nweb1\n[db]\ndb1\n");

    (void)state;
    fixture_names(inv, "@all", "web1 db1");
    inventory_free(inv);
    inv = fixture_open("hosts", "# x\nall:\n  hosts:\n    web1:\n");
    fixture_names(inv, "@all", "web1");
    inventory_free(inv);
    inv = fixture_open("hosts", "{\"web\": {\"hosts\": {\"web1\": null}}}");
    fixture_names(inv, "@web", "web1");
    inventory_free(inv);
    inv = fixture_open("hosts", "");
    assert_int_equal(inventory_host_count(inv), 0);
    inventory_free(inv);
}

static void a_deep_tree_and_a_deeper_one(void **state)
{
    struct inventory *inv;
    struct buf text;

    (void)state;
    buf_init(&text, 0);
    for (int i = 0; i < INVENTORY_DEPTH_MAX - 1; i++)
        buf_addf(&text, "[g%d:children]\ng%d\n", i, i + 1);
    buf_addf(&text, "[g%d]\nh\n", INVENTORY_DEPTH_MAX - 1);
    inv = fixture_open("hosts.ini", buf_cstr(&text));
    fixture_names(inv, "@g0", "h");
    inventory_free(inv);
    buf_addf(&text, "[top:children]\ng0\n");
    fixture_refuses("hosts.ini", buf_cstr(&text), "nested more than 64 deep");
    buf_release(&text);
}

static void no_nul_no_end(void **state)
{
    static const char nul[] = "a\nb\0c\n";
    struct inventory *inv;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(fixture_try("hosts.ini", slice_of(nul, sizeof(nul) - 1), false, &inv, &err),
                     ERR_USAGE);
    assert_non_null(strstr(err.text, ".ini:2: there is a NUL byte"));
    assert_int_equal(inventory_open("/nonexistent/hosts.ini", &inv, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "/nonexistent/hosts.ini: No such file"));
    assert_int_equal(inventory_open("/tmp", &inv, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "is a directory"));
    assert_int_equal(inventory_open("/dev/zero", &inv, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "more than 8 MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_say_what_lines_are),
        cmocka_unit_test(ranges_and_ports),
        cmocka_unit_test(values_are_what_python_reads),
        cmocka_unit_test(a_host_said_twice_is_one),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(a_file_without_an_ending_is_told_by_its_text),
        cmocka_unit_test(a_deep_tree_and_a_deeper_one),
        cmocka_unit_test(no_nul_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
