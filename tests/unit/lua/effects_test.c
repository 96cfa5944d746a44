// SPDX-License-Identifier: MIT
// Every call that waits: the effect it yields, its canonical arguments, its
// options, and what it says about wrong ones.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_slice(struct slice s, const char *expected)
{
    char text[512];

    assert_true(s.len < sizeof(text));
    snprintf(text, sizeof(text), "%.*s", SLICE_ARG(s));
    assert_string_equal(text, expected);
}

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
    assert_string_equal(drive_args(&d), args);
    drive_close(&d);
}

static void test_run_with_all_options(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "-- line 1\n\nlocalhost:run { 'make \"$1\"', name = 'build', timeout = '1m30s', cwd = '/src', "
              "env = { B = 2, A = 'x', C = true }, stdin = 'in', args = { 'all', 7 }, shell = 'bash',\n"
              "retry = { times = 3, every = '2s', backoff = 2, max = 60 }, on_interrupt = 'fail', "
              "on_error = 'continue', ok_codes = { 0, 2, 255 }, sensitive = true, quiet = true }");
    assert_int_equal(d.effect.kind, EFFECT_COMMAND);
    assert_slice(d.effect.label, "run");
    assert_slice(d.effect.name, "build");
    assert_slice(d.effect.line, "test.lua:3");
    assert_string_equal(drive_args(&d),
                        "{\"args\":[\"all\",\"7\"],\"cwd\":\"/src\",\"env\":{\"A\":\"x\",\"B\":\"2\","
                        "\"C\":\"true\"},\"host\":\"localhost\",\"interp\":\"bash\","
                        "\"shell\":\"make \\\"$1\\\"\",\"stdin\":\"in\"}");
    assert_int_equal(d.effect.policy.timeout_ms, 90000);
    assert_int_equal(d.effect.policy.retry_times, 3);
    assert_int_equal(d.effect.policy.retry_every_ms, 2000);
    assert_true(d.effect.policy.retry_backoff == 2);
    assert_int_equal(d.effect.policy.retry_max_ms, 60000);
    assert_int_equal(d.effect.policy.on_interrupt, ON_INTERRUPT_FAIL);
    assert_int_equal(d.effect.policy.on_error, ON_ERROR_CONTINUE);
    assert_true(step_policy_code_ok(&d.effect.policy, 2));
    assert_true(step_policy_code_ok(&d.effect.policy, 255));
    assert_false(step_policy_code_ok(&d.effect.policy, 1));
    assert_true(d.effect.policy.sensitive && d.effect.policy.quiet);
    drive_close(&d);
}

static void test_map_keys_are_in_order_on_the_wire(void **state)
{
    struct drive d;
    struct value_doc doc;
    msgpack_object v;
    size_t at = 0;

    (void)state;
    first(&d, "localhost:run{ 'x', env = { B = 1, A = 2 }, cwd = '/', args = { 'a' }, stdin = '', shell = 's' }");
    value_doc_init(&doc);
    assert_int_equal(value_parse(&doc, d.effect.args, &at, &v, NULL), 0);
    assert_int_equal(v.via.map.size, 7);
    for (uint32_t i = 1; i < v.via.map.size; i++)
        assert_true(slice_compare(value_bytes(&v.via.map.ptr[i - 1].key),
                                  value_bytes(&v.via.map.ptr[i].key)) < 0);
    value_doc_release(&doc);
    drive_close(&d);
}

static void test_defaults_of_a_plain_run(void **state)
{
    struct step_policy policy;
    struct drive d;

    (void)state;
    first(&d, "localhost:run 'uptime'");
    step_policy_init(&policy);
    assert_memory_equal(&d.effect.policy, &policy, sizeof(policy));
    assert_int_equal(d.effect.name.len, 0);
    assert_string_equal(drive_args(&d), "{\"host\":\"localhost\",\"shell\":\"uptime\"}");
    drive_close(&d);
}

