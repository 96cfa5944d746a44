// SPDX-License-Identifier: MIT
// What the methods of a set of hosts fork, hand out, and do with what fails.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char four[] = "[{\"name\":\"a\",\"dest\":\"root@10.0.0.1:2222\"},{\"name\":\"b\"},"
                           "{\"name\":\"c\"},{\"name\":\"d\"}]";

static uint32_t begin(struct drive *d, uint32_t parent, uint32_t index)
{
    char path[16];
    uint32_t strand;

    snprintf(path, sizeof(path), "1.%u", index + 1);
    assert_int_equal(script_fork(d->script, parent, index, slice_str(path), &strand, &d->err), 0);
    assert_int_equal(drive_start(d, strand), 0);
    return strand;
}

static void assert_message(const struct drive *d, const char *expected)
{
    char text[512];

    snprintf(text, sizeof(text), "%.*s", SLICE_ARG(d->effect.message));
    assert_string_equal(text, expected);
}

// Its END, with the message it failed with, or NULL; the strand is freed.
static void end(struct drive *d, uint32_t strand, const char *failure)
{
    assert_int_equal(d->effect.kind, EFFECT_END);
    assert_message(d, failure ? failure : "");
    assert_int_equal(d->effect.failed, failure != NULL);
    script_strand_free(d->script, strand);
}

// ---- each

static void test_each_forks_a_strand_per_host(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local r = hosts:each(function(h) return h:run 'id'.out .. h.name end)\n"
                         "print(r.ok, r.succeeded, #r.failed, #r.skipped, r.values.a, r.values.d, next(r.errors))", four);
    drive_start(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_FORK);
    assert_int_equal(d.effect.fork_count, 4);
    assert_int_equal(d.effect.fork_throttle, 0);
    assert_string_equal(drive_args(&d), "{\"count\":4,\"hosts\":[\"a\",\"b\",\"c\",\"d\"]}");
    for (uint32_t i = 4; i-- > 0;) {
        uint32_t s = begin(&d, 0, i);
        assert_int_equal(d.effect.kind, EFFECT_COMMAND);
        assert_true(slice_equal(d.effect.host, slice_of(&"abcd"[i], 1)));
        drive_exit(&d, s, 0, "!", "");
        end(&d, s, NULL);
    }
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: true\ta,b,c,d\t0\t0\t!a\t!d\tnil\n");
    drive_close(&d);
}

static void test_a_failure_stops_no_other_and_keeps_its_words(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local r = hosts:each(function(h)\n"
                         "  if h.name == 'a' then error 'mine' end\n"
                         "  if h.name == 'b' then fail 'ours' end\n"
                         "  if h.name == 'c' then pritn(1) end\n"
                         "end)\n"
                         "print(r.ok, r.succeeded, r.failed, r.errors.a.kind, r.errors.b.kind, r.errors.b)", four);
    drive_start(&d, 0);
    end(&d, begin(&d, 0, 0), "test.lua:2: mine");
    end(&d, begin(&d, 0, 1), "ours");
    end(&d, begin(&d, 0, 2), "test.lua:4: unknown function 'pritn'; did you mean 'print'?");
    end(&d, begin(&d, 0, 3), NULL);
    drive_joined(&d, 0);
    assert_false(d.effect.failed); // a failed host is its child's, not the script's
    assert_string_equal(drive_notes(&d), "1 output: false\td\ta,b,c\terror\tfailed\tours\n");
    drive_close(&d);
}

static void test_a_failed_step_is_raised_as_it_was(void **state)
{
    struct drive d;
    uint32_t s;

    (void)state;
    drive_open_hosts(&d, "local e = (hosts * host 'b'):each(function(h)\n"
                         "  h:run 'exit 3'\n"
                         "end).errors.b\n"
                         "print(e.kind, e.code, e.host, e.step, e.out)", four);
    drive_start(&d, 0);
    assert_int_equal(d.effect.fork_count, 1);
    s = begin(&d, 0, 0);
    assert_true(slice_is(d.effect.line, "test.lua:2"));
    drive_exit(&d, s, 3, "o", "bad\n");
    end(&d, s, "step \"exit 3\" (test.lua:2) on b failed: exit code 3: bad");
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: exit\t3\tb\trun\to\n");
    drive_close(&d);
}

static void test_an_undo_runs_in_its_hosts_strand(void **state)
{
    struct drive d;
    uint32_t s;

    (void)state;
    drive_open_hosts(&d, "hosts:each(function(h)\n"
                         "  undo(function() h:run 'undo' end) defer(function() print('deferred ' .. h.name) end)\n"
                         "  if h.name == 'a' then fail 'no' end\n"
                         "end) fail 'later'", four);
    drive_start(&d, 0);
    s = begin(&d, 0, 0);
    assert_int_equal(d.effect.kind, EFFECT_COMMAND); // before its strand ends
    assert_true(slice_is(d.effect.host, "a"));
    assert_int_equal(d.effect.scope, SCOPE_UNWIND);
    drive_exit(&d, s, 0, "", "");
    end(&d, s, "no");
    assert_string_equal(drive_notes(&d), "1.1 output: deferred a\n");
    end(&d, begin(&d, 0, 1), NULL);
    drive_joined(&d, 0); // of a host that succeeded: the main strand's now, which fails
    assert_int_equal(d.effect.kind, EFFECT_COMMAND);
    assert_true(slice_is(d.effect.host, "b"));
    drive_exit(&d, 0, 0, "", "");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_message(&d, "later");
    drive_close(&d);
}

