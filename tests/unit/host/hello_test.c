// SPDX-License-Identifier: MIT
// Before READY: who may be here, one runner at a time, what a login prints, and
// spools that cannot be: missing, of another, read-only, full.
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static void test_one_runner_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct fixture *other = NULL;
    long first;

    fixture_open(f);
    first = fixture_runner(f, false);
    assert_int_equal(fixture_setup((void **)&other), 0);
    snprintf(other->spool, sizeof(other->spool), "%s", f->spool);
    f->general.count[LINK_DOWN] = 0;
    fixture_open(other);
    assert_false(process_alive(first));
    assert_true(fixture_wait_general(f, LINK_DOWN));
    assert_int_equal(fixture_do(other, 1, "exit 3")->code, 3);
    // Both links' runners are children of this one process: close both, then look.
    fixture_close(f);
    fixture_teardown((void **)&other);
    assert_int_equal(f->general.count[LINK_DOWN], 1);
}

static void make_format_1(const struct fixture *f, bool with_attempt)
{
    char command[1024];

    snprintf(command, sizeof(command), "cd '%s'/*/* && echo 1 >format && %s", f->spool,
             with_attempt ? "mkdir -p 6830c994-72ec-4413-884e-26e318e56efc-7"
                          : "rm -rf 6830c994-72ec-4413-884e-26e318e56efc-7");
    assert_int_equal(system(command), 0);
}

// What an older Pawl has begun may run still: nobody begins it anew beside it.
static void test_an_older_spool(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    assert_int_equal(fixture_number(f, 0, "format"), 2);
    fixture_close(f);
    make_format_1(f, true);
    assert_non_null(strstr(fixture_open_refused(f), "attempts of an older Pawl, as 6830c994-"));
    fixture_close(f);
    make_format_1(f, false);
    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 3")->code, 3);
    assert_int_equal(fixture_number(f, 0, "format"), 2);
}

// A runner that was born after ours has the place, if it stays: else a late login of a link
// that is over would keep every other out.
static void newer_runner(struct fixture *f, bool stays)
{
    char command[2048], path[512], own_path[4096];

    fixture_open(f);
    fixture_close(f);
    // mkfifo is what the runner starts before it looks for others.
    snprintf(command, sizeof(command),
             "rm '%s'/*/*/fifo.*; cd '%s' && cat >mkfifo <<'EOF'\n#!/bin/sh\n/usr/bin/mkfifo \"$@\"\n"
             "sleep 0.1\nsleep %s >/dev/null 2>&1 </dev/null &\nread -r a </proc/$!/stat\n"
             "set -- ${a##*) }\n: >runner.0.$!.${20}.$!.${20}\nEOF\nchmod 755 mkfifo", f->spool,
             f->dir, stays ? "30" : "0.5");
    assert_int_equal(system(command), 0);
    snprintf(own_path, sizeof(own_path), "%s", getenv("PATH"));
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", f->dir);
    setenv("PATH", path, 1);
    if (stays)
        assert_non_null(strstr(fixture_open_refused(f), "a newer link to this host"));
    else
        fixture_open(f);
    setenv("PATH", own_path, 1);
}

static void test_a_newer_runner_that_goes(void **state)
{
    struct fixture *f = *state;

    if (f->over_ssh)
        skip(); // a login has its own PATH
    newer_runner(f, false);
    assert_int_equal(fixture_do(f, 1, "exit 3")->code, 3);
}

static void test_a_newer_runner_that_stays(void **state)
{
    struct fixture *f = *state;
    long newer;

    if (f->over_ssh)
        skip();
    newer_runner(f, true);
    newer = fixture_runner(f, false);
    assert_true(process_alive(newer)); // it was let be
    kill((pid_t)newer, SIGKILL);
    fixture_close(f);
}

