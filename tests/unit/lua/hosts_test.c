// SPDX-License-Identifier: MIT
// Sets of hosts: what they are, and what they refuse. What their methods
// fork is in each_test.c.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char four[] = "[{\"name\":\"a\",\"dest\":\"root@10.0.0.1:2222\",\"vars\":{\"rack\":7}},"
                           "{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\",\"vars\":{}}]";

// ---- helpers

// Runs to the end without steps; what it printed, or fails the test.
static void check_prints(const char *text, const char *expected)
{
    struct drive d;

    drive_open_hosts(&d, text, four);
    if (drive_start(&d, 0) < 0)
        fail_msg("%s", d.err.text);
    assert_int_equal(d.effect.kind, EFFECT_END);
    if (d.effect.failed)
        fail_msg("%.*s", SLICE_ARG(d.effect.message));
    assert_string_equal(drive_notes(&d), expected);
    drive_close(&d);
}

static void check_fails(const char *text, const char *expected)
{
    char message[512];
    struct drive d;

    drive_open_hosts(&d, text, four);
    if (drive_start(&d, 0) < 0)
        fail_msg("%s: %s", text, d.err.text);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    snprintf(message, sizeof(message), "%.*s", SLICE_ARG(d.effect.message));
    assert_string_equal(message, expected);
    drive_close(&d);
}

// ---- sets

static void test_a_set_is_a_list_of_hosts(void **state)
{
    (void)state;
    check_prints("print(#hosts, hosts[1].name, hosts[5], tostring(hosts))\n"
                 "for i, h in ipairs(hosts) do print(i, h.name, h) end\n"
                 "print(table.concat(hosts:names(), ' '), type(hosts))",
                 "1 output: 4\ta\tnil\ta,b,c,d\n1 output: 1\ta\ta\n1 output: 2\tb\tb\n"
                 "1 output: 3\tc\tc\n1 output: 4\td\td\n1 output: a b c d\ttable\n");
}

static void test_variables_are_those_of_the_job(void **state)
{
    (void)state;
    check_prints("print(hosts[1].vars.rack, host('a').vars.rack, hosts('a')[1].vars.rack)\n"
                 "print(next(hosts[2].vars), next(hosts[4].vars), next(host('x').vars))\n"
                 "print(hosts[1]:with{ cwd = '/' }.vars.rack, next(localhost.vars))\n"
                 "print(host 'a' == hosts[1], host 'x' == host 'x', host 'x'.name)",
                 "1 output: 7\t7\t7\n1 output: nil\tnil\tnil\n1 output: 7\tnil\n"
                 "1 output: true\ttrue\tx\n");
}

static void test_a_job_without_hosts_has_an_empty_set(void **state)
{
    (void)state;
    drive_check_prints("print(#hosts, tostring(hosts), #hosts:names(), #hosts:batches(2))\n"
                       "print(#(hosts + hosts), #hosts:filter(error), tostring(hosts + host 'a'))",
                       "0\t\t0\t0\n0\t0\ta\n");
    drive_check_fails("hosts:each(print)", "each: the set of hosts is empty; name them with --hosts");
    drive_check_fails("hosts:run 'x'", "run: the set of hosts is empty; name them with --hosts");
    drive_check_fails("hosts:rolling(print)",
                      "rolling: the set of hosts is empty; name them with --hosts");
}

static void test_a_text_makes_a_set(void **state)
{
    (void)state;
    check_prints("print(hosts 'web[08-11],root@db:22,!web09')\n"
                 "print(#hosts '', #hosts '  , ,', #hosts 'a,a a')\n"
                 "print(hosts('b,a') + hosts 'c', (hosts 'x')('y'))",
                 "1 output: web08,web10,web11,root@db:22\n1 output: 0\t0\t1\n"
                 "1 output: b,a,c\ty\n");
    check_prints("print(#hosts 'n[1-50000]')", "1 output: 50000\n");
}

static void test_texts_that_are_no_hosts(void **state)
{
    (void)state;
    check_fails("host '-oProxyCommand=x'",
                "test.lua:1: host: '-oProxyCommand=x' is no name of a host: [user@]host[:port] is "
                "wanted, of letters, digits, '.', '_' and '-'");
    check_fails("host 'web[1-2]'",
                "test.lua:1: host: 'web[1-2]' is no name of a host: [user@]host[:port] is "
                "wanted, of letters, digits, '.', '_' and '-'");
    check_fails("host ''", "test.lua:1: host: '' is no name of a host: [user@]host[:port] is "
                           "wanted, of letters, digits, '.', '_' and '-'");
    check_fails("host(5)", "test.lua:1: host: argument 1 must be a string, not a number");
    check_fails("hosts(5)", "test.lua:1: hosts: argument 2 must be a string, not a number");
    check_fails("hosts 'a;b'", "test.lua:1: hosts: \"a;b\" is no host: [user@]host[:port] of "
                               "letters, digits, '.', '_' and '-' is expected");
    check_fails("hosts 'n[1-100001]'",
                "test.lua:1: hosts: hosts \"n[1-100001]\": more than 100000 names");
}