static void test_more_failures_than_allowed_begin_no_host(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local r = hosts:each({ throttle = 1, max_failures = 1 }, function(h)\n"
                         "  print(h) fail('no ' .. h.name)\n"
                         "end)\n"
                         "print(r.ok, #r.succeeded, r.failed, r.skipped, r.errors.b, r.errors.c, r.values.c)", four);
    drive_start(&d, 0);
    assert_int_equal(d.effect.fork_throttle, 1);
    end(&d, begin(&d, 0, 0), "no a");
    end(&d, begin(&d, 0, 1), "no b");
    assert_string_equal(drive_notes(&d), "1.1 output: a\n1.2 output: b\n");
    end(&d, begin(&d, 0, 2), NULL);
    end(&d, begin(&d, 0, 3), NULL);
    assert_string_equal(drive_notes(&d), "");
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: false\t0\ta,b\tc,d\tno b\tnil\tnil\n");
    drive_close(&d);
}

static void test_a_cancelled_host_raises_at_every_wait(void **state)
{
    struct drive d;
    uint32_t s;

    (void)state;
    drive_open_hosts(&d, "defer(function() print 'main' end)\n"
                         "hosts:each(function(h)\n"
                         "  undo(function() print('undo ' .. h.name) end)\n"
                         "  print(pcall(h.run, h, 'a')) h:run 'b' print 'not here'\n"
                         "end) print 'nor here'", four);
    drive_start(&d, 0);
    s = begin(&d, 0, 0);
    drive_cancel(&d, s);
    end(&d, s, "cancelled");
    assert_string_equal(drive_notes(&d), "1.1 output: false\tcancelled\n1.1 output: undo a\n");
    drive_cancel(&d, 0);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    assert_string_equal(drive_notes(&d), "1 output: main\n");
    drive_close(&d);
}

// What throws a host's branch away must not reach what the fork reads later.
static void test_a_set_changed_while_it_runs(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local set = hosts + hosts\n"
                         "local r = set:each({ throttle = 1 }, function(h) set[4] = 5 set[1] = 5 return h.name end)\n"
                         "print(r.ok, r.succeeded, #r.failed, r.values.a, r.values.d)", four);
    drive_start(&d, 0);
    for (uint32_t i = 0; i < 4; i++)
        end(&d, begin(&d, 0, i), NULL);
    drive_joined(&d, 0);
    assert_message(&d, "");
    assert_string_equal(drive_notes(&d), "1 output: true\ta,b,c,d\t0\ta\td\n");
    drive_close(&d);
}

// Whatever host answers first: the same effects, the same results.
static void play_in_order(const char *order, struct buf *ret)
{
    uint32_t strands[4];
    struct drive d;

    drive_open_hosts(&d, "local r = hosts:each(function(h)\n"
                         "  if h:run 'x'.out == '' then fail(h.name) end return math.random(100)\n"
                         "end)\n"
                         "print(r.succeeded, r.failed, r.values.b, r.values.d, r.errors.a)", four);
    drive_start(&d, 0);
    buf_add_str(ret, drive_args(&d));
    for (uint32_t i = 0; i < 4; i++) {
        strands[i] = begin(&d, 0, i);
        buf_add_str(ret, drive_args(&d));
    }
    for (const char *p = order; *p; p++) {
        uint32_t i = (uint32_t)(*p - 'a');
        step_policy_init(&d.effect.policy); // the driver knows that of the last effect only
        drive_exit(&d, strands[i], 0, i % 2 ? "out" : "", "");
        end(&d, strands[i], i == 0 ? "a" : i == 2 ? "c" : NULL);
    }
    drive_joined(&d, 0);
    buf_add_str(ret, drive_notes(&d));
    drive_close(&d);
}

static void test_a_replay_gives_the_same(void **state)
{
    struct buf live, again;

    (void)state;
    buf_init(&live, 0);
    buf_init(&again, 0);
    play_in_order("abcd", &live);
    play_in_order("dbca", &again);
    assert_string_equal(buf_cstr(&live), buf_cstr(&again));
    assert_non_null(strstr(buf_cstr(&live), "1 output: b,d\ta,c\t"));
    buf_release(&live);
    buf_release(&again);
}

// ---- run