static void test_questions(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "approve{ 'Ship it?', within = '3d', name = 'gate' }");
    assert_int_equal(d.effect.kind, EFFECT_ASK);
    assert_slice(d.effect.label, "approve");
    assert_slice(d.effect.name, "gate");
    assert_int_equal(d.effect.duration_ms, 3 * 24 * 3600 * 1000);
    assert_string_equal(drive_args(&d), "{\"approve\":true,\"question\":\"Ship it?\",\"within\":259200000}");
    drive_close(&d);
    first(&d, "ask{ 'Which?', choices = { 'a', 'b' } }");
    assert_int_equal(d.effect.duration_ms, -1);
    assert_string_equal(drive_args(&d), "{\"choices\":[\"a\",\"b\"],\"question\":\"Which?\"}");
    drive_close(&d);
}

static void test_reboot(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "host('web1'):reboot{ command = 'shutdown -r +1', timeout = '5m', name = 'kernel' }");
    assert_slice(d.effect.label, "reboot");
    assert_slice(d.effect.name, "kernel");
    assert_string_equal(drive_args(&d), "{\"host\":\"web1\",\"shell\":\"shutdown -r +1\"}");
    assert_true(d.effect.policy.reboots);
    assert_int_equal(d.effect.policy.timeout_ms, 5 * 60 * 1000);
    drive_close(&d);
    first(&d, "host('web1'):reboot()");
    assert_int_equal(d.effect.policy.timeout_ms, 15 * 60 * 1000);
    drive_close(&d);
}

