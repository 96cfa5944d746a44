// SPDX-License-Identifier: MIT
// What a step gives back: results and their methods, raised failures and their
// sentences, failed results under on_error = "continue".
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_a_result_and_its_methods(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local r = localhost:run 'x'\n"
                   "print(r.out, r.err, r.code, r.ok, r.host, r.seconds, r.attempts)\n"
                   "print('[' .. r:trim() .. ']', r:number() + 1, #r:lines(), r:json())\n"
                   "print(tostring(r), getmetatable(r), r.nothing) emit(r)");
    drive_start(&d, 0);
    drive_exit(&d, 0, 0, " 42\n", "warn\n");
    assert_string_equal(drive_notes(&d),
                        "1 output:  42\n\twarn\n\t0\ttrue\tlocalhost\t0.25\t1\n"
                        "1 output: [42]\t43\t1\t42\n1 output: result: #1\tresult\tnil\n"
                        "1 output: {\"attempts\":1,\"code\":0,\"err\":\"warn\\n\",\"host\":\"localhost\","
                        "\"ok\":true,\"out\":\" 42\\n\",\"seconds\":0.25}\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    drive_close(&d);
}

static void test_methods_say_what_is_wrong(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local r = localhost:run 'x'\nprint(pcall(r.number, r)) print(pcall(r.json, r))\nr.trim()");
    drive_start(&d, 0);
    drive_exit(&d, 0, 0, "four", "");
    assert_string_equal(drive_notes(&d),
                        "1 output: false\ttest.lua:2: number: the output is no number: 'four'\n"
                        "1 output: false\ttest.lua:2: json: line 1, column 4: invalid token near 'four'\n");
    drive_close(&d);
}

// Fails the first step of a script and returns the message it ended with.
static const char *fail_with(struct drive *d, const char *text, const struct outcome *outcome)
{
    drive_open(d, text);
    assert_int_equal(drive_start(d, 0), 0);
    assert_int_equal(drive_outcome(d, 0, outcome), 0);
    assert_int_equal(d->effect.kind, EFFECT_END);
    assert_true(d->effect.failed);
    buf_clear(&d->text);
    buf_add_slice(&d->text, d->effect.message);
    return buf_cstr(&d->text);
}

static void test_failures_are_one_clear_sentence(void **state)
{
    static const struct {
        const char *script;
        struct outcome outcome;
        const char *message;
    } cases[] = {
        { "localhost:run { 'make', name = 'build' }",
          { .kind = OUTCOME_EXIT, .code = 2, .err = { (const uint8_t *)"a\nno rule\x1b\n\n", 12 }, .err_bytes = 12 },
          "step \"build\" (test.lua:1) on localhost failed: exit code 2: no rule" },
        { "\nlocalhost:run 'make -j4 \"all\"'", { .kind = OUTCOME_EXIT, .code = 1 },
          "step \"make -j4 \"all\"\" (test.lua:2) on localhost failed: exit code 1" },
        { "localhost:run { 'curl $TOKEN', sensitive = true }",
          { .kind = OUTCOME_EXIT, .code = 7, .err = { (const uint8_t *)"secret", 6 }, .err_bytes = 6 },
          "step \"run\" (test.lua:1) on localhost failed: exit code 7" },
        { "localhost:run 'x'", { .kind = OUTCOME_SIGNAL, .code = 9 },
          "step \"x\" (test.lua:1) on localhost failed: killed by signal 9" },
        { "localhost:run { 'x', timeout = 1.5 }", { .kind = OUTCOME_TIMEOUT },
          "step \"x\" (test.lua:1) on localhost failed: timed out after 1.5 s" },
        { "localhost:exec{ 'x' }", { .kind = OUTCOME_UNREACHABLE, .reason = { (const uint8_t *)"no route", 8 } },
          "step \"exec\" (test.lua:1) on localhost failed: unreachable: no route" },
        { "localhost:exec{ 'x' }", { .kind = OUTCOME_NEVER },
          "step \"exec\" (test.lua:1) on localhost failed: it was never begun" },
        { "localhost:read 'f'", { .kind = OUTCOME_INTERRUPTED },
          "step \"read\" (test.lua:1) on localhost failed: interrupted" },
        { "once('look', function() end)", { .kind = OUTCOME_INTERRUPTED },
          "step \"look\" (test.lua:1) failed: interrupted" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct drive d;
        assert_string_equal(fail_with(&d, cases[i].script, &cases[i].outcome), cases[i].message);
        drive_close(&d);
    }
}

static void test_a_failure_is_a_table_that_pcall_catches(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local ok, e = pcall(function() localhost:run { 'x', name = 'n', ok_codes = 3 } end)\n"
                   "print(ok, e.kind, e.code, e.host, e.step, e.line, e.out, e.err, e.ok)\n"
                   "print(e.message == tostring(e), 'because: ' .. e, getmetatable(e), e:trim()) error(e)");
    drive_start(&d, 0);
    drive_exit(&d, 0, 0, "o ", "e");
    assert_string_equal(drive_notes(&d),
                        "1 output: false\texit\t0\tlocalhost\tn\ttest.lua:1\to \te\tfalse\n"
                        "1 output: true\tbecause: step \"n\" (test.lua:1) on localhost failed: exit code 0: e\terror\to\n");
    assert_string_equal(drive_end(&d),
                        "{\"attempts\":1,\"code\":0,\"err\":\"e\",\"host\":\"localhost\",\"kind\":\"exit\","
                        "\"line\":\"test.lua:1\",\"message\":\"step \\\"n\\\" (test.lua:1) on localhost failed: "
                        "exit code 0: e\",\"ok\":false,\"out\":\"o \",\"seconds\":0.25,\"step\":\"n\"}");
    drive_close(&d);
}

