// SPDX-License-Identifier: MIT
// What waits for something on a host, and facts: the steps they are, what comes of their
// answers, and what they say about wrong arguments.
#include "unit/lua/driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void first(struct drive *d, const char *text)
{
    drive_open(d, text);
    if (drive_start(d, 0) < 0)
        fail_msg("%s", d->err.text);
    if (d->effect.kind == EFFECT_END && d->effect.failed)
        fail_msg("%.*s", SLICE_ARG(d->effect.message));
}

static void assert_label(const struct drive *d, const char *label)
{
    assert_true(slice_is(d->effect.label, label));
}

static void fails_with(struct drive *d, const char *message)
{
    assert_int_equal(d->effect.kind, EFFECT_END);
    assert_true(d->effect.failed);
    assert_int_equal(d->effect.message.len, strlen(message));
    assert_memory_equal(d->effect.message.ptr, message, strlen(message));
    drive_close(d);
}

static void timed_out(struct drive *d, const char *err)
{
    drive_outcome(d, 0, &(struct outcome){ .kind = OUTCOME_TIMEOUT, .err = slice_str(err),
                                           .err_bytes = strlen(err) });
}

// ---- wait_up

static void test_wait_up(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "print(host('h'):with{ as = 'web', cwd = '/x', env = { A = 1 } }:wait_up().ok) "
              "host('h'):wait_up{ timeout = '90s', on_error = 'continue', name = 'up' }");
    assert_label(&d, "wait_up");
    assert_string_equal(drive_args(&d), "{\"host\":\"h\",\"shell\":\":\"}");
    assert_true(slice_is(d.effect.host, "h"));
    assert_int_equal(d.effect.policy.reach_ms, 600000);
    assert_int_equal(d.effect.policy.timeout_ms, 0);
    assert_true(d.effect.policy.reaches);
    drive_exit(&d, 0, 0, "", "");
    assert_string_equal(drive_notes(&d), "1 output: true\n");
    assert_int_equal(d.effect.policy.reach_ms, 90000);
    assert_int_equal(d.effect.policy.timeout_ms, 0);
    assert_int_equal(d.effect.policy.on_error, ON_ERROR_CONTINUE);
    drive_close(&d);

    first(&d, "host('h'):wait_up()");
    drive_outcome(&d, 0, &(struct outcome){ .kind = OUTCOME_UNREACHABLE,
                                            .reason = SLICE("not reached within 600 s: no route") });
    fails_with(&d, "step \"wait_up\" (test.lua:1) on h failed: unreachable: not reached within 600 s: "
                   "no route");
}

// ---- wait_port

static void test_wait_port(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "host('h'):wait_port(8080) host('h'):wait_port{ 22, every = '250ms', timeout = 7, "
              "address = '127.0.0.1', as = 'web' } host('h'):wait_port(1, { address = '::1' })");
    assert_label(&d, "wait_port");
    assert_non_null(strstr(drive_args(&d),
                           "\"args\":[\"8080\",\"1\",\"\",\":1F90 00000000:0000 0A \","
                           "\":1F90 00000000000000000000000000000000:0000 0A \"]"));
    assert_int_equal(d.effect.policy.timeout_ms, 300000);
    assert_true(d.effect.policy.quiet);
    drive_exit(&d, 0, 0, "", "");
    assert_non_null(strstr(drive_args(&d),
                           "\"args\":[\"22\",\"0.25\",\"127.0.0.1\","
                           "\" 0100007F:0016 00000000:0000 0A \",\" 7F000001:0016 00000000:0000 0A \","
                           "\" 0000000000000000FFFF00000100007F:0016 00000000000000000000000000000000:0000 0A \","
                           "\" 0000000000000000FFFF00007F000001:0016 00000000000000000000000000000000:0000 0A \","
                           "\" 00000000000000000000FFFF0100007F:0016 00000000000000000000000000000000:0000 0A \","
                           "\" 00000000000000000000FFFF7F000001:0016 00000000000000000000000000000000:0000 0A \","
                           "\" 00000000:0016 00000000:0000 0A \","
                           "\" 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A \"],"
                           "\"as\":\"web\""));
    assert_int_equal(d.effect.policy.timeout_ms, 7000);
    drive_exit(&d, 0, 0, "", "");
    assert_non_null(strstr(drive_args(&d),
                           "\" 00000000000000000000000001000000:0001 00000000000000000000000000000000:0000 0A \""));
    drive_close(&d);
}

static void test_a_port_that_never_comes(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "\nhost('h'):wait_port(8080)");
    timed_out(&d, "nothing accepts connections on TCP port 8080\n");
    fails_with(&d, "step \"wait_port\" (test.lua:2) on h failed: timed out after 300 s: nothing accepts "
                   "connections on TCP port 8080");
}

// ---- wait_until