static void test_exec_script_read_write(void **state)
{
    struct drive d;

    (void)state;
    check_args("localhost:exec{ 'ls', '-l', 3, cwd = '/tmp' }",
               "{\"argv\":[\"ls\",\"-l\",\"3\"],\"cwd\":\"/tmp\",\"host\":\"localhost\"}");
    check_args("localhost:script('deploy.sh', { 'a', 1 }, { stdin = 'x' })",
               "{\"args\":[\"./deploy.sh\",\"a\",\"1\"],\"host\":\"localhost\",\"shell\":\"if [ -x "
               "\\\"$1\\\" ]; then exec \\\"$@\\\"; else exec sh \\\"$@\\\"; fi\",\"stdin\":\"x\"}");
    check_args("localhost:script('/opt/x.py', nil, { shell = 'python3' })",
               "{\"argv\":[\"python3\",\"/opt/x.py\"],\"host\":\"localhost\"}");
    check_args("localhost:read('/etc/hosts')",
               "{\"args\":[\"/etc/hosts\"],\"host\":\"localhost\",\"shell\":\"cat -- \\\"$1\\\"\"}");
    first(&d, "localhost:write('/etc/motd', 'hi\\n', { mode = '0644' })");
    assert_slice(d.effect.label, "write");
    assert_non_null(strstr(drive_args(&d), "\"args\":[\"/etc/motd\",\"0644\"]"));
    assert_non_null(strstr(drive_args(&d), "\"stdin\":\"hi\\n\""));
    assert_int_equal(drive_exit(&d, 0, 0, "", ""), 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    drive_close(&d);
    first(&d, "localhost:read 'f'");
    assert_true(d.effect.policy.quiet);
    drive_close(&d);
}

static void test_with_inherits_and_is_overridden(void **state)
{
    (void)state;
    check_args("local h = localhost:with{ cwd = '/a', env = { X = '1', Y = '2' } }:with{ env = { Y = '3' }, shell = 'ksh' }\n"
               "h:run { 'c', env = { Z = '4' } }",
               "{\"cwd\":\"/a\",\"env\":{\"X\":\"1\",\"Y\":\"3\",\"Z\":\"4\"},\"host\":\"localhost\","
               "\"interp\":\"ksh\",\"shell\":\"c\"}");
    check_args("local o = { cwd = '/a' } local h = localhost:with(o) o.cwd = '/b' h:exec{ 'p', cwd = nil }",
               "{\"argv\":[\"p\"],\"cwd\":\"/a\",\"host\":\"localhost\"}");
    drive_check_prints("print(localhost.name, localhost, type(localhost), getmetatable(localhost))",
                       "localhost\tlocalhost\tuserdata\thost\n");
}

static void test_as_another_user(void **state)
{
    (void)state;
    check_args("localhost:run { 'id', as = 'web', cwd = '/a' }",
               "{\"as\":\"web\",\"cwd\":\"/a\",\"host\":\"localhost\",\"shell\":\"id\"}");
    check_args("localhost:as('db'):as('web'):with{ cwd = '/a' }:exec { 'id' }",
               "{\"argv\":[\"id\"],\"as\":\"web\",\"cwd\":\"/a\",\"host\":\"localhost\"}");
    check_args("localhost:with{ as = 'web' }:script('/x', { 'a' }, { as = 'db' })",
               "{\"args\":[\"/x\",\"a\"],\"as\":\"db\",\"host\":\"localhost\",\"shell\":\"if [ -x "
               "\\\"$1\\\" ]; then exec \\\"$@\\\"; else exec sh \\\"$@\\\"; fi\"}");
    check_args("localhost:as('j.doe@x'):read 'f'",
               "{\"args\":[\"f\"],\"as\":\"j.doe@x\",\"host\":\"localhost\",\"shell\":\"cat -- \\\"$1\\\"\"}");
    check_args("host('h'):as('web'):run 'id'",
               "{\"as\":\"web\",\"host\":\"h\",\"shell\":\"id\"}");
}

// How long a step may wait for its host is no part of what it is.
static int64_t reach_of(const char *text)
{
    struct drive d;
    int64_t reach_ms;

    first(&d, text);
    reach_ms = d.effect.policy.reach_ms;
    assert_null(strstr(drive_args(&d), "reach"));
    drive_close(&d);
    return reach_ms;
}

static void test_reach(void **state)
{
    (void)state;
    assert_int_equal(reach_of("host('h'):run 'x'"), 0);
    assert_int_equal(reach_of("host('h'):run { 'x', reach = 90 }"), 90000);
    assert_int_equal(reach_of("host('h'):exec { 'x', reach = '2h' }"), 7200000);
    assert_int_equal(reach_of("host('h'):read('x', { reach = 'forever' })"), REACH_FOREVER);
    assert_int_equal(reach_of("host('h'):write('x', '', { reach = '1s' })"), 1000);
}

static void test_sleep_signal_suspend(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "sleep '1m30s' sleep(0.25)\nlocal v, why = wait_signal('go', { within = '2d' }) print(v and v.n, why)\n"
              "print(wait_signal 'x') suspend 'look at it' return 5");
    assert_int_equal(d.effect.kind, EFFECT_SLEEP);
    assert_int_equal(d.effect.duration_ms, 90000);
    assert_string_equal(drive_args(&d), "{\"ms\":90000}");
    drive_value(&d, 0, "null");
    assert_int_equal(d.effect.duration_ms, 250);
    drive_value(&d, 0, "null");
    assert_int_equal(d.effect.kind, EFFECT_SIGNAL);
    assert_slice(d.effect.name, "go");
    assert_int_equal(d.effect.duration_ms, 172800000);
    assert_string_equal(drive_args(&d), "{\"name\":\"go\",\"within\":172800000}");
    drive_value(&d, 0, "{\"n\":4}");
    assert_string_equal(drive_notes(&d), "1 output: 4\tnil\n");
    assert_int_equal(d.effect.duration_ms, -1);
    drive_outcome(&d, 0, &(struct outcome){ .kind = OUTCOME_TIMEOUT });
    assert_string_equal(drive_notes(&d), "1 output: nil\ttimeout\n");
    assert_int_equal(d.effect.kind, EFFECT_SUSPEND);
    assert_slice(d.effect.message, "look at it");
    drive_value(&d, 0, "null");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_false(d.effect.failed);
    assert_string_equal(drive_end(&d), "5");
    drive_close(&d);
}

static void test_time_is_the_events(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "print(now(), date(), date('%d.%m.%y')) sleep(1) print(now() - job.started)");
    assert_string_equal(drive_notes(&d), "1 output: 1700000000.0\t2023-11-14T22:13:20Z\t14.11.23\n");
    drive_value(&d, 0, "null");
    assert_string_equal(drive_notes(&d), "1 output: 0.5\n");
    drive_close(&d);
    drive_check_fails("date('%Q')", "test.lua:1: date: '%Q' is no conversion");
}

