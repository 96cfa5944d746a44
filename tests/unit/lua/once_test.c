// SPDX-License-Identifier: MIT
// once(): sees the world and copies of the script, leaves nothing but its value.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

// Starts a script whose first effect is a once, plays it, and checks the notes.
static void check(const char *text, const char *notes)
{
    struct drive d;
    int rc;

    drive_open(&d, text);
    rc = drive_start(&d, 0);
    while (rc == 0 && d.effect.kind == EFFECT_ONCE)
        rc = drive_once(&d, 0);
    if (rc < 0)
        fail_msg("%s", d.err.text);
    assert_int_equal(d.effect.kind, EFFECT_END);
    if (d.effect.failed)
        fail_msg("%.*s", SLICE_ARG(d.effect.message));
    assert_string_equal(drive_notes(&d), notes);
    drive_close(&d);
}

static void test_its_value_comes_through_the_journal(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local shared = { n = 1 } local v = once('pick', function() return { shared, 2.5, 'x' } end)\n"
                   "print(v[1].n, v[2], v[3], v[1] == shared)");
    drive_start(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_ONCE);
    assert_string_equal(drive_args(&d), "{\"name\":\"pick\"}");
    assert_int_equal(drive_once(&d, 0), 0);
    assert_string_equal(drive_notes(&d), "1 output: 1\t2.5\tx\tfalse\n");
    drive_close(&d);
}

static void test_assignments_do_not_come_back(void **state)
{
    (void)state;
    check("local n, t, s = 1, { deep = { 1 } }, nil  g = { 1 }  h = 5\n"
          "print(once('o', function() n = 2 t.deep[1] = 9 t.x = 1 s = 's' g[1] = 7 h = 6 new = 1 string.extra = 1\n"
          "  return n + t.deep[1] + g[1] + h end))\n"
          "print(n, t.deep[1], t.x, s, g[1], h, new, string.extra)",
          "1 output: 24\n1 output: 1\t1\tnil\tnil\t1\t5\tnil\tnil\n");
}

static void test_also_through_functions_it_calls(void **state)
{
    (void)state;
    check("local count, list = 0, {} local function bump() count = count + 1 list[#list + 1] = count return count end\n"
          "function global() count = count + 10 return count end local api = { call = bump }\n"
          "print(once('o', function() bump() api.call() global() _G.leak = 1 return count end), count, #list, leak)\n"
          "print(bump(), count)",
          "1 output: 12\t0\t0\tnil\n1 output: 1\t1\n");
}

static void test_restored_also_after_errors(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local n = 1 local ok, e = pcall(once, 'o', function() n = 2 x = 3 error('bad') end)\n"
                   "print(ok, e.kind, e.step, e.message, n, x) local y = once('p', function() return n end) print(y)");
    drive_start(&d, 0);
    assert_int_equal(drive_once(&d, 0), 0);
    assert_int_equal(drive_once(&d, 0), 0);
    assert_string_equal(drive_notes(&d), "1 output: false\terror\to\tstep \"o\" (test.lua:1) failed: test.lua:1: bad\t1\tnil\n"
                                         "1 output: 1\n");
    drive_close(&d);
}

static void test_cycles_shared_values_and_metatables_keep_their_shape(void **state)
{
    (void)state;
    check("local a = { name = 'a' } a.self = a local b = { a, a } local C = {} C.__index = C function C:get() return self.v end\n"
          "local o = setmetatable({ v = 4 }, C)\n"
          "print(once('o', function() return (a.self == a and b[1] == b[2] and b[1] == a) and o:get() end))",
          "1 output: 4\n");
}