static void test_wait_until_a_command_succeeds(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "local r = host('h'):wait_until('pg_isready', { every = 5, shell = 'bash', as = 'postgres' }) print(r.out)\n"
              "host('h'):wait_until { 'false', timeout = '3s', env = { A = 1 }, cwd = '/' }");
    assert_label(&d, "wait_until");
    assert_non_null(strstr(drive_args(&d), "{\"args\":[\"pg_isready\",\"5\",\"bash\"],\"as\":\"postgres\",\"host\":\"h\""));
    assert_null(strstr(drive_args(&d), "interp"));
    assert_int_equal(d.effect.policy.timeout_ms, 300000);
    assert_true(d.effect.policy.quiet);
    drive_exit(&d, 0, 0, "ready", "");
    assert_string_equal(drive_notes(&d), "1 output: ready\n");
    assert_non_null(strstr(drive_args(&d), "\"args\":[\"false\",\"2\",\"\"],\"cwd\":\"/\",\"env\":{\"A\":\"1\"}"));
    timed_out(&d, "first\nthe last words\n");
    fails_with(&d, "step \"wait_until\" (test.lua:2) on h failed: timed out after 3 s: the last words");
}

static void test_wait_until_a_function_says_yes(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "local n = 0 print(host('h'):wait_until(function(h)\n"
              "n = n + 1 return h:run('look').ok and n > 2 and h.name end, { every = '10s' }))");
    for (int round = 1; round <= 3; round++) {
        assert_label(&d, "run");
        drive_exit(&d, 0, 0, "", "");
        if (round == 3)
            break;
        assert_int_equal(d.effect.kind, EFFECT_SLEEP);
        assert_int_equal(d.effect.duration_ms, 10000);
        drive_value(&d, 0, "null");
    }
    assert_string_equal(drive_notes(&d), "1 output: h\n");
    assert_int_equal(d.effect.kind, EFFECT_END);
    assert_false(d.effect.failed);
    drive_close(&d);
}

// Each answer comes a second later: its time is up at the fourth.
static void test_a_function_that_never_does(void **state)
{
    struct drive d;
    int64_t slept_ms[4];

    (void)state;
    first(&d, "local ok, e = pcall(function()\n"
              "  host('h'):wait_until(function() return false end, { timeout = 2.5 })\n"
              "end) print(e.kind, e.host, e.step, e.line) error(e)");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(d.effect.kind, EFFECT_SLEEP);
        slept_ms[i] = d.effect.duration_ms;
        drive_value(&d, 0, "null");
    }
    assert_int_equal(slept_ms[0], 2000);
    assert_int_equal(slept_ms[1], 1500);
    assert_int_equal(slept_ms[2], 500); // never beyond its end
    assert_string_equal(drive_notes(&d), "1 output: timeout\th\twait_until\ttest.lua:2\n");
    fails_with(&d, "step \"wait_until\" (test.lua:2) on h failed: timed out after 2.5 s: its function has not "
                   "returned a true value");
}

static void test_what_the_function_raises_is_raised(void **state)
{
    struct drive d;

    (void)state;
    drive_open(&d, "host('h'):wait_until(function() fail 'broken' end)");
    drive_start(&d, 0);
    fails_with(&d, "broken");
}

// ---- facts

#define FACTS                                                                       \
    "name=web01\nos=Linux\nkernel=6.1.0\ncpus=4\nmemory_kib=2048\nuptime_s=77\n"     \
    "distro.id=rocky\ndistro.version=9.4\ndistro.name=Rocky Linux\ndistro.like=rhel\n" \
    "distro.like=fedora\naddresses.ipv4=10.0.0.1\naddresses.ipv4=10.0.0.2\n"         \
    "addresses.ipv6=fd00::1\ndisk_free_kib=3000000000\nreboot_required=true\n"       \
    "home=/home/a=b c\nunheard_of=7\nuid=0\n"

static void test_facts(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "local f = host('h'):facts() print(json.encode(f)) print(math.type(f.memory_bytes), f.fqdn)");
    assert_label(&d, "facts");
    assert_true(d.effect.policy.quiet);
    assert_string_equal(strstr(drive_args(&d), "\"host\""), strstr(drive_args(&d), "\"host\":\"h\",\"shell\""));
    drive_exit(&d, 0, 0, FACTS, "");
    assert_string_equal(drive_notes(&d),
                        "1 output: {\"addresses\":{\"ipv4\":[\"10.0.0.1\",\"10.0.0.2\"],\"ipv6\":[\"fd00::1\"]},"
                        "\"cpus\":4,\"disk_free_bytes\":3072000000000,\"distro\":{\"id\":\"rocky\",\"like\":"
                        "[\"rhel\",\"fedora\"],\"name\":\"Rocky Linux\",\"version\":\"9.4\"},\"home\":\"/home/a=b c\","
                        "\"kernel\":\"6.1.0\",\"memory_bytes\":2097152,\"name\":\"web01\",\"os\":\"Linux\","
                        "\"reboot_required\":true,\"uid\":0,\"unheard_of\":\"7\",\"uptime_s\":77}\n"
                        "1 output: integer\tnil\n");
    drive_close(&d);
}