static void test_notes(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "print('a', 1, nil, 0.5) print() emit { x = { 1, 2 }, y = 'z' } log.debug 'd' log.verbose 'v'\n"
              "log.info 'i' log.warn('w', 2) log.error 'e' progress(1, 10, 'copying') progress(0.5)\n"
              "emit(nil) print(job.id, job.name, job.uuid, job.meta.owner, params.batch)");
    assert_string_equal(drive_notes(&d),
                        "1 output: a\t1\tnil\t0.5\n1 output: \n1 output: {\"x\":[1,2],\"y\":\"z\"}\n"
                        "1 debug: d\n1 verbose: v\n1 information: i\n1 warning: w\t2\n1 error: e\n"
                        "1 progress: {\"done\":1,\"text\":\"copying\",\"total\":10}\n"
                        "1 progress: {\"done\":0.5}\n1 output: null\n"
                        "1 output: 7\tnight\t01020304-0506-0708-090a-0b0c0d0e0f10\tops\t2\n");
    drive_close(&d);
}

static void test_wrong_options_are_told_with_the_right_ones(void **state)
{
    static const char *const cases[][2] = {
        { "localhost:run { 'x', timout = 3 }", "run: unknown option 'timout'; did you mean 'timeout'?" },
        { "localhost:run { 'x', zzz = 3 }", "run: unknown option 'zzz'; it takes name, timeout, retry, on_interrupt, on_error, ok_codes, sensitive, quiet, reach, arch, args, as, cwd, env, script, shell, stdin" },
        { "localhost:run { 'x', 'y' }", "run: unexpected element [2] in the table" },
        { "localhost:run { 'x', timeout = {} }", "run: option 'timeout' must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not a table" },
        { "localhost:run { 'x', timeout = '5 minutes' }", "run: option 'timeout' must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not '5 minutes'" },
        { "localhost:run { 'x', retry = { every = 1 } }", "run: option 'retry.times' is required: how often to try again" },
        { "localhost:run { 'x', retry = { times = 1, evry = 1 } }", "run: unknown option 'retry.evry'; did you mean 'every'?" },
        { "localhost:run { 'x', retry = -1 }", "run: option 'retry' must be 0 to 1000000, not -1" },
        { "localhost:run { 'x', retry = { times = 1, backoff = 0.5 } }", "run: option 'retry.backoff' must be a number of at least 1, not a number" },
        { "localhost:run { 'x', ok_codes = { 0, 300 } }", "run: option 'ok_codes' must be exit codes from 0 to 255, not a number" },
        { "localhost:run { 'x', on_error = 'ignore' }", "run: option 'on_error' must be 'raise', 'continue' or 'suspend', not 'ignore'" },
        { "localhost:run { 'x', on_interrupt = 1 }", "run: option 'on_interrupt' must be 'rerun', 'fail', 'suspend' or a function, not a number" },
        { "localhost:run { 'x', quiet = 1 }", "run: option 'quiet' must be true or false, not a number" },
        { "localhost:run { 'x', env = { ['A B'] = 1 } }", "run: option 'env': 'A B' cannot be the name of a variable" },
        { "localhost:run { 'x', env = { A = {} } }", "run: option 'env.A' must be a string, not a table" },
        { "localhost:run { 'x', cwd = 1 }", "run: option 'cwd' must be a string, not a number" },
        { "localhost:run(5)", "run: the command must be a string, not a number" },
        { "localhost:run ''", "run: the command is empty" },
        { "localhost.run 'x'", "run: call it with a colon, on a host: localhost:run(...)" },
        { "localhost:runn 'x'", "a host has no field 'runn'; did you mean 'run'?" },
        { "localhost.name = 'x'", "a host cannot be changed; use host:with{...}" },
        { "localhost:exec 'ls'", "exec: the command must be a table, exec{ program, arguments... }, not a string" },
        { "localhost:exec { 'ls', {} }", "exec: argument 2 must be a string or a number, not a table" },
        { "localhost:exec {}", "exec: the command is empty" },
        { "localhost:script('x', 'y')", "script: the arguments must be a list of strings, not a string" },
        { "localhost:read(nil)", "read: the path must be a string, not nil" },
        { "approve()", "approve: the question must be a string, not nil" },
        { "approve{ 'x', choices = { 'a' } }", "approve: unknown option 'choices'; it takes name, within" },
        { "ask{ 'x', choices = {} }", "ask: option 'choices' must be a list of strings, not a table" },
        { "ask{ 'x', choices = { 'a', string.rep('b', 4095) } }",
          "ask: the choices have 4097 bytes; 4096 are allowed in all" },
        { "ask ''", "ask: the question must be a string, not an empty one" },
        { "localhost:reboot{ on_interrupt = 'fail' }", "reboot: unknown option 'on_interrupt'; it takes name, timeout, retry, on_error, reach, as, command" },
        { "localhost:reboot('now')", "reboot: the options must be a table, not a string" },
        { "localhost:write('f', 1)", "write: the data must be a string, not a number" },
        { "localhost:write('f', '', { mode = 'rw' })", "write: option 'mode' must be three or four octal digits like \"0644\", not 'rw'" },
        { "localhost:with { user = 'x' }", "with: unknown option 'user'; it takes as, cwd, env, shell" },
        { "localhost:run { 'x', as = 1 }", "run: option 'as' must be a string, not a number" },
        { "localhost:run { 'x', as = '-u' }", "run: option 'as' must be a user's name of letters, digits, '.', '_', '-' and '@', not '-u'" },
        { "localhost:run { 'x', as = '' }", "run: option 'as' must be a user's name of letters, digits, '.', '_', '-' and '@', not ''" },
        { "localhost:as '0'", "as: the user must be a user's name of letters, digits, '.', '_', '-' and '@', not '0'" },
        { "localhost:as()", "as: the user must be a string, not nil" },
        { "localhost.as 'x'", "as: call it with a colon, on a host: localhost:as(...)" },
        { "localhost:with { as = 'a b' }", "with: option 'as' must be a user's name of letters, digits, '.', '_', '-' and '@', not 'a b'" },
        { "localhost:with { as = {} }", "with: option 'as' must be a string, not a table" },
        { "once('x', print, { as = 'web' })", "once: unknown option 'as'; it takes retry, on_interrupt, on_error" },
        { "localhost:run { 'x', reach = 0 }", "run: option 'reach' must be longer than 0, or \"forever\"" },
        { "localhost:run { 'x', reach = 'for ever' }", "run: option 'reach' must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", or \"forever\", not 'for ever'" },
        { "localhost:run { 'x', rech = 1 }", "run: unknown option 'rech'; did you mean 'reach'?" },
        { "sleep '3 parsecs'", "sleep: the duration must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not '3 parsecs'" },
        { "sleep(-1)", "sleep: the duration must be a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\", not '-1'" },
        { "wait_signal(1)", "wait_signal: argument 1 must be a string, not a number" },
        { "wait_signal('x', { whithin = 1 })", "wait_signal: unknown option 'whithin'; did you mean 'within'?" },
        { "once('x')", "once: argument 2 must be a function, not nil" },
        { "progress('x')", "progress: argument 1 must be a number, not a string" },
        { "emit(print)", "emit: a function cannot be stored" },
        { "parallel(print)", "parallel: the branches must be a table, not a function" },
        { "parallel{ a = 1 }", "parallel: branch 'a' must be a function, not a number" },
        { "foreach({ 1 }, { throtle = 1 }, print)", "foreach: unknown option 'throtle'; did you mean 'throttle'?" },
        { "foreach({ 1 }, { throttle = 0 }, print)", "foreach: option 'throttle' must be a whole number of at least 1, not a number" },
        { "foreach({ 1 })", "foreach: the last argument must be a function, not nil" },
        { "undo(1)", "undo: argument 1 must be a function, not a number" },
        { "setmetatable({}, { __gc = print })", "setmetatable: '__gc' is not available: when it runs would differ on a replay" },
        { "setmetatable({}, { __mode = 'k' })", "setmetatable: '__mode' is not available: when entries vanish would differ on a replay" },
        { "parralel{}", "unknown function 'parralel'; did you mean 'parallel'?" },
        { "nosuchthing()", "unknown function 'nosuchthing'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected), "test.lua:1: %s", cases[i][1]);
        drive_check_fails(cases[i][0], expected);
    }
}

static void test_steps_inside_user_coroutines(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "local co = coroutine.wrap(function() coroutine.yield(localhost:run('a').out)\n"
              "local inner = coroutine.wrap(function() return localhost:run('b').out end)\n"
              "coroutine.yield(inner()) end)\nprint(co(), co())");
    assert_slice(d.effect.line, "test.lua:1");
    drive_exit(&d, 0, 0, "A", "");
    assert_string_equal(drive_args(&d), "{\"host\":\"localhost\",\"shell\":\"b\"}");
    assert_slice(d.effect.line, "test.lua:2");
    drive_exit(&d, 0, 0, "B", "");
    assert_string_equal(drive_notes(&d), "1 output: A\tB\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    drive_close(&d);
}

static void test_steps_in_places_that_can_yield(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "local t = setmetatable({}, { __index = function(_, k) return localhost:run(k).out end })\n"
              "print(pcall(function() return t.one end))\n"
              "for x in function(_, v) if not v then return localhost:run('two').out end end do print(x) end\n"
              "print((('ab'):gsub('%w', function(c) return localhost:run(c).out end)))\n"
              "local s = { 2, 1 } table.sort(s, function(a, b) sleep(1) return a < b end) print(s[1])\n"
              "print(xpcall(function() error('e', 0) end, function(m) return m .. localhost:run('h').out end))\n"
              "do local c <close> = setmetatable({}, { __close = function() sleep(2) end }) end print 'end'");
    drive_exit(&d, 0, 0, "1", "");
    drive_exit(&d, 0, 0, "2", "");
    drive_exit(&d, 0, 0, "X", "");
    drive_exit(&d, 0, 0, "Y", "");
    assert_int_equal(d.effect.kind, EFFECT_SLEEP);
    drive_value(&d, 0, "null");
    drive_exit(&d, 0, 0, "!", "");
    assert_int_equal(d.effect.duration_ms, 2000);
    drive_value(&d, 0, "null");
    assert_string_equal(drive_notes(&d), "1 output: true\t1\n1 output: 2\n1 output: XY\n1 output: 1\n"
                                         "1 output: false\te!\n1 output: end\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_false(d.effect.failed);
    drive_close(&d);
}

static void test_steps_under_a_callback_name_it(void **state)
{
    (void)state;
    drive_check_fails("local t = setmetatable({}, { __tostring = function() sleep(1) return '' end })\nprint(t)",
                      "test.lua:1: sleep: a step cannot wait inside a callback of 'print'");
    drive_check_fails("local t = setmetatable({}, { __tostring = function() pcall(print) localhost:run 'x' end })\n"
                      "local co = coroutine.wrap(function() tostring(t) end) co()",
                      "test.lua:1: run: a step cannot wait inside a callback of 'tostring'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_with_all_options),
        cmocka_unit_test(test_map_keys_are_in_order_on_the_wire),
        cmocka_unit_test(test_defaults_of_a_plain_run),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_reboot),
        cmocka_unit_test(test_exec_script_read_write),
        cmocka_unit_test(test_with_inherits_and_is_overridden),
        cmocka_unit_test(test_as_another_user),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_sleep_signal_suspend),
        cmocka_unit_test(test_time_is_the_events),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_wrong_options_are_told_with_the_right_ones),
        cmocka_unit_test(test_steps_inside_user_coroutines),
        cmocka_unit_test(test_steps_in_places_that_can_yield),
        cmocka_unit_test(test_steps_under_a_callback_name_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
