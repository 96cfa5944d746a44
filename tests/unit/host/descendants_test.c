// SPDX-License-Identifier: MIT
// What a command has begun ends with it: signals reach its descendants, in its session and
// outside of it, and an attempt is not done before they are gone.
// Provoked for real, on this machine, in a spool of the test's own.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/session.h"
#include "fixture.h"

static void test_kill_takes_the_tree(void **state)
{
    struct fixture *f = *state;
    long leader;

    fixture_open(f);
    fixture_start(f, 1, "sh -c 'sleep 50 & sleep 50 & wait' & timeout 60 sleep 50 & echo up; wait",
                  NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    leader = fixture_number(f, 1, "pid");
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGTERM, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_SIGNALLED));
    assert_int_equal(f->seen[1].last[LINK_SIGNALLED].code, 0);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].signal, SIGTERM);
    assert_true(process_gone(leader));
    f->seen[1].count[LINK_SIGNALLED] = 0;
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGTERM, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_SIGNALLED));
    assert_int_equal(f->seen[1].last[LINK_SIGNALLED].code, 1);
}

static void test_graceful_end_keeps_its_code(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_start(f, 1, "trap 'echo bye; exit 42' TERM; echo up; while :; do sleep 0.1; done",
                  NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGTERM, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 42);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "up\nbye\n");
}

static void test_leftovers_are_waited_for(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_start(f, 1, "(" GATE "echo late) & exit 3", NULL);
    assert_true(fixture_wait(f, 1, LINK_LINGERS));
    assert_non_null(strstr(buf_cstr(&f->seen[1].text), "code 3"));
    assert_int_equal(f->seen[1].count[LINK_DONE], 0);
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 3);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "late\n");
    // A daemon proper, in a session of its own, keeps nobody.
    fixture_do(f, 2, "setsid sleep 3 & exit 0");
    assert_int_equal(f->seen[2].count[LINK_LINGERS], 0);
}

// A descendant with a session of its own is signalled with the command, and known for its
// own when nobody is its parent any more.
static void test_strays_are_killed_too(void **state)
{
    struct fixture *f = *state;
    pid_t stray;

    fixture_open(f);
    fixture_start(f, 1, "setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 60' & sleep 60", NULL);
    assert_true(fixture_wait(f, 1, LINK_OUTPUT));
    stray = (pid_t)atol(buf_cstr(&f->seen[1].stream[0]));
    assert_true(stray > 1);
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGTERM, NULL), 0);
    fixture_run(f, 1500);
    assert_int_equal(f->seen[1].count[LINK_DONE], 0); // it ignores TERM
    assert_int_equal(kill(stray, 0), 0);
    assert_int_equal(link_signal(f->link, fixture_key(f, 1), SIGKILL, NULL), 0);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    for (int i = 0; i < 100 && kill(stray, 0) == 0; i++) // init may be slow to bury it
        fixture_run(f, 50);
    assert_int_equal(kill(stray, 0), -1);
    assert_int_equal(f->seen[1].last[LINK_DONE].signal, SIGTERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kill_takes_the_tree),
        TEST(test_graceful_end_keeps_its_code),
        TEST(test_leftovers_are_waited_for),
        TEST(test_strays_are_killed_too),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
