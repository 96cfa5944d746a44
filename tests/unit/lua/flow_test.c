// SPDX-License-Identifier: MIT
// Strands: forks and joins, cleanup in its order, cancelling, and how a strand ends.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint32_t branch(struct drive *d, uint32_t parent, uint32_t index, const char *path)
{
    uint32_t strand;

    assert_int_equal(script_fork(d->script, parent, index, slice_str(path), &strand, &d->err), 0);
    return strand;
}

static void assert_message(const struct drive *d, const char *expected)
{
    char text[512];

    snprintf(text, sizeof(text), "%.*s", SLICE_ARG(d->effect.message));
    assert_string_equal(text, expected);
}

static void test_parallel_gives_named_results(void **state)
{
    uint32_t a, b;
    struct drive d;

    (void)state;
    drive_open(&d, "local r = parallel { b = function() sleep(1) return 'B' end, a = function() print 'in a' return { 1 } end }\n"
                   "print(r.a[1], r.b) local e = parallel {} print(next(e))");
    drive_start(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_FORK);
    assert_int_equal(d.effect.fork_count, 2);
    assert_int_equal(d.effect.fork_throttle, 0);
    assert_string_equal(drive_args(&d), "{\"count\":2}");
    a = branch(&d, 0, 0, "1.1");
    b = branch(&d, 0, 1, "1.2");
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
    drive_start(&d, b);
    assert_int_equal(d.effect.kind, EFFECT_SLEEP);
    drive_start(&d, a);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_string_equal(drive_notes(&d), "1.1 output: in a\n");
    script_strand_free(d.script, a);
    drive_value(&d, b, "null");
    assert_int_equal(d.effect.kind, EFFECT_END);
    script_strand_free(d.script, b);
    drive_joined(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_string_equal(drive_notes(&d), "1 output: 1\tB\n1 output: nil\n");
    drive_close(&d);
}

static void test_first_failure_in_path_order_with_all_failures(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local ok, e = pcall(parallel, { function() error('one') end, function() return 1 end, function() fail 'three' end })\n"
                   "print(ok, e.message, #e.failures, e.failures[2].kind, e.failures[2].branch, e.failures[2].message)\n"
                   "parallel { x = function() error({ kind = 'mine', message = 'm', extra = 1 }) end }");
    drive_start(&d, 0);
    for (uint32_t i = 3; i-- > 0;) { // ends in another order than the paths'
        uint32_t s = branch(&d, 0, i, "1.x");
        drive_start(&d, s);
        assert_int_equal(d.effect.failed, i != 1);
        script_strand_free(d.script, s);
    }
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: false\ttest.lua:1: one\t2\tfailed\t3\tthree\n");
    drive_start(&d, branch(&d, 0, 0, "1.4"));
    assert_string_equal(drive_end(&d), "{\"kind\":\"mine\",\"message\":\"m\",\"value\":{\"extra\":1,\"kind\":\"mine\",\"message\":\"m\"}}");
    drive_joined(&d, 0);
    assert_true(d.effect.failed);
    assert_message(&d, "m");
    drive_close(&d);
}

static void test_foreach_hands_items_and_throttle(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local r = foreach({ 'x', 'y', 'z' }, { throttle = 2 }, function(item, i) return item .. i end)\n"
                   "print(table.concat(r, ' ')) print(foreach({ k = 5 }, function(v, k) return k .. v end).k)");
    drive_start(&d, 0);
    assert_int_equal(d.effect.fork_count, 3);
    assert_int_equal(d.effect.fork_throttle, 2);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t s = branch(&d, 0, i, "1.x");
        drive_start(&d, s);
        script_strand_free(d.script, s);
    }
    drive_joined(&d, 0);
    drive_start(&d, branch(&d, 0, 0, "1.4"));
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: x1 y2 z3\n1 output: k5\n");
    drive_close(&d);
}

