// SPDX-License-Identifier: MIT
// Which variable wins, and which destination the connection variables make.
#include "unit/inventory/fixture.h"

static void the_nearer_one_wins(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "[all:vars]\nv=all\nonly_all=1\n"
        "[top:vars]\nv=top\nt=top\n"
        "[mid:vars]\nv=mid\nt=mid\nm=mid\n"
        "[leaf:vars]\nv=leaf\n"
        "[top:children]\nmid\n"
        "[mid:children]\nleaf\n"
        "[leaf]\nh v=host\ni\n"
        "[mid]\nj\n"
        "[ungrouped:vars]\nv=ungrouped\n");

    (void)state;
    fixture_host(inv, "h", "vars", "{\"m\":\"mid\",\"only_all\":1,\"t\":\"mid\",\"v\":\"host\"}");
    fixture_host(inv, "i", "vars", "{\"m\":\"mid\",\"only_all\":1,\"t\":\"mid\",\"v\":\"leaf\"}");
    fixture_host(inv, "j", "vars", "{\"m\":\"mid\",\"only_all\":1,\"t\":\"mid\",\"v\":\"mid\"}");
    fixture_host(inv, "h", "groups", "[\"top\",\"mid\",\"leaf\"]");
    inventory_free(inv);
}

// Of groups equally deep the last by name wins, unless a priority says otherwise; how
// deep a group is counts the longest way.
static void equals_are_ordered(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "[b]\nh\n[a]\nh\n[c]\nh\ni\n"
        "[a:vars]\nx=a\ny=a\nansible_group_priority=10\n"
        "[b:vars]\nx=b\nz=b\n"
        "[c:vars]\ny=c\nz=c\n");

    (void)state;
    fixture_host(inv, "h", "groups", "[\"b\",\"c\",\"a\"]");
    fixture_host(inv, "h", "vars",
                 "{\"ansible_group_priority\":10,\"x\":\"a\",\"y\":\"a\",\"z\":\"c\"}");
    inventory_free(inv);
    inv = fixture_open("hosts.ini",
        "[one:children]\nleaf\nlong\n[long:children]\nlonger\n[longer:children]\nleaf\n"
        "[leaf]\nh\n[zz]\nh\n"
        "[zz:vars]\nx=zz\n[leaf:vars]\nx=leaf\n");
    fixture_host(inv, "h", "groups", "[\"one\",\"zz\",\"long\",\"longer\",\"leaf\"]");
    fixture_host(inv, "h", "vars", "{\"x\":\"leaf\"}");
    inventory_free(inv);
}

static void ungrouped_counts_for_those_without_a_group(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "a\n[g]\nb\n[ungrouped]\nc\n[ungrouped:vars]\nx=1\n");

    (void)state;
    fixture_host(inv, "a", "vars", "{\"x\":1}");
    fixture_host(inv, "b", "vars", "{}");
    fixture_host(inv, "c", "vars", "{\"x\":1}");
    inventory_free(inv);
}

static void a_stranger_has_its_name_only(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini", "a\n[all:vars]\nansible_user=x\n");

    (void)state;
    fixture_host(inv, "a", "dest", "\"x@a\"");
    fixture_host(inv, "me@b:23", "dest", "\"me@b:23\"");
    fixture_host(inv, "me@b:23", "vars", "{}");
    fixture_host(inv, "me@b:23", "groups", "[]");
    inventory_free(inv);
}

static void destination_is(const char *vars, const char *wanted)
{
    struct inventory *inv;
    struct buf text;

    buf_init(&text, 0);
    buf_addf(&text, "[all]\nh %s\n", vars);
    inv = fixture_open("hosts.ini", buf_cstr(&text));
    fixture_host(inv, "h", "dest", wanted);
    inventory_free(inv);
    buf_release(&text);
}

static void connection_variables_make_the_destination(void **state)
{
    (void)state;
    destination_is("", "\"h\"");
    destination_is("ansible_host=10.0.0.1", "\"10.0.0.1\"");
    destination_is("ansible_host=x ansible_user=u ansible_port=22", "\"u@x:22\"");
    destination_is("ansible_port=\"'2222'\"", "\"h:2222\"");
    destination_is("ansible_ssh_host=x ansible_ssh_user=u ansible_ssh_port=23", "\"u@x:23\"");
    destination_is("ansible_ssh_host=old ansible_host=new", "\"new\"");
    destination_is("ansible_host= ansible_user=None", "\"h\"");
    destination_is("ansible_connection=local ansible_host=x ansible_port=bad", "\"localhost\"");
    destination_is("ansible_connection=ssh ansible_ssh_private_key_file=/k", "\"h\"");
}