static void test_it_sees_clock_environment_and_files(void **state)
{
    char path[] = "/tmp/pawl-once-XXXXXX";
    char text[512];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    snprintf(text, sizeof(text),
             "print(os, io) print(once('o', function() local f = io.open('%s') local s = f:read('a') f:close()\n"
             "return { s, os.time(), os.getenv('NO_SUCH'), type(os.clock()), os.execute == nil, io.popen == nil, os.exit == nil, io.stdout == nil } end)[1])\n"
             "print(once('t', function() return os.time() end), now()) print(os)", path);
    check(text, "1 output: nil\tnil\n1 output: hello\n1 output: 1700000002\t1700000002.0\n1 output: nil\n");
    unlink(path);
}

static int next_descriptor(void)
{
    int fd = dup(STDIN_FILENO);

    close(fd);
    return fd;
}

static void test_a_file_left_open_is_closed_with_its_script(void **state)
{
    int before = next_descriptor();
    struct drive d;

    (void)state;
    drive_open(&d, "once('o', function() kept = io.open('/dev/null') return kept ~= nil end) sleep(1)");
    drive_start(&d, 0);
    assert_int_equal(drive_once(&d, 0), 0);
    drive_close(&d);
    assert_int_equal(next_descriptor(), before);
}

static void test_it_does_not_move_what_a_replay_depends_on(void **state)
{
    struct drive a, b;
    struct buf first;

    (void)state;
    // The same script, once with the function called and once with its value replayed.
    drive_open(&a, "local t = {} once('o', function() tostring(t) tostring({}) return math.random(1 << 60) > 0 end)\n"
                   "print(t, {}, math.random(1 << 60))");
    drive_start(&a, 0);
    assert_int_equal(drive_once(&a, 0), 0);
    buf_init(&first, 0);
    buf_add_str(&first, drive_notes(&a));
    drive_open(&b, "local t = {} once('o', function() tostring(t) tostring({}) return math.random(1 << 60) > 0 end)\n"
                   "print(t, {}, math.random(1 << 60))");
    drive_start(&b, 0);
    drive_value(&b, 0, "true");
    assert_string_equal(drive_notes(&b), buf_cstr(&first));
    buf_release(&first);
    drive_close(&a);
    drive_close(&b);
}

static void check_refused(const char *call, const char *message)
{
    char text[256], expected[256];
    struct drive d;

    snprintf(text, sizeof(text), "local co = coroutine.create(print)\nonce('o', function() %s end)", call);
    snprintf(expected, sizeof(expected), "step \"o\" (test.lua:2) failed: %s", message);
    drive_open(&d, text);
    drive_start(&d, 0);
    assert_int_equal(drive_once(&d, 0), 0);
    assert_true(d.effect.failed);
    assert_int_equal(d.effect.message.len, strlen(expected));
    assert_memory_equal(d.effect.message.ptr, expected, strlen(expected));
    drive_close(&d);
}

static void test_steps_and_notes_inside_are_refused(void **state)
{
    (void)state;
    check_refused("localhost:run 'x'", "test.lua:2: run: no step can run inside once()");
    check_refused("once('p', print)", "test.lua:2: once: no step can run inside once()");
    check_refused("parallel { print }", "test.lua:2: parallel: no step can run inside once()");
    check_refused("print(1)", "test.lua:2: print: not inside once(), which is not called again on a replay; "
                              "return the value and print it outside");
    check_refused("undo(print)", "test.lua:2: undo: not inside once(): nothing of it is kept");
    check_refused("coroutine.wrap(function() sleep(1) end)()", "test.lua:2: sleep: no step can run inside once()");
    check_refused("return co", "once: the function captures a coroutine, which cannot be copied");
    check_refused("return print", "once: a function cannot be stored");
    check_refused("error({ kind = 'k', message = 'm', f = print })", "m");
}

static void test_coroutines_work_inside(void **state)
{
    (void)state;
    check("print(once('o', function() local s = 0 for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do s = s + i end return s end))",
          "1 output: 6\n");
}

