// SPDX-License-Identifier: MIT
// The files of hosts: what put and get ask for and give, and what a template makes of
// its text, or says about it.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// The first effect of a script.
static void first(struct drive *d, const char *text)
{
    drive_open(d, text);
    if (drive_start(d, 0) < 0)
        fail_msg("%s", d->err.text);
    if (d->effect.kind == EFFECT_END && d->effect.failed)
        fail_msg("%.*s", SLICE_ARG(d->effect.message));
}

static void check_args(const char *text, const char *args)
{
    struct drive d;

    first(&d, text);
    assert_int_equal(d.effect.kind, EFFECT_COMMAND);
    assert_string_equal(drive_args(&d), args);
    drive_close(&d);
}

static void test_what_a_transfer_asks_for(void **state)
{
    struct drive d;

    (void)state;
    check_args("localhost:put('a', 'b')",
               "{\"from\":\"a\",\"host\":\"localhost\",\"to\":\"b\",\"transfer\":\"put\"}");
    check_args("host('web1'):with{ cwd = '/srv' }:get('x\\n y', '-z/', { mode = '640' })",
               "{\"cwd\":\"/srv\",\"from\":\"x\\n y\",\"host\":\"web1\",\"mode\":\"0640\","
               "\"to\":\"-z/\",\"transfer\":\"get\"}");
    first(&d, "host('web1'):put('a', 'b', { mode = '4755', timeout = 9, retry = 2, name = 'n', quiet = true })");
    assert_true(slice_is(d.effect.label, "put") && slice_is(d.effect.host, "web1"));
    assert_true(slice_is(d.effect.name, "n") && d.effect.policy.quiet);
    assert_int_equal(d.effect.policy.timeout_ms, 9000);
    assert_int_equal(d.effect.policy.retry_times, 2);
    assert_non_null(strstr(drive_args(&d), "\"mode\":\"4755\""));
    drive_close(&d);
}

static void test_what_a_transfer_gives(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "for i = 1, 3 do local r = localhost:put('a', 'b')\n"
              "print(r.changed, r.bytes, r.out == '', r.ok, r.host) end\n"
              "local r = localhost:get('a', 'b', { on_error = 'continue' }) print(r.ok, r.changed, r.code, r.err)\n"
              "print(pcall(localhost.get, localhost, 'a', 'b'))");
    drive_exit(&d, 0, 0, "changed 5000000000\n", "");
    drive_exit(&d, 0, 0, "same 0\n", "");
    drive_exit(&d, 0, 0, "", ""); // on_interrupt says that it was done
    drive_exit(&d, 0, 1, "", "no room");
    drive_exit(&d, 0, 1, "", "no room\n");
    assert_string_equal(drive_notes(&d),
                        "1 output: true\t5000000000\ttrue\ttrue\tlocalhost\n"
                        "1 output: false\t0\ttrue\ttrue\tlocalhost\n"
                        "1 output: true\tnil\ttrue\ttrue\tlocalhost\n"
                        "1 output: false\tnil\t1\tno room\n"
                        "1 output: false\tstep \"get\" (test.lua:4) on localhost failed: exit code 1: no room\n");
    drive_close(&d);
}

static void test_wrong_transfers(void **state)
{
    static const char *const cases[][2] = {
        { "localhost:put('a')", "put: the path must be a string, not nil" },
        { "localhost:put('', 'b')", "put: the path must be a string, not an empty one" },
        { "localhost:get('a', 1)", "get: the path must be a string, not a number" },
        { "localhost:get('a\\0', 'b')", "get: a path has a NUL byte in it: no file has such a name" },
        { "localhost:put('a', 'b', { mode = 'rw' })", "put: option 'mode' must be three or four octal digits like \"0644\", not 'rw'" },
        { "localhost:put('a', 'b', { sensitive = true })", "put: unknown option 'sensitive'; it takes name, timeout, retry, on_interrupt, on_error, quiet, reach, as, cwd, mode" },
        { "localhost:as('bob'):put('a', 'b')", "put: a file is brought as the user who is logged in, not as another one: use the host without `as`, and chown" },
        { "localhost:get('a', 'b', { as = 'bob' })", "get: a file is brought as the user who is logged in, not as another one: use the host without `as`, and chown" },
        { "localhost.get('a', 'b')", "get: call it with a colon, on a host: localhost:get(...)" },
        { "localhost:gett('a', 'b')", "a host has no field 'gett'; did you mean 'get'?" },
        { "localhost.template('a', 'b')", "template: call it with a colon, on a host: localhost:template(...)" },
        { "localhost:template('a', 'b', 1)", "template: the variables must be a table, not a number" },
        { "localhost:template('a', 'b', {}, { moed = '1' })", "template: unknown option 'moed'; did you mean 'mode'?" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected), "test.lua:1: %s", cases[i][1]);
        drive_check_fails(cases[i][0], expected);
    }
}

// ---- template