static void refuses(const char *vars, const char *why)
{
    struct inventory *inv;
    struct buf text;

    buf_init(&text, 0);
    buf_addf(&text, "# first\nh %s\n", vars);
    inv = fixture_open("hosts.ini", buf_cstr(&text));
    fixture_refuses_host(inv, "h", why);
    inventory_free(inv);
    buf_release(&text);
}

static void hostile_destinations_are_refused(void **state)
{
    (void)state;
    refuses("ansible_host=-oProxyCommand=x", ".ini:2: host h: ansible_host is \"-oProxyCommand=x\"");
    refuses("ansible_host='$(x)'", "is no address");
    refuses("ansible_host='a b'", "is no address");
    refuses("ansible_host=u@x", "is no address");
    refuses("ansible_host=x:22", "is no address");
    refuses("ansible_host=2001:db8::1", "such as IPv6, goes into ~/.ssh/config");
    refuses("ansible_host='{{ ip }}'", "templates are not expanded");
    refuses("ansible_host=\"[1]\"", "ansible_host is no text");
    refuses("ansible_host=True", "ansible_host is no text");
    refuses("ansible_user=-l", "is no user");
    refuses("ansible_user='a;b'", "is no user");
    refuses("ansible_user=a@b", "is no user");
    refuses("ansible_port=0", "is no port");
    refuses("ansible_port=65536", "is no port");
    refuses("ansible_port=-1", "is no port");
    refuses("ansible_port=ssh", "is no port");
    refuses("ansible_ssh_port=22x", "ansible_ssh_port is \"22x\", and that is no port");
}

static void the_list_is_in_order(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini", "b ansible_port=23\na x=1\n");
    struct hostset names;
    struct err err = { 0 };
    json_t *list;
    char *text;

    (void)state;
    hostset_init(&names);
    assert_int_equal(inventory_resolve(inv, SLICE("@all,c"), &names, &err), 0);
    list = inventory_hosts_json(inv, &names, &err);
    text = json_dumps(list, JSON_COMPACT);
    assert_string_equal(text,
        "[{\"name\":\"b\",\"dest\":\"b:23\",\"groups\":[\"ungrouped\"],\"vars\":{\"ansible_port\":23}},"
        "{\"name\":\"a\",\"dest\":\"a\",\"groups\":[\"ungrouped\"],\"vars\":{\"x\":1}},"
        "{\"name\":\"c\",\"dest\":\"c\",\"groups\":[],\"vars\":{}}]");
    free(text);
    json_decref(list);
    hostset_release(&names);
    inventory_free(inv);
}

static void groups_are_told(void **state)
{
    struct inventory *inv = fixture_open("hosts.ini",
        "[a:children]\nc\nb\n[b]\nh1\n[c]\nh2\n[a]\nh3\n[a:vars]\nx=1\n");
    json_t *group = inventory_group_json(inv, "a");
    struct hostset names;
    struct err err = { 0 };
    char *text = json_dumps(group, JSON_COMPACT);

    (void)state;
    assert_string_equal(text, "{\"group\":\"a\",\"children\":[\"c\",\"b\"],\"vars\":{\"x\":1}}");
    free(text);
    json_decref(group);
    assert_null(inventory_group_json(inv, "d"));
    assert_string_equal(inventory_group(inv, 0), "all");
    assert_string_equal(inventory_group(inv, 1), "ungrouped");
    assert_string_equal(inventory_group(inv, 2), "a");
    assert_null(inventory_group(inv, 5));
    hostset_init(&names);
    assert_int_equal(inventory_group_hosts(inv, "a", &names, &err), 0);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[0], "h3"); // its own first
    assert_string_equal(names.names[1], "h2"); // then those of its children, in order
    hostset_release(&names);
    inventory_free(inv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearer_one_wins),
        cmocka_unit_test(equals_are_ordered),
        cmocka_unit_test(ungrouped_counts_for_those_without_a_group),
        cmocka_unit_test(a_stranger_has_its_name_only),
        cmocka_unit_test(connection_variables_make_the_destination),
        cmocka_unit_test(hostile_destinations_are_refused),
        cmocka_unit_test(the_list_is_in_order),
        cmocka_unit_test(groups_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