// By another user, port or jump: two links, which go on side by side.
static void test_two_ways(void **state)
{
    struct fixture *f = *state;
    struct fixture *other = NULL;

    fixture_open(f);
    fixture_start(f, 1, GATE "echo one; exit 1", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    assert_int_equal(fixture_setup((void **)&other), 0);
    snprintf(other->spool, sizeof(other->spool), "%s", f->spool);
    other->store = f->store;
    other->incarnation = f->incarnation;
    other->way = "jump";
    fixture_open(other);
    assert_int_equal(fixture_do(other, 2, "echo two; exit 2")->code, 2);
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
    assert_int_equal(f->seen[1].last[LINK_DONE].code, 1);
    assert_string_equal(buf_cstr(&f->seen[1].stream[0]), "one\n");
    assert_string_equal(buf_cstr(&other->seen[2].stream[0]), "two\n");
    assert_int_equal(f->general.count[LINK_DOWN], 0);
    fixture_close(f);
    fixture_teardown((void **)&other);
}

static void test_epochs(void **state)
{
    struct fixture *f = *state;

    f->epoch = 5;
    fixture_open(f);
    fixture_start(f, 1, "sleep 0.5; exit 1", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    {
        struct fixture *old = NULL;
        assert_int_equal(fixture_setup((void **)&old), 0);
        snprintf(old->spool, sizeof(old->spool), "%s", f->spool);
        old->epoch = 4;
        assert_non_null(strstr(fixture_open_refused(old), "epoch 5"));
        fixture_close(old);
        old->epoch = 5;
        old->incarnation.bytes[3] ^= 1;
        assert_non_null(strstr(fixture_open_refused(old), "--take-over"));
        fixture_teardown((void **)&old);
    }
    // The one that acts here was not disturbed.
    assert_true(fixture_wait(f, 1, LINK_DONE));
    fixture_close(f);
    f->epoch = 6;
    f->incarnation.bytes[3] ^= 2;
    fixture_open(f);
    fixture_close(f);
    f->epoch = 2;
    fixture_open_refused(f);
    fixture_close(f);
    f->take_over = true;
    fixture_open(f);
    fixture_close(f);
    f->take_over = false;
    fixture_open(f);
}

static void epoch_write(const struct fixture *f, const char *text)
{
    char path[512];
    FILE *file = fopen(fixture_path(f, 0, "epoch", path), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// Whatever was there, the first line is whole, and says who was here last.
static void test_epoch_file_begins_with_the_last(void **state)
{
    struct fixture *f = *state;
    static const char *const before[] = { "", "3 x END\n", "4 half", "\n",
                                          "123456 11111111-1111-1111-1111-111111111111 END\n" };
    char path[512], line[200], want[200], incarnation[UUID_TEXT];

    f->epoch = 5;
    fixture_open(f);
    fixture_close(f);
    uuid_format(f->incarnation, incarnation);
    snprintf(want, sizeof(want), "5 %s END\n", incarnation);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        FILE *file;
        epoch_write(f, before[i]);
        f->take_over = true;
        fixture_open(f);
        fixture_close(f);
        file = fopen(fixture_path(f, 0, "epoch", path), "r");
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        fclose(file);
        assert_string_equal(line, want);
        f->take_over = false;
        fixture_open(f);
        fixture_close(f);
    }
}

// A copied home counts on from the same epoch: however high it comes, who was here last
// is not of its past, as far as that is known.
static void test_a_copy_with_a_higher_epoch(void **state)
{
    struct fixture *f = *state;

    f->epoch = 5;
    fixture_open(f);
    fixture_close(f);
    f->incarnation.bytes[0] ^= 1;
    f->epoch = 7;
    f->past[0] = 0x1234;
    f->past[1] = 0x3332;
    f->past_count = 2;
    assert_non_null(strstr(fixture_open_refused(f), "--take-over"));
    fixture_close(f);
    f->past[1] = 0x3333;
    fixture_open(f);
    fixture_close(f);
    f->past[0] = 0x1234;
    f->epoch = 9; // two starts ago, by one that knows only the last
    f->past_count = 1;
    fixture_open(f);
}

static void test_runner_ends_with_its_input(void **state)
{
    struct fixture *f = *state;
    long runner, reader;

    fixture_open(f);
    runner = fixture_runner(f, false);
    reader = fixture_runner(f, true);
    assert_true(process_alive(runner) && process_alive(reader));
    assert_int_equal(getsid((pid_t)runner), runner);
    fixture_close(f);
    assert_true(process_gone(runner) && process_gone(reader));
}

static void test_close_before_ready(void **state)
{
    struct fixture *f = *state;
    struct err err = { 0 };
    struct link_options options = { .spool_dir = f->spool, .shell = "/no/such/shell" };

    assert_int_equal(link_local_open(&f->link, f->pool, &options, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/no/such/shell"));
    f->link = NULL;
    f->shell = "true";
    assert_non_null(strstr(fixture_open_refused(f), "ended with code 0"));
}

static void test_what_a_login_prints(void **state)
{
    struct fixture *f = *state;
    char shell[128];
    FILE *file;

    snprintf(shell, sizeof(shell), "%s/login", f->dir);
    file = fopen(shell, "w");
    fprintf(file, "#!/bin/sh\nprintf 'Welcome to done x\\nkeys\\n\\001last login: '\n"
                  "exec %s \"$@\"\n",
            f->shell);
    fclose(file);
    chmod(shell, 0700);
    f->shell = shell;
    fixture_open(f);
    assert_int_equal(f->general.count[LINK_DOWN], 0);
    fixture_close(f);
    file = fopen(shell, "w");
    fprintf(file, "#!/bin/sh\nprintf 'This account is not available.\\n'; echo why >&2; exit 1\n");
    fclose(file);
    fixture_open_refused(f);
    assert_non_null(strstr(buf_cstr(&f->general.text), "This account is not available."));
    assert_non_null(strstr(buf_cstr(&f->general.text), "why"));
}

static void test_unusable_spools(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->spool, "w");

    assert_non_null(file);
    fclose(file);
    assert_non_null(strstr(fixture_open_refused(f), "cannot make the spool"));
    assert_int_equal(f->end, LINK_END_REFUSED);
    fixture_close(f);
    remove(f->spool);
}

// A link and its successor, or two engines, may both be the first on a host: what one
// finds half made, or already there, is the other's.
static void test_two_at_once(void **state)
{
    struct fixture *f = *state;
    char path[512], command[1024], own_path[4096];

    if (f->over_ssh)
        skip(); // a login has its own PATH
    fixture_open(f);
    fixture_close(f);
    snprintf(command, sizeof(command), "cd '%s'/*/* && rm fifo.* && : >format", f->spool);
    assert_int_equal(system(command), 0);
    snprintf(own_path, sizeof(own_path), "%s", getenv("PATH"));
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", f->dir);
    snprintf(command, sizeof(command), "cd '%s' && printf '#!/bin/sh\n/usr/bin/mkfifo \"$@\"\n"
             "/usr/bin/mkfifo \"$@\"\n' >mkfifo && chmod 755 mkfifo", f->dir);
    assert_int_equal(system(command), 0);
    setenv("PATH", path, 1);
    fixture_open(f);
    setenv("PATH", own_path, 1);
    assert_int_equal(fixture_do(f, 1, "exit 3")->code, 3);
}

// Without a spool it is the home, and that is not there.
static void test_missing_home(void **state)
{
    struct fixture *f = *state;
    char home[256];

    if (f->over_ssh)
        skip(); // a login has its own
    snprintf(home, sizeof(home), "%s", getenv("HOME"));
    f->spool[0] = '\0';
    setenv("HOME", "/no/such/home", 1);
    assert_non_null(strstr(fixture_open_refused(f), "/no/such/home"));
    setenv("HOME", home, 1);
}

// In a mount namespace of its own, for root only: a file system of 256 KiB.
static int in_small_disk(struct fixture *f, void (*test)(struct fixture *f))
{
    int status;
    pid_t child = fork();

    if (child > 0)
        return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        _exit(77);
    mkdir(f->spool, 0700);
    if (mount("none", f->spool, "tmpfs", 0, "size=256k") < 0)
        _exit(77);
    uv_loop_fork(&f->loop);
    test(f);
    fixture_close(f);
    _exit(0);
}

static void fill(const struct fixture *f)
{
    char command[256];

    snprintf(command, sizeof(command), "cat /dev/zero >'%s/fill' 2>/dev/null", f->spool);
    assert_int_not_equal(system(command), 0);
}

static void on_full_disk(struct fixture *f)
{
    char command[256];

    fixture_open(f);
    assert_int_equal(fixture_do(f, 1, "exit 1")->code, 1);
    fill(f);
    fixture_start(f, 2, "exit 1", NULL);
    if (!fixture_wait(f, 2, LINK_REFUSED) || !strstr(buf_cstr(&f->seen[2].text), "KiB free"))
        _exit(2);
    // The link goes on, and so does work when there is room.
    if (link_list(f->link, NULL) < 0 || !fixture_wait_general(f, LINK_LISTED))
        _exit(3);
    fixture_close(f);
    if (!strstr(fixture_open_refused(f), "cannot write in the spool"))
        _exit(4);
    fixture_close(f);
    snprintf(command, sizeof(command), "rm '%s/fill'", f->spool);
    if (system(command) != 0)
        _exit(5);
    fixture_open(f);
    if (fixture_do(f, 3, "exit 3")->code != 3)
        _exit(6);
    // A command that fills the disk keeps its code.
    if (fixture_do(f, 4, "cat /dev/zero; exit 9")->code != 9)
        _exit(7);
}

static void on_read_only(struct fixture *f)
{
    const char *why;

    mount("none", f->spool, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k");
    why = fixture_open_refused(f);
    if (!strstr(why, "Read-only") && !strstr(why, "read-only"))
        _exit(2);
}

// Attempts that run, that have ended, and files that are none.
static void test_status(void **state)
{
    struct fixture *f = *state;
    const struct link_event *seen = &f->general.last[LINK_STATUS];
    char path[512];

    fixture_open(f);
    assert_int_equal(link_status(f->link, NULL), 0);
    assert_true(fixture_wait_general(f, LINK_STATUS));
    assert_true(seen->keys == 0 && seen->running == 0 && seen->free_bytes > 0);
    fixture_start(f, 1, GATE "exit 0", NULL);
    assert_true(fixture_wait(f, 1, LINK_STARTED));
    fixture_do(f, 2, "exit 3");
    f->general.count[LINK_STATUS] = 0;
    assert_int_equal(link_status(f->link, NULL), 0);
    assert_true(fixture_wait_general(f, LINK_STATUS));
    assert_int_equal(seen->keys, 2);
    assert_int_equal(seen->running, 1);
    if (getuid() == 0)
        assert_memory_equal(buf_cstr(&f->general.text), "root:0:", 7);
    assert_non_null(strstr(buf_cstr(&f->general.text), ":Linux "));
    fixture_path(f, 0, "", path); // ends in a slash
    path[strlen(path) - 1] = 0;
    assert_string_equal(strrchr(buf_cstr(&f->general.text), ':') + 1, path);
    fixture_open_gate(f);
    assert_true(fixture_wait(f, 1, LINK_DONE));
}

static void test_full_disk(void **state)
{
    int code = in_small_disk(*state, on_full_disk);

    if (code == 77)
        skip();
    assert_int_equal(code, 0);
}

static void test_read_only_disk(void **state)
{
    int code = in_small_disk(*state, on_read_only);

    if (code == 77)
        skip();
    assert_int_equal(code, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_runner_at_a_time),
        TEST(test_an_older_spool),
        TEST(test_a_newer_runner_that_goes),
        TEST(test_a_newer_runner_that_stays),
        TEST(test_two_ways),
        TEST(test_epochs),
        TEST(test_epoch_file_begins_with_the_last),
        TEST(test_a_copy_with_a_higher_epoch),
        TEST(test_runner_ends_with_its_input),
        TEST(test_close_before_ready),
        TEST(test_what_a_login_prints),
        TEST(test_unusable_spools),
        TEST(test_two_at_once),
        TEST(test_missing_home),
        TEST(test_status),
        TEST(test_full_disk),
        TEST(test_read_only_disk),
    };

    if (!fixture_shell())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