static void test_facts_of_nothing(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "print(json.encode(host('h'):facts())) print(host('h'):facts { on_error = 'continue', timeout = 5 })");
    drive_exit(&d, 0, 0, "no line of ours\ncpus=many\n", "");
    assert_string_equal(drive_notes(&d), "1 output: {\"addresses\":{\"ipv4\":[],\"ipv6\":[]}}\n");
    assert_int_equal(d.effect.policy.timeout_ms, 5000);
    drive_exit(&d, 0, 1, "", "");
    assert_non_null(strstr(drive_notes(&d), "1 output: nil\t"));
    drive_close(&d);
}

// ---- wrong arguments

#define DURATION "a duration: seconds, or text like \"250ms\", \"1m30s\", \"2d\""

static void test_wrong_arguments(void **state)
{
    static const char *const cases[][2] = {
        { "localhost.wait_up()", "wait_up: call it with a colon, on a host: localhost:wait_up(...)" },
        { "localhost:wait_up(5)", "wait_up: the options must be a table, not a number" },
        { "localhost:wait_up{ timeout = 'x' }", "wait_up: option 'timeout' must be " DURATION ", not 'x'" },
        { "localhost:wait_up{ timeout = 0 }", "wait_up: option 'timeout' must be longer than 0" },
        { "localhost:wait_up{ reach = 1 }", "wait_up: unknown option 'reach'; it takes name, timeout, retry, on_interrupt, on_error" },
        { "localhost:wait_port()", "wait_port: the port must be a number from 1 to 65535, not nil" },
        { "localhost:wait_port '80'", "wait_port: the port must be a number from 1 to 65535, not a string" },
        { "localhost:wait_port(0)", "wait_port: the port must be a whole number from 1 to 65535, not 0" },
        { "localhost:wait_port(65536)", "wait_port: the port must be a whole number from 1 to 65535, not 65536" },
        { "localhost:wait_port(80.5)", "wait_port: the port must be a whole number from 1 to 65535, not 80.5" },
        { "localhost:wait_port(80, { evry = 1 })", "wait_port: unknown option 'evry'; did you mean 'every'?" },
        { "localhost:wait_port(80, { every = 0 })", "wait_port: option 'every' must be longer than 0" },
        { "localhost:wait_port(80, { address = 'db1' })", "wait_port: option 'address' must be an address of the host's own, like \"127.0.0.1\" or \"::1\", not 'db1'" },
        { "localhost:wait_port(80, { address = 1 })", "wait_port: option 'address' must be a string, not a number" },
        { "localhost:wait_port({ 80 }, {})", "wait_port: options are given twice" },
        { "localhost:wait_until()", "wait_until: what it waits for must be shell text or a function, not nil" },
        { "localhost:wait_until ''", "wait_until: the command is empty" },
        { "localhost:wait_until('x', { stdin = '' })", "wait_until: unknown option 'stdin'; it takes name, timeout, retry, on_interrupt, on_error, sensitive, reach, as, cwd, env, shell, every" },
        { "localhost:wait_until(print, { retry = 1 })", "wait_until: unknown option 'retry'; it takes timeout, every" },
        { "localhost:wait_until(print, { every = {} })", "wait_until: option 'every' must be " DURATION ", not a table" },
        { "localhost:facts(1)", "facts: the options must be a table, not a number" },
        { "localhost:facts{ cwd = '/' }", "facts: unknown option 'cwd'; it takes name, timeout, retry, on_interrupt, on_error, sensitive, reach, as" },
        { "localhost:wait_for(80)", "a host has no field 'wait_for'; did you mean 'wait_port'?" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char expected[256];
        snprintf(expected, sizeof(expected), "test.lua:1: %s", cases[i][1]);
        drive_check_fails(cases[i][0], expected);
    }
}

static void test_none_of_it_inside_once(void **state)
{
    struct drive d;

    (void)state;
    first(&d, "once('x', function() localhost:facts() end)");
    drive_once(&d, 0);
    fails_with(&d, "step \"x\" (test.lua:1) failed: test.lua:1: facts: no step can run inside once()");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait_up),
        cmocka_unit_test(test_wait_port),
        cmocka_unit_test(test_a_port_that_never_comes),
        cmocka_unit_test(test_wait_until_a_command_succeeds),
        cmocka_unit_test(test_wait_until_a_function_says_yes),
        cmocka_unit_test(test_a_function_that_never_does),
        cmocka_unit_test(test_what_the_function_raises_is_raised),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_facts_of_nothing),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_none_of_it_inside_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