static void test_sums_and_differences(void **state)
{
    (void)state;
    check_prints("print(hosts - host 'b', hosts * hosts 'd,b,x', hosts 'x,b' + hosts)\n"
                 "print(host 'x' + hosts, host 'a' - hosts, host 'a' * hosts)\n"
                 "print(host 'x' + host 'a', #(host 'x' - host 'x'), host 'x' * host 'x')",
                 "1 output: a,c,d\tb,d\tx,b,a,c,d\n1 output: x,a,b,c,d\t\ta\n"
                 "1 output: x,a\t0\tx\n");
    check_fails("return hosts + 'web9'",
                "test.lua:1: +: each side must be a set of hosts or a host, not a string");
    check_fails("return 5 - hosts",
                "test.lua:1: -: each side must be a set of hosts or a host, not a number");
    check_fails("return hosts * {}",
                "test.lua:1: *: each side must be a set of hosts or a host, not a table");
}

static void test_filter_and_batches(void **state)
{
    (void)state;
    check_prints("print(hosts:filter(function(h) return h.vars.rack == 7 end))\n"
                 "for _, b in ipairs(hosts:batches('3')) do print(b) end\n"
                 "for _, b in ipairs(hosts:batches{ 1, '50%' }) do print(b) end\n"
                 "print(#hosts:batches '1%', #hosts:batches '100%', #hosts:batches(1 << 62))\n"
                 "print(#hosts:batches(math.maxinteger))",
                 "1 output: a\n1 output: a,b,c\n1 output: d\n1 output: a\n1 output: b,c\n"
                 "1 output: d\n1 output: 4\t1\t1\n1 output: 1\n");
}

static void test_batches_that_are_none(void **state)
{
    static const char *const wrong[] = { "0",    "-1",    "'0%'",   "'101%'", "'x%'",  "' 5%'",
                                         "'+5%'", "'0'", "'5%%'", "1.5",    "nil",   "{}",
                                         "true", "{ 4, 0 }", "'-18446744073709551615%'" };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char text[100];
        snprintf(text, sizeof(text), "hosts:batches(%s)", wrong[i]);
        check_fails(text, "test.lua:1: batches: a batch must be a whole number of at least 1, or "
                          "a percentage like \"25%\"");
    }
}

static void test_misuse_is_told(void **state)
{
    (void)state;
    check_fails("hosts.each(print)",
                "test.lua:1: each: call it with a colon, on a set of hosts: hosts:each(...)");
    check_fails("hosts.names {}",
                "test.lua:1: names: call it with a colon, on a set of hosts: hosts:names(...)");
    check_fails("hosts:eech(print)",
                "test.lua:1: a set of hosts has no field 'eech'; did you mean 'each'?");
    check_fails("hosts[1]:rnu 'x'", "test.lua:1: a host has no field 'rnu'; did you mean 'run'?");
    check_fails("hosts:each()", "test.lua:1: each: the last argument must be a function, not nil");
    check_fails("hosts:each{ throttle = 2 }",
                "test.lua:1: each: the last argument must be a function, not a table");
    check_fails("hosts:each({ throttle = 0 }, print)",
                "test.lua:1: each: option 'throttle' must be a whole number of at least 1, not "
                "a number");
    check_fails("hosts:each({ max_failures = -1 }, print)",
                "test.lua:1: each: option 'max_failures' must be a whole number of at least 0, "
                "not a number");
    check_fails("hosts:each({ trottle = 1 }, print)",
                "test.lua:1: each: unknown option 'trottle'; did you mean 'throttle'?");
    check_fails("hosts:each(5, print)",
                "test.lua:1: each: the options must be a table, not a number");
    check_fails("hosts:rolling({ throttle = 1 }, print)",
                "test.lua:1: rolling: unknown option 'throttle'; it takes max_failures, batches, pause");
    check_fails("hosts:rolling({ batches = 2 }, print)",
                "test.lua:1: rolling: option 'batches' must be a list of numbers and "
                "percentages, { 1, \"25%\" }, not a number");
    check_fails("hosts:rolling({ pause = 'soon' }, print)",
                "test.lua:1: rolling: option 'pause' must be a duration: seconds, or text like "
                "\"250ms\", \"1m30s\", \"2d\", not 'soon'");
    check_fails("hosts:rolling({ batches = { 1, '0%' } }, print)",
                "test.lua:1: rolling: a batch must be a whole number of at least 1, or a percentage like \"25%\"");
    check_fails("hosts:filter(5)",
                "test.lua:1: filter: the argument must be a function, not a number");
    check_fails("hosts:run()", "test.lua:1: run: the command must be a string, not nil");
    check_fails("hosts:run(5)", "test.lua:1: run: the command must be a string, not a number");
}

