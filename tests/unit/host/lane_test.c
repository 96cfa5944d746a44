// SPDX-License-Identifier: MIT
// The process that serves one attempt after another, and those that are made when it is busy:
// who they are, what they hold, and what becomes of attempts when they are killed.
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

// One by one they have the same process, unless the shell has no lanes; side by side never.
static void test_one_after_another(void **state)
{
    struct fixture *f = *state;
    bool has_lanes;

    fixture_open(f);
    for (uint64_t no = 1; no <= 3; no++)
        assert_int_equal(fixture_do(f, no, "exit 3")->code, 3);
    has_lanes = fixture_step(f, 1) == fixture_step(f, 2);
    assert_int_equal(fixture_step(f, 2) == fixture_step(f, 3), has_lanes);
    if (!getenv("PAWL_TEST_SHELL")) // of others it is a matter of their version
        assert_true(has_lanes);
    for (uint64_t no = 4; no <= 5; no++) {
        fixture_start(f, no, GATE "exit 0", NULL);
        assert_true(fixture_wait(f, no, LINK_STARTED));
    }
    assert_int_not_equal(fixture_step(f, 4), fixture_step(f, 5));
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 4, LINK_DONE));
    assert_true(fixture_wait(f, 5, LINK_DONE));
}

// It does not outlive its runner for longer than its command.
static void test_ends_with_its_runner(void **state)
{
    struct fixture *f = *state;
    long lane;

    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 1")->code, 1);
    lane = fixture_step(f, 1);
    fixture_close(f);
    assert_true(process_gone(lane));
}

static bool holds_file(long pid, const char *file)
{
    char path[300], text[256];
    DIR *dir;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
    dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        ssize_t n;
        snprintf(path, sizeof(path), "/proc/%ld/fd/%.20s", pid, e->d_name);
        n = readlink(path, text, sizeof(text) - 1);
        text[n < 0 ? 0 : n] = 0;
        found |= strcmp(text, file) == 0;
    }
    closedir(dir);
    return found;
}

// A link whose ends were held by what outlives its runner would not come down.
static void test_steps_hold_no_link(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    for (uint64_t no = 1; no <= 2; no++) { // the lane, and one of its own
        fixture_start(f, no, GATE "exit 0", NULL);
        assert_true(fixture_wait(f, no, LINK_STARTED));
    }
    for (int fd = 1; fd <= 2; fd++) {
        char path[64], file[256];
        ssize_t n;
        snprintf(path, sizeof(path), "/proc/%ld/fd/%d", fixture_runner(f, false), fd);
        n = readlink(path, file, sizeof(file) - 1);
        assert_true(n > 0);
        file[n] = 0;
        assert_true(holds_file(fixture_runner(f, false), file));
        for (uint64_t no = 1; no <= 2; no++) {
            assert_false(holds_file(fixture_step(f, no), file));
            assert_false(holds_file(fixture_number(f, no, "pid"), file));
        }
    }
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_true(fixture_wait(f, 2, LINK_DONE));
}

// Who serves one attempt after another was killed, with one under way and with none: the
// command goes on, and others find someone else.
static void test_killed_lane(void **state)
{
    struct fixture *f = *state;
    long first;

    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 1")->code, 1);
    first = fixture_step(f, 1);
    kill((pid_t)first, SIGKILL);
    process_gone(first);
    assert_int_equal(fixture_do(f, 2, "exit 2")->code, 2);
    assert_int_not_equal(fixture_step(f, 2), first);
    fixture_start(f, 3, GATE "echo late", NULL);
    assert_true(fixture_wait(f, 3, LINK_STARTED));
    kill((pid_t)fixture_step(f, 3), SIGKILL);
    assert_int_equal(fixture_do(f, 4, "exit 4")->code, 4);
    assert_int_equal(fixture_do(f, 5, "exit 5")->code, 5);
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 3, LINK_KILLED)); // without who would have told its code
    assert_string_equal(buf_cstr(&f->seen[3].stream[0]), "late\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_after_another),
        TEST(test_ends_with_its_runner),
        TEST(test_steps_hold_no_link),
        TEST(test_killed_lane),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
