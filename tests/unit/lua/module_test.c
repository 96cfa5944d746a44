// SPDX-License-Identifier: MIT
// require: modules that came with the script, compiled at the start, run once, at
// their first use.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

// A module that defines, one that gives nothing, and one that fails the first time.
static const char *const modules[][2] = {
    { "lib.one", "print('loading', ...) return { two = function() return require('nothing'), 2 end,\n"
                 "  run = function() return localhost:run('x').out end }" },
    { "nothing", "count = (count or 0) + 1" },
    { "shaky", "shaken = (shaken or 0) + 1 if shaken == 1 then error('shaken') end return shaken" },
};

static void put_modules(struct buf *buf)
{
    buf_init(buf, 0);
    value_put_map(buf, sizeof(modules) / sizeof(*modules));
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        value_put_str(buf, modules[i][0]);
        value_put_str(buf, modules[i][1]);
    }
}

static void open_with(struct drive *d, const char *text)
{
    struct buf buf;

    put_modules(&buf);
    drive_open_modules(d, text, buf_slice(&buf));
    buf_release(&buf); // only lent
}

static void prints(const char *text, const char *expected)
{
    struct drive d;

    open_with(&d, text);
    assert_int_equal(drive_start(&d, 0), 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_string_equal(drive_notes(&d), expected);
    drive_close(&d);
}

static void test_modules_run_once(void **state)
{
    (void)state;
    prints("local a, b = require 'lib.one', require('lib.one') print(a == b, a.two())",
           "1 output: loading\tlib.one\n1 output: true\ttrue\t2\n");
    prints("print(require 'nothing', require 'nothing', count)", "1 output: true\ttrue\t1\n");
    prints("print(pcall(require, 'shaky')) print(require 'shaky', require 'shaky')",
           "1 output: false\tshaky.lua:1: shaken\n1 output: 2\t2\n");
}

static void test_what_cannot_be_required_is_told(void **state)
{
    (void)state;
    prints("print(pcall(require, 'os'))",
           "1 output: false\ttest.lua:1: require: module 'os' was not pinned with this job: name it literally, "
           "require \"os\", and have its file beside the script\n");
    prints("print(pcall(require))", "1 output: false\ttest.lua:1: require: argument 1 must be a string, not nil\n");
}

// A function of a module waits like any other, and errors name the module's file.
static void test_functions_of_modules_may_wait(void **state)
{
    struct drive d;

    (void)state;
    open_with(&d, "print(require('lib.one').run())");
    assert_int_equal(drive_start(&d, 0), 0);
    assert_int_equal(d.effect.kind, EFFECT_COMMAND);
    assert_memory_equal(d.effect.line.ptr, "lib/one.lua:2", d.effect.line.len);
    assert_int_equal(drive_exit(&d, 0, 0, "out", ""), 0);
    assert_string_equal(drive_notes(&d), "1 output: loading\tlib.one\n1 output: out\n");
    drive_close(&d);
}

static void test_once_may_use_and_not_require(void **state)
{
    struct drive d;

    (void)state;
    open_with(&d, "local one = require 'nothing'\n"
                  "print(pcall(once, 'a', function() return require 'nothing' end))");
    assert_int_equal(drive_start(&d, 0), 0);
    assert_int_equal(drive_once(&d, 0), 0);
    assert_non_null(strstr(drive_notes(&d), "require: not inside once(): require the module before it"));
    drive_close(&d);
}

static void test_mistakes_in_modules_are_met_at_the_start(void **state)
{
    struct script_options options = { .name = SLICE("m.lua"), .text = SLICE("print(1)") };
    static const char *const bad[][3] = {
        { "a.b", "x = = 1", "a/b.lua:1: unexpected symbol near '='" },
        { "../a", "", "'../a' is no module's name" },
        { "a", "\x1bLua", "a.lua: compiled Lua; only its text can be run" },
    };
    struct script *script;
    struct buf buf;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        buf_init(&buf, 0);
        value_put_map(&buf, 1);
        value_put_str(&buf, bad[i][0]);
        value_put_str(&buf, bad[i][1]);
        options.modules = buf_slice(&buf);
        assert_int_equal(script_new(&script, &options, &err), ERR_SCRIPT);
        assert_string_equal(err.text, bad[i][2]);
        buf_release(&buf);
    }
    options.modules = SLICE("\xc1");
    assert_int_equal(script_new(&script, &options, &err), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modules_run_once),
        cmocka_unit_test(test_what_cannot_be_required_is_told),
        cmocka_unit_test(test_functions_of_modules_may_wait),
        cmocka_unit_test(test_once_may_use_and_not_require),
        cmocka_unit_test(test_mistakes_in_modules_are_met_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