static void test_forks_nest_and_handles_are_reused(void **state)
{
    uint32_t outer, inner;
    struct drive d;

    (void)state;
    drive_open(&d, "local r = parallel { function() local i = parallel { function() return math.random(1, 1) end } return i[1] + 1 end } return r[1]");
    drive_start(&d, 0);
    outer = branch(&d, 0, 0, "1.1");
    drive_start(&d, outer);
    assert_int_equal(d.effect.kind, EFFECT_FORK);
    inner = branch(&d, outer, 0, "1.1.1");
    drive_start(&d, inner);
    script_strand_free(d.script, inner);
    drive_joined(&d, outer);
    assert_int_equal(d.effect.kind, EFFECT_END);
    script_strand_free(d.script, outer);
    drive_joined(&d, 0);
    assert_string_equal(drive_end(&d), "2");
    drive_close(&d);
}

// ---- cleanup

static void test_defers_run_newest_first_and_may_wait(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "defer(function() print 'first in, last out' end) undo(function() print 'never' end)\n"
                   "defer(function() sleep(1) print 'slept' defer(function() print 'nested' end) end) print 'body' return 3");
    drive_start(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: body\n");
    assert_int_equal(d.effect.kind, EFFECT_SLEEP);
    drive_value(&d, 0, "null");
    assert_string_equal(drive_notes(&d), "1 output: slept\n1 output: nested\n1 output: first in, last out\n");
    assert_string_equal(drive_end(&d), "3");
    drive_close(&d);
}

static void test_undos_run_on_failure_and_their_errors_do_not_stop_the_rest(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "undo(function() print 'u1' end) defer(function() print 'd' end)\n"
                   "undo(function() error('broken') end) undo(function() localhost:run 'stop' print 'u3' end) error('boom')");
    drive_start(&d, 0);
    assert_string_equal(drive_args(&d), "{\"host\":\"localhost\",\"shell\":\"stop\"}");
    drive_exit(&d, 0, 0, "", "");
    assert_string_equal(drive_notes(&d), "1 output: u3\n1 error: undo failed: test.lua:2: broken\n"
                                         "1 output: d\n1 output: u1\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    assert_message(&d, "test.lua:2: boom");
    assert_string_equal(drive_end(&d), "{\"kind\":\"error\",\"message\":\"test.lua:2: boom\"}");
    drive_close(&d);
}

static void test_undos_of_a_branch_pass_to_its_parent(void **state)
{
    struct drive d;
    uint32_t a, b;

    (void)state;
    drive_open(&d, "undo(function() print 'main' end)\n"
                   "parallel { function() undo(function() print 'a1' end) undo(function() print 'a2' end) end,\n"
                   "function() undo(function() print 'b' end) error('x', 0) end }");
    drive_start(&d, 0);
    a = branch(&d, 0, 0, "1.1");
    b = branch(&d, 0, 1, "1.2");
    drive_start(&d, a);
    assert_false(d.effect.failed);
    assert_string_equal(drive_notes(&d), "");
    drive_start(&d, b);
    assert_string_equal(drive_notes(&d), "1.2 output: b\n");
    script_strand_free(d.script, a);
    script_strand_free(d.script, b);
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: a2\n1 output: a1\n1 output: main\n");
    assert_message(&d, "x");
    drive_close(&d);
}

// ---- cancelling