static void test_run_is_a_step_on_each(void **state)
{
    struct drive d;
    uint32_t s;

    (void)state;
    drive_open_hosts(&d, "\nlocal r = (hosts - hosts 'c,d'):run('id', { timeout = '5s' })\n"
                         "print(r.ok, r.values.a.out, r.errors.b.code, r.failed)", four);
    drive_start(&d, 0);
    assert_int_equal(d.effect.fork_count, 2);
    s = begin(&d, 0, 0);
    assert_int_equal(d.effect.policy.timeout_ms, 5000);
    assert_true(slice_is(d.effect.line, "test.lua:2")); // of the call: no line of the author's is in it
    drive_exit(&d, s, 0, "one", "");
    end(&d, s, NULL);
    s = begin(&d, 0, 1);
    drive_exit(&d, s, 4, "", "");
    end(&d, s, "step \"id\" (test.lua:2) on b failed: exit code 4");
    drive_joined(&d, 0);
    assert_string_equal(drive_notes(&d), "1 output: false\tone\t4\tb\n");
    drive_close(&d);
}

// ---- rolling

static void play_batch(struct drive *d, uint32_t from, uint32_t count, int code)
{
    assert_int_equal(d->effect.kind, EFFECT_FORK);
    assert_int_equal(d->effect.fork_count, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t s;
        char path[16];
        snprintf(path, sizeof(path), "1.%u", from + i + 1);
        assert_int_equal(script_fork(d->script, 0, i, slice_str(path), &s, &d->err), 0);
        drive_start(d, s);
        drive_exit(d, s, code, "", "");
        if (code) { // the words are looked at where they matter
            assert_true(d->effect.failed);
            script_strand_free(d->script, s);
        } else {
            end(d, s, NULL);
        }
    }
    drive_joined(d, 0);
}

static void test_rolling_goes_batch_by_batch(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local r = hosts:rolling({ batches = { 1, '50%' }, pause = '1m' }, function(h) h:run 'x' return h.name end)\n"
                         "print(r.ok, r.succeeded, #r.failed, #r.skipped, r.values.d)", four);
    drive_start(&d, 0);
    assert_string_equal(drive_args(&d), "{\"count\":1,\"hosts\":[\"a\"]}");
    play_batch(&d, 0, 1, 0);
    assert_int_equal(d.effect.kind, EFFECT_SLEEP);
    assert_int_equal(d.effect.duration_ms, 60000);
    assert_true(slice_is(d.effect.line, "test.lua:1"));
    drive_value(&d, 0, "null");
    assert_string_equal(drive_args(&d), "{\"count\":2,\"hosts\":[\"b\",\"c\"]}");
    play_batch(&d, 1, 2, 0);
    drive_value(&d, 0, "null");
    play_batch(&d, 3, 1, 0);
    assert_int_equal(d.effect.kind, EFFECT_END); // no pause behind the last
    assert_string_equal(drive_notes(&d), "1 output: true\ta,b,c,d\t0\t0\td\n");
    drive_close(&d);
}

static void test_rolling_raises_after_a_failure(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "hosts:rolling(function(h) h:run 'x' end)", four);
    drive_start(&d, 0);
    play_batch(&d, 0, 1, 0);
    play_batch(&d, 1, 1, 9);
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_true(d.effect.failed);
    assert_message(&d, "rolling: 1 of 2 hosts failed (max_failures = 0), 2 were not begun; the "
                       "first: b: step \"x\" (test.lua:1) on b failed: exit code 9");
    drive_close(&d);
}

static void test_rolling_goes_on_within_max_failures(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "local r = hosts:rolling({ batches = { 2 }, max_failures = 2 }, function(h) h:run 'x' end)\n"
                         "print(r.ok, r.succeeded, r.failed, r.errors.a.code, r.errors.c)", four);
    drive_start(&d, 0);
    play_batch(&d, 0, 2, 9);
    play_batch(&d, 2, 2, 0);
    assert_string_equal(drive_notes(&d), "1 output: false\tc,d\ta,b\t9\tnil\n");
    drive_close(&d);
}

// ---- filter

static void test_filter_may_wait(void **state)
{
    struct drive d;

    (void)state;
    drive_open_hosts(&d, "print(hosts:filter(function(h) return h:run { 'x', on_error = 'continue' }.ok end))", four);
    drive_start(&d, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(d.effect.kind, EFFECT_COMMAND);
        drive_exit(&d, 0, i % 2, "", "");
    }
    assert_string_equal(drive_notes(&d), "1 output: a,c\n");
    drive_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_forks_a_strand_per_host),
        cmocka_unit_test(test_a_failure_stops_no_other_and_keeps_its_words),
        cmocka_unit_test(test_a_failed_step_is_raised_as_it_was),
        cmocka_unit_test(test_an_undo_runs_in_its_hosts_strand),
        cmocka_unit_test(test_more_failures_than_allowed_begin_no_host),
        cmocka_unit_test(test_a_cancelled_host_raises_at_every_wait),
        cmocka_unit_test(test_a_set_changed_while_it_runs),
        cmocka_unit_test(test_a_replay_gives_the_same),
        cmocka_unit_test(test_run_is_a_step_on_each),
        cmocka_unit_test(test_rolling_goes_batch_by_batch),
        cmocka_unit_test(test_rolling_raises_after_a_failure),
        cmocka_unit_test(test_rolling_goes_on_within_max_failures),
        cmocka_unit_test(test_filter_may_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