static void test_continue_returns_the_failure(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "local r = localhost:run { 'x', on_error = 'continue' } print(r.ok, r.kind, r.code, r.message)\n"
                   "local v, e = localhost:read('f', { on_error = 'continue' }) print(v, e.kind)\n"
                   "local w, f = once('o', function() error('bad') end, { on_error = 'continue' }) print(w, f.message)");
    drive_start(&d, 0);
    drive_exit(&d, 0, 4, "", "");
    drive_outcome(&d, 0, &(struct outcome){ .kind = OUTCOME_LOST });
    assert_int_equal(drive_once(&d, 0), 0);
    assert_string_equal(drive_notes(&d),
                        "1 output: false\texit\t4\tstep \"x\" (test.lua:1) on localhost failed: exit code 4\n"
                        "1 output: nil\tlost\n"
                        "1 output: nil\tstep \"o\" (test.lua:3) failed: test.lua:3: bad\n");
    assert_false(d.effect.failed);
    drive_close(&d);
}

static void test_output_that_was_not_kept_raises_when_read(void **state)
{
    struct outcome outcome = { .kind = OUTCOME_EXIT, .out = SLICE("start"), .out_bytes = 9000000,
                               .err = SLICE("e"), .err_bytes = 1 };
    struct drive d;

    (void)state;
    drive_open(&d, "local r = localhost:run 'x'\nprint(r.code, r.err, r.out_bytes) local ok, e = pcall(function() return r.out end)\n"
                   "print(ok, e.kind, e.size, e) print(pcall(r.lines, r))");
    drive_start(&d, 0);
    drive_outcome(&d, 0, &outcome);
    assert_string_equal(drive_notes(&d),
                        "1 output: 0\te\t9000000\n"
                        "1 output: false\ttoo_large\t9000000\ttest.lua:2: out is too large to be a value in a "
                        "script: 9000000 bytes; the whole of it is in the job's streams\n"
                        "1 output: false\ttest.lua:3: out is too large to be a value in a "
                        "script: 9000000 bytes; the whole of it is in the job's streams\n");
    drive_close(&d);
    drive_open(&d, "print(localhost:read 'f') localhost:read 'g'");
    drive_start(&d, 0);
    drive_exit(&d, 0, 0, "bytes\n", "");
    assert_string_equal(drive_notes(&d), "1 output: bytes\n\n");
    outcome.kind = OUTCOME_EXIT;
    drive_outcome(&d, 0, &outcome);
    assert_true(d.effect.failed);
    drive_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_and_its_methods),
        cmocka_unit_test(test_methods_say_what_is_wrong),
        cmocka_unit_test(test_failures_are_one_clear_sentence),
        cmocka_unit_test(test_a_failure_is_a_table_that_pcall_catches),
        cmocka_unit_test(test_continue_returns_the_failure),
        cmocka_unit_test(test_output_that_was_not_kept_raises_when_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