// A set is a table that C code reads: nothing that a script puts into it may be taken
// for a host.
static void test_a_set_is_not_to_be_changed(void **state)
{
    static const char *const calls[] = { "hosts:names()", "tostring(hosts)", "hosts:each(print)",
                                         "hosts:run 'x'", "hosts:filter(print)",
                                         "hosts:batches(1)", "return hosts + hosts",
                                         "return host 'x' - hosts", "hosts:rolling(print)" };

    (void)state;
    check_fails("hosts[5] = host 'x'",
                "test.lua:1: a set of hosts cannot be changed; make another: hosts + host 'a', "
                "hosts - ..., hosts:filter(function)");
    check_fails("hosts.x = 1",
                "test.lua:1: a set of hosts cannot be changed; make another: hosts + host 'a', "
                "hosts - ..., hosts:filter(function)");
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        char text[100];
        snprintf(text, sizeof(text), "hosts[2] = 'x' %s", calls[i]);
        check_fails(text, "test.lua:1: a set of hosts was changed: its element 2 is a string, not "
                          "a host; make another: hosts + host 'a', hosts - ..., hosts:filter(function)");
    }
}

// ---- once

static void test_a_once_leaves_nothing_in_a_host(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local set = hosts 'b,c'\n"
                         "print(once('look', function()\n"
                         "  hosts[1].vars.seen, host 'x'.vars.seen, localhost.vars.seen = 1, 2, 3\n"
                         "  host 'new'.vars.seen, set[1].vars.seen = 4, 5\n"
                         "  return hosts[1].vars.seen .. hosts[1].vars.rack .. #hosts:names() .. #(set + hosts)\n"
                         "end))\n"
                         "print(hosts[1].vars.seen, host 'x'.vars.seen, localhost.vars.seen, host 'new'.vars.seen, hosts[2].vars.seen)",
                     four);
    drive_start(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_ONCE);
    drive_once(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_false(d.effect.failed);
    assert_string_equal(drive_notes(&d), "1 output: 1744\n1 output: nil\tnil\tnil\tnil\tnil\n");
    drive_close(&d);
}

// ---- the header

static void check_header(const char *text, bool expected)
{
    struct buf header;
    struct err err;
    int rc;

    buf_init(&header, 0);
    rc = script_header(SLICE("t.lua"), slice_str(text), &header, &err);
    if (rc < 0)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(header.len > 1, expected);
    buf_release(&header);
}

static void test_hosts_before_the_header_end_it(void **state)
{
    (void)state;
    check_header("local web = host 'web' workflow { about = 'x' }", true);
    check_header("print(hosts[1]) workflow { about = 'x' }", false);
    check_header("local n = #hosts workflow { about = 'x' }", false);
    check_header("local s = hosts 'web[1-3]' workflow { about = 'x' }", false);
    check_header("local s = host 'x' + hosts workflow { about = 'x' }", false);
    check_header("local s = hosts - 'x' workflow { about = 'x' }", false);
    check_header("hosts:each(print) workflow { about = 'x' }", false);
    check_header("host 'x':run 'y' workflow { about = 'x' }", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_set_is_a_list_of_hosts),
        cmocka_unit_test(test_variables_are_those_of_the_job),
        cmocka_unit_test(test_a_job_without_hosts_has_an_empty_set),
        cmocka_unit_test(test_a_text_makes_a_set),
        cmocka_unit_test(test_texts_that_are_no_hosts),
        cmocka_unit_test(test_sums_and_differences),
        cmocka_unit_test(test_filter_and_batches),
        cmocka_unit_test(test_batches_that_are_none),
        cmocka_unit_test(test_misuse_is_told),
        cmocka_unit_test(test_a_set_is_not_to_be_changed),
        cmocka_unit_test(test_a_once_leaves_nothing_in_a_host),
        cmocka_unit_test(test_hosts_before_the_header_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