static void test_limits_hold_inside(void **state)
{
    struct buf bytes;
    struct drive d;

    (void)state;
    buf_init(&bytes, 0);
    drive_open_limited(&d, "pcall(once, 'o', function() while true do pcall(error) end end)", 0, 1000000);
    drive_start(&d, 0);
    assert_int_equal(script_once(d.script, 0, 0, &bytes, &d.err), ERR_BUDGET);
    assert_int_equal(drive_value(&d, 0, "1"), ERR_BUDGET);
    drive_close(&d);
    drive_open_limited(&d, "once('o', function() local s = 'x' while true do s = s .. s end end)", 4 << 20, 0);
    drive_start(&d, 0);
    assert_int_equal(script_once(d.script, 0, 0, &bytes, &d.err), ERR_MEMORY);
    drive_close(&d);
    buf_release(&bytes);
}

// A probe of a once() has no host; what it returns is the value of its end.
static void check_probe(const char *returns, const char *verdict, const char *message)
{
    struct outcome cut = { .kind = OUTCOME_INTERRUPTED, .reason = SLICE("the engine ended") };
    struct answer start = { .kind = ANSWER_START, .outcome = &cut, .attempt = 2 };
    struct drive d;
    uint32_t probe;
    char text[256];

    snprintf(text, sizeof(text), "once('a', print, { on_interrupt = function(host, was)\n"
             "print(host, was.kind, was.step, was.attempts, was.ok) return %s end })", returns);
    drive_open(&d, text);
    assert_int_equal(drive_start(&d, 0), 0);
    assert_int_equal(d.effect.policy.on_interrupt, ON_INTERRUPT_ASK);
    assert_int_equal(script_fork(d.script, 0, SCRIPT_PROBE, SLICE("1.1"), &probe, &d.err), 0);
    assert_int_equal(script_resume(d.script, probe, &start, &d.effect, &d.err), 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_string_equal(drive_notes(&d), "1.1 output: nil\tinterrupted\ta\t2\tfalse\n");
    assert_int_equal(d.effect.failed, *message != 0);
    if (*message)
        assert_memory_equal(d.effect.message.ptr, message, strlen(message));
    else
        assert_string_equal(drive_end(&d), verdict);
    drive_close(&d);
}

static void test_a_probe_gives_a_verdict(void **state)
{
    (void)state;
    check_probe("nil", "[\"rerun\",\"\"]", "");
    check_probe("false", "[\"rerun\",\"\"]", "");
    check_probe("true", "[\"done\",\"\"]", "");
    check_probe("true, 5", "[\"done\",\"\\u0005\"]", "");
    check_probe("'done', 5", "[\"done\",\"\\u0005\"]", "");
    check_probe("'rerun', 5", "[\"rerun\",\"\"]", "");
    check_probe("'fail'", "[\"fail\",\"\"]", "");
    check_probe("'suspend'", "[\"suspend\",\"\"]", "");
    check_probe("7", "", "on_interrupt: the function must return true or false, or 'done', 'rerun', "
                         "'fail' or 'suspend', not a number");
    check_probe("'again'", "", "on_interrupt: the function must return");
    check_probe("true, print", "", "on_interrupt: the value: a function cannot be stored");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_value_comes_through_the_journal),
        cmocka_unit_test(test_assignments_do_not_come_back),
        cmocka_unit_test(test_also_through_functions_it_calls),
        cmocka_unit_test(test_restored_also_after_errors),
        cmocka_unit_test(test_cycles_shared_values_and_metatables_keep_their_shape),
        cmocka_unit_test(test_it_sees_clock_environment_and_files),
        cmocka_unit_test(test_it_does_not_move_what_a_replay_depends_on),
        cmocka_unit_test(test_steps_and_notes_inside_are_refused),
        cmocka_unit_test(test_a_file_left_open_is_closed_with_its_script),
        cmocka_unit_test(test_coroutines_work_inside),
        cmocka_unit_test(test_limits_hold_inside),
        cmocka_unit_test(test_a_probe_gives_a_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
