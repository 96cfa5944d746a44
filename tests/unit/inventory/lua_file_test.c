// SPDX-License-Identifier: MIT
// Inventories in Lua: the table's shape, what the file may do, and what stops it.
#include "unit/inventory/fixture.h"

static void the_table_has_hosts_groups_and_vars(void **state)
{
    struct inventory *inv = fixture_open("hosts.lua",
        "#!/usr/bin/env lua\n"
        "local hosts = {}\n"
        "for i = 1, 3 do hosts[i] = ('web%02d'):format(i) end\n"
        "hosts[#hosts + 1] = { name = 'db[1-2]', address = '10.0.0.5', user = 'admin', port = 2222,\n"
        "                      vars = { role = 'main', list = { 1, 2.5, true, {} } } }\n"
        "hosts[#hosts + 1] = { name = 'here', connection = 'local' }\n"
        "return { vars = { a = 1 }, hosts = hosts, groups = {\n"
        "  web = { hosts = 'web[01-03],web02', vars = { a = 2 } },\n"
        "  db = { 'db[1-2]', { name = 'db3', port = 23 } },\n"
        "  prod = { children = { 'web', 'db' } },\n"
        "  none = {} } }\n");

    (void)state;
    fixture_names(inv, "@all", "web01 web02 web03 db1 db2 here db3");
    fixture_names(inv, "@prod", "web01 web02 web03 db1 db2 db3");
    fixture_names(inv, "@none", "");
    fixture_host(inv, "db2", "dest", "\"admin@10.0.0.5:2222\"");
    fixture_host(inv, "db3", "dest", "\"db3:23\"");
    fixture_host(inv, "here", "dest", "\"localhost\"");
    fixture_host(inv, "web03", "vars", "{\"a\":2}");
    fixture_host(inv, "db1", "groups", "[\"prod\",\"db\"]");
    fixture_host(inv, "db1", "vars", "{\"a\":1,\"ansible_host\":\"10.0.0.5\",\"ansible_port\":2222,"
                 "\"ansible_user\":\"admin\",\"list\":[1,2.5,true,[]],\"role\":\"main\"}");
    inventory_free(inv);
}

static void empty_ones_have_nobody(void **state)
{
    static const char *const empty[] = { "return {}", "return { hosts = {} }",
                                         "return { groups = {}, vars = {} }",
                                         "return { groups = { a = { vars = {}, hosts = {}, "
                                         "children = {} } } }" };

    (void)state;
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct inventory *inv = fixture_open("hosts.lua", empty[i]);
        assert_int_equal(inventory_host_count(inv), 0);
        inventory_free(inv);
    }
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const char *const bad[][2] = {
        { "return {\n  hosts = = 1 }", ".lua:2: unexpected symbol" },
        { "local x\nreturn { hosts = x.y }", ".lua:2: attempt to index a nil value" },
        { "error({})", "it raised an error that is no text" },
        { "local x = 1", "it returns nothing" },
        { "return 5", "it returns number" },
        { "return { 'web1' }", "the table has hosts, groups and vars in it" },
        { "return { 'web1', hosts = {} }", "a table has names, or 1, 2, 3" },
        { "return { host = {} }", "there is no host in it; did you mean 'hosts'?" },
        { "return { hosts = { web1 = {} } }", "hosts: a list is expected" },
        { "return { hosts = { { address = 'x' } } }", "hosts[1]: a text like" },
        { "return { hosts = { 'a', { name = 'b', adress = 'x' } } }",
          "hosts[2]: there is no adress in it; did you mean 'address'?" },
        { "return { hosts = { 'a', 5 } }", "hosts[2]: a text like" },
        { "return { hosts = { 'a', '-v' } }", "hosts[2]: \"-v\" is no host" },
        { "return { hosts = { 'a b;c' } }", "is no host" },
        { "return { hosts = { { name = 'a', vars = 5 } } }", "hosts[1].vars: a table of names" },
        { "return { groups = { 'web' } }", "groups: a table of names is expected" },
        { "return { groups = { web = 5 } }", "groups.web: a list is expected" },
        { "return { groups = { web = { host = 'a' } } }", "groups.web: there is no host in it" },
        { "return { groups = { web = { hosts = { 5 } } } }", "groups.web.hosts[1]: " },
        { "return { groups = { a = { children = { 'b' } } } }",
          "groups.a.children[1]: b is no group of this file" },
        { "return { groups = { a = { children = { 'b' } }, b = { children = { 'a' } } } }",
          "is in itself" },
        { "return { vars = { f = print or tostring } }", "vars.f: a text, a number" },
        { "return { vars = { x = 1/0 } }", "vars.x: a number that is infinite" },
        { "return { vars = { x = '\\xff' } }", "vars.x: the text is not UTF-8" },
        { "return { vars = { ['\\xff'] = 1 } }", "a name is not UTF-8" },
        { "return { vars = { ['a\\0b'] = 1 } }", "a name has a NUL byte" },
        { "return { vars = { [true] = 1 } }", "a table has names" },
        { "local t = {} t.t = t return { vars = t }", "nested too deep, or in a circle" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        fixture_refuses("hosts.lua", bad[i][0], bad[i][1]);
}

static void it_reaches_nothing_outside(void **state)
{
    static const char *const gone[] = { "os", "io", "debug", "package", "require", "dofile",
                                        "loadfile", "load", "print", "warn", "coroutine",
                                        "collectgarbage", "setmetatable" };
    struct buf text;

    (void)state;
    buf_init(&text, 0);
    buf_add_str(&text, "local n = {}\n");
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        buf_addf(&text, "if %s then error('%s is there') end\n", gone[i], gone[i]);
    buf_add_str(&text, "return { hosts = 'a' }\n");
    inventory_free(fixture_open("hosts.lua", buf_cstr(&text)));
    buf_release(&text);
    fixture_refuses("hosts.lua", "\x1bLua", "attempt to load a binary chunk");
}

static void it_ends_whatever_it_does(void **state)
{
    (void)state;
    fixture_refuses("hosts.lua", "\nwhile true do end", ".lua:2: it runs too long");
    fixture_refuses("hosts.lua", "while true do pcall(function() while true do end end) end",
                    "it runs too long");
    fixture_refuses("hosts.lua", "local s = 'x' while true do s = s .. s end",
                    "it needs more than the 64 MiB");
    fixture_refuses("hosts.lua", "return { hosts = ('x'):rep(1 << 40) }", "hosts.lua");
    fixture_refuses("hosts.lua", "local t = {} for i = 1, 1e9 do t[i] = {} end",
                    "it needs more than the 64 MiB");
    fixture_refuses("hosts.lua", "local function f() return f() + 1 end f()",
                    "it needs more than the 64 MiB");
    // a finalizer would run without any limit
    fixture_refuses("hosts.lua", "setmetatable({}, { __gc = function() while true do end end })",
                    "attempt to call a nil value (global 'setmetatable')");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_hosts_groups_and_vars),
        cmocka_unit_test(empty_ones_have_nobody),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(it_reaches_nothing_outside),
        cmocka_unit_test(it_ends_whatever_it_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