// The text that host:template sends for this template, or the message that it raises.
static const char *render(struct drive *d, const char *vars, const char *text)
{
    static char script[512];
    static char result[512];
    const char *args;
    struct value_doc doc;
    msgpack_object v;
    struct slice sent;
    size_t at = 0;

    snprintf(script, sizeof(script), "shout = string.upper\nhost('web1'):template('dir/t.conf', '/etc/t', %s)", vars);
    first(d, script);
    args = drive_args(d);
    assert_non_null(strstr(args, "\"args\":[\"dir/t.conf\"],\"host\":\"localhost\""));
    drive_exit(d, 0, 0, text, "");
    if (d->effect.kind == EFFECT_END) {
        snprintf(result, sizeof(result), "%.*s", SLICE_ARG(d->effect.message));
        return result;
    }
    assert_true(slice_is(d->effect.host, "web1") && slice_is(d->effect.label, "template"));
    value_doc_init(&doc);
    assert_int_equal(value_parse(&doc, d->effect.args, &at, &v, NULL), 0);
    sent = value_bytes(value_get(&v, "stdin"));
    snprintf(result, sizeof(result), "%.*s", SLICE_ARG(sent));
    value_doc_release(&doc);
    return result;
}

static void test_what_templates_become(void **state)
{
    static const char *const cases[][3] = {
        { "nil", "", "" },
        { "nil", "plain } % {text}\n", "plain } % {text}\n" },
        { "{ n = 3, s = 'x' }", "a={{ n + 1 }} {{s}}{{ s }}\n", "a=4 xx\n" },
        { "{ list = { 'a', 'b' } }", "{% for i, v in ipairs(list) do %}\n  {{ i }}: {{ v }}\n{% end %}\nend\n",
          "  1: a\n  2: b\nend\n" },
        { "{ on = true }", "x{% if on then %} yes{% else %} no{% end %}.\n", "x yes.\n" },
        { "{ on = false }", "x{% if on then %} yes{% else %} no{% end %}.", "x no." },
        { "nil", "  {% local a = 1 %}  \r\n{{ a }}", "1" },
        { "nil", "{% -- only a remark %}\nx{% local b = 2 -- two %}{{ b -- shown\n}}y", "x2y" },
        { "nil", "{{ host.name }} {{ shout('a') }} {{ string.rep('z', 3) }} {{ true }} {{ 1.5 }}", "web1 A zzz true 1.5" },
        { "{ host = 'mine', string = 1 }", "{{ host }}", "web1" },
        { "nil", "{{ '{{' }} {% x = 'set' %}{{ x }}", "{{ set" },
        { "nil", "{% for i = 1, 2 do %}{{ i }}\n{% end %}", "1\n2\n" },
        { "nil", "{{ missing or 'none' }}", "none" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct drive d;
        assert_string_equal(render(&d, cases[i][0], cases[i][1]), cases[i][2]);
        drive_close(&d);
    }
}

// The place is the template's: file and line.
static void test_what_is_wrong_in_a_template(void **state)
{
    static const char *const cases[][2] = {
        { "a\n\n{{ nme }}", "dir/t.conf:3: {{ nme }} is nil" },
        { "{{ { } }}", "dir/t.conf:1: {{ { } }} is a table" },
        { "a\nb {{ x", "dir/t.conf:2: '{{' without '}}'" },
        { "{% if true then", "dir/t.conf:1: '{%' without '%}'" },
        { "{% local x %}\n{% -- remark %}\ntext\n{{ x.y }}", "dir/t.conf:4: attempt to index a nil value (local 'x')" },
        { "a\n{% if true thn %}\n", "dir/t.conf:2: 'then' expected near 'thn'" },
        { "a\n{{ 1, 2 }}\n", "dir/t.conf:2: ')' expected near ','" },
        { "{% for i = 1, 2 do %}\nx\n", "dir/t.conf:2: 'end' expected (to close 'for' at line 1) near <eof>" },
        { "x\n{% error('on purpose') %}", "dir/t.conf:2: on purpose" },
        { "x\n{{ shot('a') }}", "dir/t.conf:2: unknown function 'shot'; did you mean 'shout'?" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct drive d;
        assert_string_equal(render(&d, "nil", cases[i][0]), cases[i][1]);
        drive_close(&d);
    }
}

static void test_what_a_template_gives(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "for i = 1, 2 do local r = localhost:template('t', '/t', { v = i }, { mode = '0600' })\n"
              "print(r.changed, r.ok) end");
    drive_exit(&d, 0, 0, "v={{ v }}\n", "");
    assert_non_null(strstr(drive_args(&d), "\"args\":[\"/t\",\"0600\"]"));
    assert_non_null(strstr(drive_args(&d), "\"stdin\":\"v=1\\n\""));
    assert_true(d.effect.policy.quiet);
    assert_true(slice_is(d.effect.line, "test.lua:1"));
    drive_exit(&d, 0, 0, "changed\n", "");
    drive_exit(&d, 0, 0, "v={{ v }}\n", "");
    drive_exit(&d, 0, 0, "same\n", "");
    assert_string_equal(drive_notes(&d), "1 output: true\ttrue\n1 output: false\ttrue\n");
    drive_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_transfer_asks_for),
        cmocka_unit_test(test_what_a_transfer_gives),
        cmocka_unit_test(test_wrong_transfers),
        cmocka_unit_test(test_what_templates_become),
        cmocka_unit_test(test_what_is_wrong_in_a_template),
        cmocka_unit_test(test_what_a_template_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