static void test_cancel_cannot_be_swallowed_but_cleanup_runs(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "undo(function() localhost:run 'undo it' print 'undone' end)\n"
                   "local ok, e = pcall(sleep, 10) print(ok, e.kind)\n"
                   "print(pcall(function() localhost:run 'more' end)) print(select(2, pcall(parallel, { print })).kind)\n"
                   "return 'swallowed'");
    drive_start(&d, 0);
    drive_cancel(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: false\tcancelled\n1 output: false\tcancelled\n1 output: cancelled\n");
    assert_int_equal(d.effect.kind, EFFECT_COMMAND);
    drive_exit(&d, 0, 0, "", "");
    assert_string_equal(drive_notes(&d), "1 output: undone\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    assert_message(&d, "cancelled");
    assert_string_equal(drive_end(&d), "{\"kind\":\"cancelled\",\"message\":\"cancelled\"}");
    drive_close(&d);
}

static void test_cancel_in_a_fork_and_before_the_start(void **state)
{
    struct drive d;
    uint32_t a, b;

    (void)state;
    drive_open(&d, "parallel { function() defer(function() print 'd' end) sleep(1) end, function() print 'never' end }");
    drive_start(&d, 0);
    a = branch(&d, 0, 0, "1.1");
    b = branch(&d, 0, 1, "1.2");
    drive_start(&d, a);
    drive_cancel(&d, a);
    assert_true(d.effect.failed);
    drive_cancel(&d, b);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    script_strand_free(d.script, a);
    script_strand_free(d.script, b);
    drive_cancel(&d, 0);
    assert_string_equal(drive_notes(&d), "1.1 output: d\n");
    assert_string_equal(drive_end(&d), "{\"kind\":\"cancelled\",\"message\":\"cancelled\"}");
    drive_close(&d);
}

static void test_a_cancelled_strand_that_never_waits_again_is_out_of_budget(void **state)
{
    struct drive d;

    (void)state;
    drive_open_limited(&d, "while true do pcall(sleep, 1) end", 0, 1000000);
    drive_start(&d, 0);
    assert_int_equal(drive_cancel(&d, 0), ERR_BUDGET);
    drive_close(&d);
}

static void test_cancel_during_cleanup_ends_that_entry_only(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "defer(function() print 'still' end) defer(function() sleep(5) print 'no' end) error('e', 0)");
    drive_start(&d, 0);
    drive_cancel(&d, 0);
    assert_string_equal(drive_notes(&d), "1 error: defer failed: cancelled\n1 output: still\n");
    assert_message(&d, "e");
    drive_close(&d);
}

// ---- ends

static void test_results_must_be_values(void **state)
{
    (void)state;
    drive_check_fails("return { a = { print } }",
                      "the workflow's result: .a[1]: a function cannot be stored");
    drive_check_fails("return localhost", "the workflow's result: an object cannot be stored");
    drive_check_fails("fail 'the disk is full'", "the disk is full");
    drive_check_fails("error({ 1 })", "table: #1");
    drive_check_fails("error(nil)", "nil");
    drive_check_fails("error(setmetatable({}, { __tostring = function() error('no') end }))", "table: #1");
    drive_check_fails("local x = nil + 1",
                      "test.lua:1: attempt to perform arithmetic on a nil value");
    drive_check_fails("\n\nlog.wran('x')",
                      "test.lua:3: attempt to call a nil value (field 'wran')");
}

static void test_syntax_errors_have_their_line(void **state)
{
    struct script_options options = { .name = SLICE("patch.lua"), .text = SLICE("x = 1\nif then") };
    struct script *script;
    struct err err;

    (void)state;
    assert_int_equal(script_new(&script, &options, &err), ERR_SCRIPT);
    assert_null(script);
    assert_string_equal(err.text, "patch.lua:2: unexpected symbol near 'then'");
    options.text = SLICE("\x1bLua");
    assert_int_equal(script_new(&script, &options, &err), ERR_SCRIPT);
    assert_string_equal(err.text, "patch.lua: compiled Lua; only its text can be run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel_gives_named_results),
        cmocka_unit_test(test_first_failure_in_path_order_with_all_failures),
        cmocka_unit_test(test_foreach_hands_items_and_throttle),
        cmocka_unit_test(test_forks_nest_and_handles_are_reused),
        cmocka_unit_test(test_defers_run_newest_first_and_may_wait),
        cmocka_unit_test(test_undos_run_on_failure_and_their_errors_do_not_stop_the_rest),
        cmocka_unit_test(test_undos_of_a_branch_pass_to_its_parent),
        cmocka_unit_test(test_cancel_cannot_be_swallowed_but_cleanup_runs),
        cmocka_unit_test(test_cancel_in_a_fork_and_before_the_start),
        cmocka_unit_test(test_a_cancelled_strand_that_never_waits_again_is_out_of_budget),
        cmocka_unit_test(test_cancel_during_cleanup_ends_that_entry_only),
        cmocka_unit_test(test_results_must_be_values),
        cmocka_unit_test(test_syntax_errors_have_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
